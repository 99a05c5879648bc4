"""A case held for change: project, case and parts locked in this order and read afresh. And who may act for a part."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel import formats, journal_store
from trading.kernel.errors import NotPermitted
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.notices import service as notices
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import check_reviewer
from trading.reviews.lookups import department_of, reviewers_of
from trading.reviews.models import ReviewCase, ReviewItem, ReviewNotice, ReviewPart
from trading.reviews.notice_words import NOTICE_WORDS
from trading.reviews.profiles import ReviewRules, review_rules
from trading.reviews.refusals import LimitOver, NoDepartment, PartDecided, ReviewNotFound, ReviewNotOpen
from trading.reviews.rules import CaseState, NoticeKind, PartState


@dataclass(frozen=True, slots=True)
class Held:
    """A case whose rows this transaction holds."""

    session: AsyncSession
    project: Project
    case: ReviewCase
    parts: list[ReviewPart]

    @property
    def rules(self) -> ReviewRules:
        """The numbers of the case."""
        return review_rules(self.case.rules)

    @property
    def waiting(self) -> list[ReviewPart]:
        """The parts that have not decided."""
        return [part for part in self.parts if part.state == PartState.WAITING]

    async def pending_items(self) -> list[ReviewItem]:
        """What was put on the list and has not gone out yet."""
        query = select(ReviewItem).where(ReviewItem.case_id == self.case.id, ReviewItem.sent_at.is_(None))
        return list(await self.session.scalars(query.order_by(ReviewItem.asked_at, ReviewItem.id)))

    async def record(self, kind: str, actor: Actor, now: datetime, body: dict[str, Any]) -> None:
        """Write one fact into the project's stream."""
        await journal_store.append(
            self.session,
            stream=f"project:{self.project.id}",
            kind=kind,
            actor=actor.reference,
            at=now,
            body={"case": self.case.number} | body,
        )

    async def tell(self, part: ReviewPart, kind: NoticeKind, now: datetime, **facts: Any) -> bool:
        """Put a notice into a department's list and before each of its reviewers; whether there is anybody to read it.

        The centre is told nothing: its officers have their own list. Moments are kept as UTC text.
        """
        if part.department_id is None:
            return False
        kept = {name: iso(fact) if isinstance(fact, datetime) else fact for name, fact in facts.items()}
        row = ReviewNotice(id=new_id(), part_id=part.id, kind=kind, told_at=now, facts=kept)
        self.session.add(row)
        readers = await reviewers_of(self.session, part.department_id)
        weight, message = NOTICE_WORDS[kind]
        shown = {name: formats.moment(fact) if isinstance(fact, datetime) else fact for name, fact in facts.items()}
        for reader in readers:
            notice = notices.NewNotice(
                key=f"review:{row.id}:{reader}",
                to=reader,
                weight=weight,
                message=message,
                address=f"/reviewer/parts/{part.id}",
                facts=shown | {"title": self.project.title},
            )
            await notices.send(self.session, notice, now=now)
        return bool(readers)


async def hold(session: AsyncSession, case_id: UUID) -> Held:
    """Lock a case until the end of the transaction. Refuses with `ReviewNotFound`."""
    known = await session.get(ReviewCase, case_id)
    if known is None:
        raise ReviewNotFound
    project = await projects.lock_project(session, known.project_id)
    case = await session.scalar(_afresh(select(ReviewCase).where(ReviewCase.id == case_id)))
    assert case is not None
    parts = select(ReviewPart).where(ReviewPart.case_id == case_id).order_by(ReviewPart.id)
    return Held(session, project, case, list(await session.scalars(_afresh(parts))))


async def hold_part(session: AsyncSession, part_id: UUID, actor: Actor) -> tuple[Held, ReviewPart]:
    """Lock the case of a part for whoever acts for it.

    Refuses with `ReviewNotFound` (also another department's), `NoDepartment`, `OwnEntry`.
    """
    known = await session.get(ReviewPart, part_id)
    if known is None:
        raise ReviewNotFound
    held = await hold(session, known.case_id)
    part = next(each for each in held.parts if each.id == part_id)
    await check_acts_for(session, part, held.project, actor)
    return held, part


async def check_acts_for(session: AsyncSession, part: ReviewPart, project: Project, actor: Actor) -> None:
    """Refuse whoever does not act for this part: a member of its department, or for the centre another officer."""
    if part.department_id is None:
        if not actor.has(Role.OFFICER):
            raise NotPermitted
    else:
        own = await department_of(session, actor)
        if own is None:
            raise NoDepartment
        if own.id != part.department_id:
            raise ReviewNotFound
    if project.officer_id is not None:
        check_reviewer(officer_id=project.officer_id, reviewer_id=actor.account_id)


def check_may_decide(held: Held, part: ReviewPart, now: datetime) -> None:
    """Refuse a decision where none is open any more. The centre's own limit does not end its part.

    Refuses with `PartDecided`, `ReviewNotOpen`, `LimitOver`.
    """
    if part.state != PartState.WAITING:
        raise PartDecided(part.department_name)
    if held.case.state != CaseState.OPEN:
        raise ReviewNotOpen
    if part.department_id is not None and now >= part.due_at:
        raise LimitOver(part.due_at)


def _afresh(query: Any) -> Any:
    return query.with_for_update().execution_options(populate_existing=True)
