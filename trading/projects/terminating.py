"""A supervisor terminates a project (终止): it ends here and now, and its lots that have not ended follow.

The project is marked first; whoever ends its lots does so in the same transaction. Services never commit.

Source: 招标投标法 and 政府采购法 art. 36 (a procurement is ended when the law was broken or the need fell away);
39号 for sales of land; which article it is in a case the order itself says.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.projects.entry import lock_project, record
from trading.projects.lookups import lots_of
from trading.projects.models import Lot
from trading.projects.rules import LotState, ProjectState, ProjectStep, next_project_state


async def terminate_project(
    session: AsyncSession, project_id: UUID, *, reasons: str, legal_basis: str, actor: Actor, now: datetime
) -> list[Lot]:
    """The project is terminated. Returns its lots that the caller has to end. Refuses `ProjectMovedOn` unless it has
    entered the centre and not ended yet.
    """
    project = await lock_project(session, project_id)
    project.state = next_project_state(ProjectState(project.state), ProjectStep.TERMINATE)
    project.concluded_at = now
    body = {"reasons": reasons, "legal_basis": legal_basis}
    await record(session, f"project:{project_id}", "project_terminated", actor, now, body)
    await session.flush()
    return [lot for lot in await lots_of(session, project_id) if not LotState(lot.state).is_final]
