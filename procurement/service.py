"""Use cases of procurement: record a result as a concluded deal. Services never commit."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from procurement.rules import ProcurementResult, check_result
from trading.accounts.rules import Actor, credit_code_of
from trading.projects import service as projects
from trading.projects.models import Deal
from trading.projects.service import PlatformCodes, RecordedDeal


async def record_result(
    session: AsyncSession, result: ProcurementResult, codes: PlatformCodes, *, actor: Actor, now: datetime
) -> Deal:
    """Record how a procurement ended: a concluded project with its codes, and the deal that the reports count.

    Refuses with what `procurement.rules.check_result` refuses.
    """
    check_result(result, now)
    winner_code = None if result.winner_credit_code is None else credit_code_of(result.winner_credit_code)
    recorded = RecordedDeal(
        kind=result.kind,
        title=result.title.strip(),
        owner_name=result.buyer_name.strip(),
        winner_name=result.winner_name.strip(),
        winner_credit_code=winner_code,
        baseline=result.budget,
        final=result.award,
        concluded_at=result.concluded_at,
        legal_basis=result.legal_basis.strip() or None,
        decided_by=result.decided_by.strip() or None,
        is_demonstration=result.is_demonstration,
    )
    return await projects.record_concluded_deal(session, recorded, codes, actor=actor, now=now)
