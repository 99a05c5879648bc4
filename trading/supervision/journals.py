"""Reading the journal: of a whole project in the order of time, and by person, kind and day. Every look is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.looks import record_look
from trading.accounts.models import Account
from trading.accounts.rules import Actor
from trading.kernel.journal import Entry
from trading.kernel.journal_store import JournalEntry, entry_of
from trading.kernel.moments import midnight
from trading.limits.facts import streams_of
from trading.projects.problems import N_
from trading.supervision.models import Alert
from trading.supervision.service import names_of

PAGE_LENGTH = 50
LAST_PAGE = 400
LONGEST_SPAN_DAYS = 92
USUAL_SPAN_DAYS = 7
LONGEST_WORDS = 60

NOT_A_DAY = N_("Choose a day, for example 2026-11-23.")
BACKWARDS = N_("The last day lies before the first.")
SPAN_TOO_LONG = N_("At most 92 days can be searched at once.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; an empty text asks for nothing in particular."""

    first: date
    last: date
    kind: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, newest first; `kinds` counts what the days hold of each kind, whatever kind was asked for."""

    entries: Sequence[Entry]
    names: dict[str, str]
    total: int
    page: int
    pages: int
    kinds: dict[str, int]


def read_search(typed: Mapping[str, str], today: date) -> tuple[Wanted, dict[str, str]]:
    """What an address asks for, and what is wrong with it by field; what is wrong is replaced by the usual days."""
    errors: dict[str, str] = {}
    usual = today - timedelta(days=USUAL_SPAN_DAYS - 1)
    first = _day(typed, "from", usual, errors)
    last = _day(typed, "to", today, errors)
    if not errors and last < first:
        errors["to"] = BACKWARDS
    elif not errors and (last - first).days >= LONGEST_SPAN_DAYS:
        errors["from"] = SPAN_TOO_LONG
    if errors:
        first, last = usual, today
    kind, actor = (_words(typed.get(name, "")) for name in ("kind", "actor"))
    return Wanted(first, last, kind, actor), errors


async def search(session: AsyncSession, wanted: Wanted, *, page: int, actor: Actor, now: datetime) -> Found:
    """The entries of some days, by kind and by person. The look is recorded with what was asked."""
    begin, end = (midnight(day) for day in (wanted.first, wanted.last + timedelta(days=1)))
    during = [JournalEntry.at >= begin, JournalEntry.at < end]
    if wanted.actor:
        during.append(await _by(session, wanted.actor))
    counted = select(JournalEntry.kind, func.count()).where(*during).group_by(JournalEntry.kind)
    kinds = {str(kind): int(count) for kind, count in await session.execute(counted.order_by(JournalEntry.kind))}
    asked = f"{wanted.first} {wanted.last} {wanted.kind} {wanted.actor}".strip()
    await record_look(session, "journal_search", asked, actor=actor, now=now)
    total = kinds.get(wanted.kind, 0) if wanted.kind else sum(kinds.values())
    where = [*during, JournalEntry.kind == wanted.kind] if wanted.kind else during
    return await _page(session, where, total=total, page=page, kinds=kinds)


async def journal_of_project(
    session: AsyncSession, project_id: UUID, *, page: int, actor: Actor, now: datetime
) -> tuple[Found, list[str]]:
    """Everything that the journal holds of a project, newest first, and the streams it stands in. Recorded."""
    alerts = await session.scalars(select(Alert.id).where(Alert.project_id == project_id))
    streams = [*await streams_of(session, project_id), *(f"alert:{alert_id}" for alert_id in alerts)]
    where = [JournalEntry.stream.in_(streams)]
    counted = select(JournalEntry.stream, func.count()).where(*where).group_by(JournalEntry.stream)
    written = {str(stream): int(count) for stream, count in await session.execute(counted)}
    await record_look(session, "project_journal", f"project:{project_id}", actor=actor, now=now)
    found = await _page(session, where, total=sum(written.values()), page=page, kinds={})
    return found, [stream for stream in streams if stream in written]


async def _page(
    session: AsyncSession, where: Sequence[ColumnElement[bool]], *, total: int, page: int, kinds: dict[str, int]
) -> Found:
    pages = min(max(1, -(-total // PAGE_LENGTH)), LAST_PAGE)
    page = min(max(1, page), pages)
    newest = (JournalEntry.at.desc(), JournalEntry.stream, JournalEntry.seq.desc())
    rows = select(JournalEntry).where(*where).order_by(*newest).offset((page - 1) * PAGE_LENGTH).limit(PAGE_LENGTH)
    entries = [entry_of(row) for row in await session.scalars(rows)]
    return Found(entries, await names_of(session, entries), total, page, pages, kinds)


async def _by(session: AsyncSession, typed: str) -> ColumnElement[bool]:
    """Entries of the people whose name, or sign-in name, holds what was typed, or of that very part of the platform."""
    named = select(Account.id).where(
        or_(
            Account.display_name.icontains(typed, autoescape=True),
            Account.sign_in_name.icontains(typed, autoescape=True),
        )
    )
    references = [f"account:{account_id}" for account_id in await session.scalars(named.limit(200))]
    return JournalEntry.actor.in_([typed, f"system:{typed}", *references])


def _day(typed: Mapping[str, str], name: str, usual: date, errors: dict[str, str]) -> date:
    text = typed.get(name, "").strip()
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2199:
        errors[name] = NOT_A_DAY
        return usual
    return day


def _words(typed: str) -> str:
    return "".join(character for character in typed if character.isprintable()).strip()[:LONGEST_WORDS]
