"""What an announcement of a purchase brings about: its result concludes a lot, its withdrawal or termination ends it.

So nothing is published as a result that the reports do not count, and no lot that has ended is announced again. It is
judged when the announcement is prepared and released, and done in the transaction that publishes it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.money import Money
from trading.projects import awarding
from trading.projects import service as projects
from trading.projects.awarding import Award, LotHasEnded
from trading.projects.models import Project
from trading.projects.problems import N_, Problem
from trading.projects.rules import LotState
from trading.publication.drafting import PER_LOT, Said
from trading.publication.kind_types import BUYING, AnnouncementKind, family_of
from trading.publication.release_rules import AnnouncementHasProblems
from trading.publication.service import announcements_of
from trading.publication.text_language import read_fact_moment

_ENDING = frozenset({AnnouncementKind.RESULT, AnnouncementKind.WITHDRAWAL})


async def check_end(
    session: AsyncSession, project: Project, kind: AnnouncementKind, said: Sequence[Said], now: datetime
) -> None:
    """Refuse an end that cannot be, or a contract before it: `AnnouncementHasProblems` by field, `LotHasEnded`,
    `LotNotAwarded`.
    """
    if family_of(project.kind) not in BUYING or kind not in PER_LOT:
        return
    problems: list[Problem] = []
    for each in said:
        assert each.lot_id is not None, "results, withdrawals and contracts are about a lot"
        lot = await projects.get_lot(session, each.lot_id)
        if kind is AnnouncementKind.CONTRACT:
            awarding.check_awarded(lot)
        elif await _is_announced(session, project.id, each.lot_id):
            raise LotHasEnded(lot.title)
        elif kind is AnnouncementKind.RESULT:
            problems += await awarding.award_problems(session, lot, award_of(each), now)
        elif lot.state != LotState.WITHDRAWN:
            awarding.check_open(lot)
            if read_fact_moment(each.facts["ended_at"]) > now:
                problems.append(Problem("ended_at", N_("This moment lies after the publication.")))
    if problems:
        raise AnnouncementHasProblems(len(problems), tuple(problems))


async def bring_about(
    session: AsyncSession,
    project: Project,
    kind: AnnouncementKind,
    said: Iterable[Said],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """End what the announcement says has ended. Lots that ended so before stay as they are."""
    if family_of(project.kind) not in BUYING:
        return
    for each in said:
        if kind is AnnouncementKind.TERMINATION:
            reason, basis = str(each.facts["reason"]), str(each.facts.get("basis", ""))
            await awarding.terminate_purchase(session, project, reason, basis, actor=actor, now=now)
        elif each.lot_id is not None and kind is AnnouncementKind.RESULT:
            await awarding.award_lot(session, each.lot_id, award_of(each), actor=actor, now=now)
        elif each.lot_id is not None and kind is AnnouncementKind.WITHDRAWAL:
            reason, ended_at = str(each.facts["reason"]), read_fact_moment(each.facts["ended_at"])
            await awarding.withdraw_lot(session, each.lot_id, reason, ended_at, actor=actor, now=now)


def award_of(said: Said) -> Award:
    """The award that a result states."""
    code = said.facts.get("winner_credit_code")
    return Award(
        str(said.facts["winner_name"]),
        None if code is None else str(code),
        Money(said.facts["final_fen"]),
        read_fact_moment(said.facts["concluded_at"]),
    )


async def _is_announced(session: AsyncSession, project_id: UUID, lot_id: UUID) -> bool:
    published = await announcements_of(session, project_id)
    return any(one.lot_id == lot_id and one.kind in _ENDING for one in published)
