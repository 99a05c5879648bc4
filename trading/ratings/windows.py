"""The centre's windows (办事窗口): a number, a name and the officer who sits there. An administrator keeps them.

Without windows figures are by officer only. A window is opened and closed; who sat there before stays on record, so
that old figures stay what they are. Facts are in the stream `windows`. Services never commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.errors import NotFound, Outdated, Refusal
from trading.kernel.typed import one_line
from trading.ratings.models import ServiceWindow

STREAM = "windows"
LONGEST_NUMBER, LONGEST_NAME = 10, 40


@dataclass(eq=False)
class WindowNumberMissing(Refusal):
    """A window is known by its number."""

    message: ClassVar[str] = "Please give the window's number, with at most {longest} characters."
    advice: ClassVar[str] = "As it stands above the counter, for example A03."
    longest: int = LONGEST_NUMBER


@dataclass(eq=False)
class WindowNameMissing(Refusal):
    """A window has a name that says what it is for."""

    message: ClassVar[str] = "Please name the window, with at most {longest} characters."
    advice: ClassVar[str] = "Say what it is for; what you typed is kept."
    longest: int = LONGEST_NAME


@dataclass(eq=False)
class WindowOfficerMissing(Refusal):
    """An officer sits at every window."""

    message: ClassVar[str] = "Please choose the officer who sits at this window."
    advice: ClassVar[str] = "Only officers whose account is open are in the list."


@dataclass(eq=False)
class WindowTaken(Outdated):
    """A number is used once, and an officer sits at one window."""

    message: ClassVar[str] = "There is an open window with this number or this officer."
    advice: ClassVar[str] = "Close that window first. Nothing was changed by this attempt."


@dataclass(eq=False)
class WindowNotFound(NotFound):
    """No such window."""

    message: ClassVar[str] = "There is no such window."
    advice: ClassVar[str] = "Look at the list of windows."


@dataclass(eq=False)
class WindowClosed(Outdated):
    """The window was closed before."""

    message: ClassVar[str] = "This window was closed before."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."


async def open_window(
    session: AsyncSession, form: Mapping[str, str], *, actor: Actor, now: datetime
) -> dict[str, Refusal]:
    """Open a window with what the form says; returns what is wrong with it by field, and then changes nothing.

    Refuses with `WindowTaken`.
    """
    number, name = one_line(form.get("number", "")), one_line(form.get("name", ""))
    officer = next((each for each in await officers(session) if str(each.id) == form.get("officer", "")), None)
    problems: dict[str, Refusal] = {}
    if not 1 <= len(number) <= LONGEST_NUMBER:
        problems["number"] = WindowNumberMissing()
    if not 1 <= len(name) <= LONGEST_NAME:
        problems["name"] = WindowNameMissing()
    if officer is None:
        problems["officer"] = WindowOfficerMissing()
    if problems or officer is None:
        return problems
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('windows', 0))"))
    same = or_(ServiceWindow.number == number, ServiceWindow.officer_id == officer.id)
    if await session.scalar(select(ServiceWindow.id).where(ServiceWindow.closed_at.is_(None), same).limit(1)):
        raise WindowTaken
    window = ServiceWindow(number=number, name=name, officer_id=officer.id, opened_at=now)
    session.add(window)
    await session.flush()
    body = {"window": str(window.id), "number": number, "name": name, "officer": str(officer.id)}
    await journal_store.append(session, stream=STREAM, kind="window_opened", actor=actor.reference, at=now, body=body)
    return {}


async def close_window(session: AsyncSession, window_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Close a window. Refuses with `WindowNotFound`, `WindowClosed`."""
    window = await session.scalar(select(ServiceWindow).where(ServiceWindow.id == window_id).with_for_update())
    if window is None:
        raise WindowNotFound
    if window.closed_at is not None:
        raise WindowClosed
    window.closed_at = now
    await session.flush()
    body = {"window": str(window.id), "number": window.number}
    await journal_store.append(session, stream=STREAM, kind="window_closed", actor=actor.reference, at=now, body=body)


async def windows(session: AsyncSession) -> Sequence[tuple[ServiceWindow, str]]:
    """All windows with the names of who sits there: the open ones by number, then the closed ones, newest first."""
    query = select(ServiceWindow, Account.display_name).join(Account, Account.id == ServiceWindow.officer_id)
    ordered = query.order_by(ServiceWindow.closed_at.desc().nulls_first(), ServiceWindow.number)
    return [(window, name) for window, name in await session.execute(ordered)]


async def officers(session: AsyncSession) -> Sequence[Account]:
    """The officers whose account is not shut, by name."""
    query = select(Account).where(Account.roles.contains([Role.OFFICER.value]), Account.disabled_at.is_(None))
    return list(await session.scalars(query.order_by(Account.display_name, Account.id)))
