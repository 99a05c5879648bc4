"""Use cases of signs: search what is due, once each, and raise alerts; forget traces whose time is over.

A lot is searched when its registration has closed and again when its sale has ended; the history of sold lots every
night. A search claims its row first, in the transaction of what it raises: of two servers at once the second finds it
taken. The platform judges nobody: a supervisor decides on every alert.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from auction.messages import STREAM
from trading.accounts.models import Trace
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.clock import Clock, database_clock
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI, iso
from trading.projects.models import Lot, Project
from trading.projects.rules import ProjectState
from trading.signs import words
from trading.signs.history import Together, lose_together, win_in_turn
from trading.signs.models import SignSearch
from trading.signs.reading import CLOSED, CONCLUDED, LotFacts, due_lots, facts_of, names_of_units, past_lots, subject_of
from trading.signs.rules import Network, paid_by_others, shared_addresses, shared_devices, shared_payers
from trading.signs.steps import regular_steps
from trading.signs.thresholds import HISTORY
from trading.supervision.alerts import Evidence, Severity, Sign, raise_alert

NIGHT_BEGINS: Final = 2
"""The hour, at the centre, from which the history is searched and old traces are deleted: once a day."""

_ACTOR = Actor.system("signs")


async def search_due(database: Database, known: Sequence[Network], clock: Clock = database_clock) -> int:
    """Search every lot that is due, each in a transaction of its own. How many alerts were raised. Safe to repeat."""
    raised = 0
    for stage in (CLOSED, CONCLUDED):
        async with database.reading() as session:
            due = await due_lots(session, stage, await clock(session))
        for lot_id in due:
            async with database.work() as session:
                raised += await search_lot(session, lot_id, stage, known, await clock(session))
    return raised


async def search_lot(session: AsyncSession, lot_id: UUID, stage: str, known: Sequence[Network], now: datetime) -> int:
    """Search one lot at a stage; None is searched twice. How many alerts were raised."""
    if not await _claim(session, subject_of(lot_id), stage, now):
        return 0
    facts = await facts_of(session, lot_id)
    signs = [*_signs_of_rivals(facts, known), *(_signs_of_bids(facts) if stage == CONCLUDED else ())]
    return await _raise(session, subject_of(lot_id), stage, signs, now)


async def search_history(session: AsyncSession, now: datetime) -> int:
    """Once a night: what bidders did over the lots of the last months. How many alerts were raised."""
    night = _night(now)
    if night is None or not await _claim(session, "history", night, now):
        return 0
    months = HISTORY.months.value
    past = await past_lots(session, now, months)
    lots = [lot for _, lot in past.values()]
    found = [("lose_together", words.LOST_TOGETHER, each) for each in lose_together(lots)]
    found += [("win_in_turn", words.WON_IN_TURN, each) for each in win_in_turn(lots)]
    units = {unit_id for _, _, each in found for lot in each.lots for unit_id in lot.bidders}
    names = {str(unit_id): name for unit_id, name in (await names_of_units(session, list(units))).items()}
    titled = {str(lot_id): lot for lot_id, (lot, _) in past.items()}
    signs = []
    for kind, message, each in found:
        evidence = words.over_lots(each, message, names=names, lots=titled, months=months)
        newest = titled[str(each.lots[-1].lot_id)]
        signs.append(Sign(_history_key(kind, each), kind, Severity.YELLOW, newest.project_id, evidence, newest.id))
    return await _raise(session, "history", night, signs, now)


async def forget_traces(session: AsyncSession, kept_days: int, now: datetime) -> int:
    """Once a night: delete traces of sign-ins after so many days, and those of a lot so many days after it was filed.

    How many were deleted; the journal keeps the number. What an alert shows stays with the alert.
    """
    night = _night(now)
    if night is None or not await _claim(session, "traces", night, now):
        return 0
    before = now - timedelta(days=kept_days)
    ended = or_(
        Project.filed_at < before,
        and_(Project.state == ProjectState.TERMINATED, Lot.ended_at < before),
    )
    over = select(Lot.id).join(Project, Project.id == Lot.project_id).where(ended)
    old = or_(and_(Trace.lot_id.is_(None), Trace.last_at < before), Trace.lot_id.in_(over))
    deleted = len((await session.execute(delete(Trace).where(old).returning(Trace.id))).all())
    if deleted:
        body = {"deleted": deleted, "before": iso(before)}
        await journal_store.append(
            session, stream="traces", kind="traces_deleted", actor=_ACTOR.reference, at=now, body=body
        )
    return deleted


def sign_of(
    facts: LotFacts, kind: str, severity: Severity, about: Iterable[object], evidence: tuple[Evidence, ...]
) -> Sign:
    """A sign of a lot; `about` tells it from others of its kind, so that the same is raised once."""
    key = f"{kind}:{facts.lot.id}:{_digest(about)}"
    return Sign(key, kind, severity, facts.lot.project_id, evidence, facts.lot.id)


async def raise_signs(session: AsyncSession, signs: Iterable[Sign], now: datetime) -> int:
    """Raise what was not raised before. How many that were."""
    raised = 0
    for sign in signs:
        raised += await raise_alert(session, sign, actor=_ACTOR, now=now) is not None
    return raised


def _signs_of_rivals(facts: LotFacts, known: Sequence[Network]) -> list[Sign]:
    payers = {rival.registration_id: rival.payer for rival in facts.rivals.values()}
    signs = [
        sign_of(facts, "same_payer", Severity.RED, each.rivals, words.one_payer(facts, each))
        for each in shared_payers(facts.payments)
    ]
    for paid in paid_by_others(facts.payments, payers):
        severity = Severity.YELLOW if paid.payer is None else Severity.RED
        evidence = words.paid_by_other(facts, paid)
        signs.append(sign_of(facts, "paid_by_other", severity, [paid.rival, paid.payments[0].payer_account], evidence))
    signs += [
        sign_of(facts, "same_device", Severity.RED, each.rivals, words.one_device(facts, each))
        for each in shared_devices(facts.visits)
    ]
    signs += [
        sign_of(facts, "same_address", Severity.YELLOW, each.rivals, words.one_address(facts, each))
        for each in shared_addresses(facts.visits, known=known)
    ]
    return signs


def _signs_of_bids(facts: LotFacts) -> list[Sign]:
    stream = f"{STREAM}{facts.lot.id}"
    return [
        sign_of(facts, "regular_steps", Severity.YELLOW, each.rivals, words.regular(facts, each, stream))
        for each in regular_steps(facts.bids)
    ]


def _history_key(kind: str, found: Together) -> str:
    """The same bidders are told of again only when twice as many lots speak for it."""
    return f"{kind}:{_digest(found.bidders)}:{len(found.lots).bit_length()}"


def _digest(about: Iterable[object]) -> str:
    return hashlib.sha256("\n".join(str(each) for each in about).encode()).hexdigest()[:32]


def _night(now: datetime) -> str | None:
    local = now.astimezone(SHANGHAI)
    return local.date().isoformat() if local.hour >= NIGHT_BEGINS else None


async def _claim(session: AsyncSession, subject: str, stage: str, now: datetime) -> bool:
    """Whether this search is ours to make. Whoever comes second waits for the first, and then finds it made."""
    row = {"subject": subject, "stage": stage, "searched_at": now, "raised": 0}
    claimed = postgresql.insert(SignSearch).values(**row).on_conflict_do_nothing().returning(SignSearch.subject)
    return (await session.execute(claimed)).scalar() is not None


async def _raise(session: AsyncSession, subject: str, stage: str, signs: Iterable[Sign], now: datetime) -> int:
    raised = await raise_signs(session, signs, now)
    where = and_(SignSearch.subject == subject, SignSearch.stage == stage)
    await session.execute(update(SignSearch).where(where).values(raised=raised))
    return raised
