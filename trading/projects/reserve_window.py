"""When a sealed reserve price may be entered or replaced, and when it is locked. Pure.

A profile counts both from the moment at which the sale is decided: the start of an auction, of timed bidding and of an
online auction; the end of a listing and of a tender's quotes. The moments are those that were announced: a sale that is
opened later opens and locks nothing again. A suspension moves what lies ahead (`trading.projects.deadlines`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from trading.kernel.errors import Outdated, Refusal
from trading.kernel.money import Money
from trading.projects.profile_types import ReserveRules, SellingMethod


@dataclass(eq=False)
class ReserveNotYet(Refusal):
    """The window in which the reserve price is sealed has not begun."""

    message: ClassVar[str] = "The reserve price can be sealed from {opens_at} on."
    advice: ClassVar[str] = "Come back then: the rule profile lets nobody enter it earlier, so that nobody can know it."

    opens_at: datetime


@dataclass(eq=False)
class ReserveLocked(Refusal):
    """The window is over: what was sealed stands. At its very end it is over."""

    message: ClassVar[str] = "The reserve price has been locked since {locked_at}."
    advice: ClassVar[str] = "What was sealed before stands and cannot be replaced. Nothing was changed by this attempt."

    locked_at: datetime


@dataclass(eq=False)
class NoReserveAnnounced(Refusal):
    """The announcement said that there is none."""

    message: ClassVar[str] = "This lot was announced without a reserve price."
    advice: ClassVar[str] = "What was announced cannot be changed here; nothing was sealed."


@dataclass(eq=False)
class ReserveUnreadable(Refusal):
    """What was typed is no amount, or lies below the starting price. It is not told again."""

    message: ClassVar[str] = "The reserve price was not sealed: it is no amount in yuan at or above the starting price."
    advice: ClassVar[str] = "Type it again with digits only, for example 3820000 or 3,820,000.00."


@dataclass(eq=False)
class ReserveAboveCap(Refusal):
    """What was typed lies above the highest price that the lot's cap leaves. It is not told again."""

    message: ClassVar[str] = "The reserve price was not sealed: under its cap the lot is sold for at most {highest}."
    advice: ClassVar[str] = "Seal an amount that is not above it; with a higher one the lot could never be sold."

    highest: Money


@dataclass(eq=False)
class ReserveMissing(Outdated):
    """A reserve was announced, its window is over, and none was sealed: nobody can say whether the lot is sold."""

    message: ClassVar[str] = "A reserve price was announced for this lot, but none was sealed in time."
    advice: ClassVar[str] = (
        "The officer in charge has to decide on the project's page whether the lot is sold without one."
    )


@dataclass(eq=False)
class ReserveNotMissing(Outdated):
    """There is nothing to waive: a reserve was sealed, was waived already, or may still be sealed."""

    message: ClassVar[str] = "The reserve price of this lot is not missing."
    advice: ClassVar[str] = "Load the project again. Nothing was changed by this attempt."


@dataclass(frozen=True, slots=True)
class ReserveWindow:
    """From when until when a reserve may be sealed; `opens_at` None: from the entry on. Its end is outside."""

    opens_at: datetime | None
    locks_at: datetime

    def check(self, now: datetime) -> None:
        """Refuse with `ReserveNotYet` or `ReserveLocked` outside the window."""
        if self.opens_at is not None and now < self.opens_at:
            raise ReserveNotYet(self.opens_at)
        if now >= self.locks_at:
            raise ReserveLocked(self.locks_at)


def reserve_window(
    rules: ReserveRules, method: SellingMethod, *, starts_at: datetime, listing_ends_at: datetime | None
) -> ReserveWindow:
    """The window of one lot. Source: Suzhou (the last 30 minutes), Fujian (locked before the last hour), 拍卖法."""
    decided_at = listing_ends_at if method.ends_on_its_day and listing_ends_at is not None else starts_at
    opens_s, locks_s = rules.opens_s_before.value, rules.locks_s_before.value
    opens_at = None if opens_s is None else decided_at - timedelta(seconds=opens_s)
    return ReserveWindow(opens_at, decided_at - timedelta(seconds=locks_s))
