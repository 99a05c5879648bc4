"""What a lot's decisions need and its public state does not hold: sealed quotes and secret maxima."""

from dataclasses import dataclass, field
from uuid import UUID

from trading.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret amount with what binds it: `commitment` is public, `salt` is told when the amount is."""

    price: Money
    salt: bytes
    commitment: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a plate."""

    registration_id: UUID
    account_id: UUID


@dataclass(slots=True)
class Secrets:
    """The secrets of one lot, by plate. A rule that takes one adds it here; `auction.settling` stores what was added.

    `maxima` keeps the order in which they were set. `holders`: who holds each plate, for bids the platform makes.
    """

    maxima: dict[int, Sealed] = field(default_factory=dict)
    quotes: dict[int, Sealed] = field(default_factory=dict)
    holders: dict[int, Holder] = field(default_factory=dict)
