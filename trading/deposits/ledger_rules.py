"""Double entry for other people's money. Pure.

Every transfer's postings sum to zero. A transfer is single, or pending and later resolved once: posted or voided.
Nothing is ever changed; balances are derived. Positive amounts are what the centre has, negative ones what it owes:

    bank            what the bank holds for the centre
    receipt:<ref>   owed: money of one bank booking, until it is known to be a deposit or has gone back
    held:<id>       owed: the deposit of one registration
    price:<lot>     owed to the owner of the lot: the winner's deposit as part of the price
    forfeited:<lot> owed to the owner of the lot: deposits of disqualified bidders

A pending transfer reserves at once what it takes, and gives only when it is posted: what is on its way back cannot be
sent again or turned into a price, and what is only on its way in cannot be spent.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from trading.kernel.errors import Refusal
from trading.kernel.money import Money

BANK = "bank"


def receipt_account(reference: str) -> str:
    """The account of one bank booking."""
    return f"receipt:{reference}"


def held_account(registration_id: object) -> str:
    """The account of one registration's deposit."""
    return f"held:{registration_id}"


def price_account(lot_id: object) -> str:
    """The account of what belongs to a lot's price."""
    return f"price:{lot_id}"


def forfeited_account(lot_id: object) -> str:
    """The account of what bidders forfeited in a lot."""
    return f"forfeited:{lot_id}"


class Phase(StrEnum):
    """How a transfer counts."""

    SINGLE = "single"
    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a transfer; the signed amount is in fen."""

    account: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """One fact in the ledger. A resolution (`POSTED`, `VOIDED`) names what it resolves and has no postings."""

    key: str
    phase: Phase
    postings: tuple[Posting, ...] = ()
    resolves: str | None = None


@dataclass(eq=False)
class Unbalanced(Refusal):
    """Postings that do not sum to zero, or move nothing."""

    message = "The postings do not balance."
    advice = "This is a fault of the program; tell the centre. Nothing was booked."
    sum_fen: int


@dataclass(eq=False)
class AlreadyResolved(Refusal):
    """A pending transfer is posted or voided once."""

    message = "This transfer has been settled before."
    advice = "Load the page again. Nothing was booked twice."
    key: str


@dataclass(eq=False)
class MoreThanHeld(Refusal):
    """Money would leave an account that does not hold it."""

    message = "The account does not hold this much."
    advice = "Look at what was received and returned. Nothing was booked."
    account: str


def move(key: str, *, debit: str, credit: str, amount: Money, pending: bool = False) -> Transfer:
    """A transfer of `amount` that raises `debit` and lowers `credit`: what we owe to `credit` grows."""
    if amount.fen <= 0 or debit == credit:
        raise Unbalanced(amount.fen)
    postings = (Posting(debit, amount.fen), Posting(credit, -amount.fen))
    return Transfer(key, Phase.PENDING if pending else Phase.SINGLE, postings)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The transfers so far. `book` returns the ledger after one more, or refuses."""

    transfers: tuple[Transfer, ...] = ()

    def book(self, transfer: Transfer) -> Self:
        """Refuses with `Unbalanced`, `AlreadyResolved` or `MoreThanHeld`; a repeated key changes nothing."""
        if any(known.key == transfer.key for known in self.transfers):
            return self
        check_postings(transfer)
        if transfer.resolves is not None:
            self._check_resolution(transfer)
        after = type(self)((*self.transfers, transfer))
        for posting in transfer.postings:
            if overdrawn(posting.account, after.available_fen(posting.account)):
                raise MoreThanHeld(posting.account)
        return after

    def balance_fen(self, account: str) -> int:
        """What has finally moved: single transfers and posted ones."""
        return sum(posting.amount_fen for posting, pending in self._standing(account) if not pending)

    def available_fen(self, account: str) -> int:
        """The balance less what is on its way out. What is only on its way in does not count yet."""
        return sum(
            posting.amount_fen for posting, pending in self._standing(account) if not pending or _goes_out(posting)
        )

    def _standing(self, account: str) -> Iterator[tuple[Posting, bool]]:
        """The account's postings that are not voided, and whether each is still pending."""
        resolved = {transfer.resolves: transfer.phase for transfer in self.transfers if transfer.resolves}
        for transfer in self.transfers:
            pending = transfer.phase is Phase.PENDING and transfer.key not in resolved
            if resolved.get(transfer.key) is not Phase.VOIDED:
                yield from ((posting, pending) for posting in transfer.postings if posting.account == account)

    def _check_resolution(self, transfer: Transfer) -> None:
        if any(known.resolves == transfer.resolves for known in self.transfers):
            raise AlreadyResolved(transfer.resolves or "")
        if not any(known.key == transfer.resolves and known.phase is Phase.PENDING for known in self.transfers):
            raise AlreadyResolved(transfer.resolves or "")


def check_postings(transfer: Transfer) -> None:
    """Refuses with `Unbalanced` unless the postings sum to zero and are there exactly when the phase needs them."""
    total = sum_fen(transfer.postings)
    resolution = transfer.phase in (Phase.POSTED, Phase.VOIDED)
    if total or resolution is bool(transfer.postings) or resolution is (transfer.resolves is None):
        raise Unbalanced(total)


def sum_fen(postings: Iterable[Posting]) -> int:
    """The sum of signed amounts."""
    return sum(posting.amount_fen for posting in postings)


def _goes_out(posting: Posting) -> bool:
    """What we owe falls by positive amounts, what the bank holds by negative ones."""
    return (posting.amount_fen < 0) is (posting.account == BANK)


def overdrawn(account: str, balance_fen: int) -> bool:
    """What we owe never turns into what others owe us, and the bank never holds less than nothing."""
    return balance_fen < 0 if account == BANK else balance_fen > 0
