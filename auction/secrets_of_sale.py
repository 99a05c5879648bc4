"""What a lot's decisions need and its public state does not hold: sealed quotes and secret maxima."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_bytes
from uuid import UUID

from trading.kernel.canonical import canonical_json
from trading.kernel.money import Money

SALT_BYTES = 32


def random_salt() -> bytes:
    """A salt that nobody can guess."""
    return token_bytes(SALT_BYTES)


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

    `quotes` keeps the order of arrival, `maxima` the order in which they were set. `holders`: who holds each plate, for
    bids the platform makes. `fresh_salt` gives the salt of the next secret: `SALT_BYTES` random bytes.
    """

    maxima: dict[int, Sealed] = field(default_factory=dict)
    quotes: dict[int, Sealed] = field(default_factory=dict)
    holders: dict[int, Holder] = field(default_factory=dict)
    fresh_salt: Callable[[], bytes] = random_salt


def seal(plate: int, price: Money, salt: bytes) -> Sealed:
    """Bind a plate to an amount without telling it: SHA-256 over the canonical JSON of plate, price_fen and salt.

    Without the salt the few plausible amounts could be tried. Whoever learns amount and salt recomputes the commitment.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    sealed = {"plate": plate, "price_fen": price.fen, "salt": salt.hex()}
    return Sealed(price, salt, hashlib.sha256(canonical_json(sealed)).hexdigest())
