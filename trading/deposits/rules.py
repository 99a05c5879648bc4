"""What a receipt means, and how a refund moves. Pure.

Only one payment makes a bidder: exact to the fen, from the unit's own account, once, in time. Everything else goes
back whole, by the same way it came (原路退回). So nobody can take part with a part of a deposit, with somebody else's
money, or later than the others, and the centre never keeps what it did not ask for.

Source: 国土资源部令39号 (deposit within the announced time; unconfirmed text), Fujian rules art. 46 (return within
5 working days, without interest).
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from trading.kernel.errors import Outdated, Refusal
from trading.kernel.money import Money

NOTHING = Money(0)


class ReceiptOutcome(StrEnum):
    """What the platform makes of money that came in. Only `ACCEPTED` stays."""

    ACCEPTED = "accepted"
    SHORT = "short"
    OVER = "over"
    PAID_TWICE = "paid_twice"
    OTHER_PAYER = "other_payer"
    LATE = "late"
    UNKNOWN_ACCOUNT = "unknown_account"
    NOT_EXPECTED = "not_expected"


@dataclass(frozen=True, slots=True)
class ExpectedDeposit:
    """What one registration has to pay: how much, from whom, before when.

    `closes_at` is the end of registration; at that very moment it is too late. `contest_starts_at` is when the sale
    begins, or its bids or quotes can first end where bidders may come while it runs; from then on nobody is added,
    whatever the bank finds later. `still_wanted` is False once the registration
    was refused or the lot left the market.
    """

    account_number: str
    amount: Money
    payer_name: str
    closes_at: datetime
    contest_starts_at: datetime
    still_wanted: bool = True


@dataclass(frozen=True, slots=True)
class Receipt:
    """One booking of money that came in, as the bank's statement says it. `reference` is the bank's unique name."""

    reference: str
    account_number: str
    amount: Money
    payer_name: str
    payer_account_number: str
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the receipt means. `difference` is how far it is from the amount asked for, never negative."""

    outcome: ReceiptOutcome
    difference: Money = NOTHING

    @property
    def goes_back(self) -> bool:
        """Whether the whole sum returns to the account it came from."""
        return self.outcome is not ReceiptOutcome.ACCEPTED


def judge_receipt(
    expected: ExpectedDeposit | None, receipt: Receipt, earlier: Iterable[ReceiptOutcome], now: datetime
) -> Verdict:
    """Judge one receipt in the order in which the bank booked them.

    `expected` is None when no registration has this deposit account number. `earlier` are the outcomes of the
    receipts booked before under the same number. Money counts as arrived when the bank booked it; it cannot have
    arrived later than `now`, when it is seen, even if the bank's clock is ahead.
    """
    if expected is None or expected.account_number != receipt.account_number:
        return Verdict(ReceiptOutcome.UNKNOWN_ACCOUNT)
    if not same_name(expected.payer_name, receipt.payer_name):
        return Verdict(ReceiptOutcome.OTHER_PAYER)
    if ReceiptOutcome.ACCEPTED in earlier:
        return Verdict(ReceiptOutcome.PAID_TWICE)
    arrived_at = min(receipt.booked_at, now)
    if arrived_at >= expected.closes_at or now >= expected.contest_starts_at:
        return Verdict(ReceiptOutcome.LATE)
    if not expected.still_wanted:
        return Verdict(ReceiptOutcome.NOT_EXPECTED)
    if receipt.amount < expected.amount:
        return Verdict(ReceiptOutcome.SHORT, expected.amount - receipt.amount)
    if receipt.amount > expected.amount:
        return Verdict(ReceiptOutcome.OVER, receipt.amount - expected.amount)
    return Verdict(ReceiptOutcome.ACCEPTED)


def same_name(one: str, other: str) -> bool:
    """Whether two account names are the same unit's.

    Full-width and half-width forms and spaces differ between banks and do not count; every other character does.
    """
    return _plain(one) == _plain(other) != ""


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())


class DepositState(StrEnum):
    """awaiting -> held -> price (the winner's) | returning -> returned | forfeited (a disqualified bidder's).

    A return that fails leads back to held.
    """

    AWAITING = "awaiting"
    HELD = "held"
    RETURNING = "returning"
    RETURNED = "returned"
    PRICE = "price"
    FORFEITED = "forfeited"


class RefundState(StrEnum):
    """requested -> approved -> released -> sent -> done | failed | unknown; unknown -> sent | done | failed.

    `SENT` is written before the order leaves: from then on it may have been carried out. `UNKNOWN` is where nobody
    assumes anything: the bank is asked, and only its answer moves the refund on.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    RELEASED = "released"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


LIVE_STATES = frozenset(RefundState) - {RefundState.FAILED}
"""A receipt has at most one refund in these states. A failed one has moved no money and may be followed by another."""

MAY_HAVE_LEFT = frozenset({RefundState.SENT, RefundState.UNKNOWN})
"""The order may be with the bank: ask before anything else."""


class BankWord(StrEnum):
    """What the bank says of an order, or does not say."""

    DONE = "done"
    FAILED = "failed"
    PENDING = "pending"
    NEVER_SEEN = "never_seen"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund as its rules see it. References are accounts' references (`account:<uuid>`)."""

    state: RefundState
    amount: Money
    approved_by: str | None = None
    released_by: str | None = None


@dataclass(eq=False)
class SamePersonReleases(Refusal):
    """Approval and release are two people's work.

    Source: 支付分离 of the centre's own finance rules: nobody moves money alone.
    """

    message = "You approved this refund; another person has to release it."
    advice = "Ask a colleague in finance to release it. Nothing was changed by this attempt."


@dataclass(eq=False)
class RefundMovedOn(Outdated):
    """The refund is no longer where this step starts."""

    message = "This refund has moved on since the page was loaded."
    advice = "Load the page again. Nothing was changed by this attempt, and nothing is paid twice."
    state: str


@dataclass(eq=False)
class NothingChosen(Refusal):
    """A decision over refunds without any ticked."""

    message = "No refund was ticked."
    advice = "Go back and tick at least one. Nothing was changed."


def approve(refund: Refund, *, by: str) -> Refund:
    """The first of two people agrees. Refuses with `RefundMovedOn`."""
    _require(refund, RefundState.REQUESTED)
    return replace(refund, state=RefundState.APPROVED, approved_by=by)


def release(refund: Refund, *, by: str) -> Refund:
    """The second person lets it go. Refuses with `RefundMovedOn` or `SamePersonReleases`."""
    _require(refund, RefundState.APPROVED)
    if by == refund.approved_by:
        raise SamePersonReleases
    return replace(refund, state=RefundState.RELEASED, released_by=by)


def claim_for_sending(refund: Refund) -> Refund:
    """Written and committed before the order leaves, so that a crash after it is never mistaken for "not sent"."""
    _require(refund, RefundState.RELEASED)
    return replace(refund, state=RefundState.SENT)


def hear_bank(refund: Refund, word: BankWord) -> Refund:
    """What the bank says of an order that may have left. Refuses with `RefundMovedOn` where nothing may have left.

    An order the bank has never seen goes back to `RELEASED` and is sent again under the same key, so even an order
    that was only slow cannot pay a second time.
    """
    if refund.state not in MAY_HAVE_LEFT:
        raise RefundMovedOn(refund.state)
    heard = {
        BankWord.DONE: RefundState.DONE,
        BankWord.FAILED: RefundState.FAILED,
        BankWord.PENDING: RefundState.SENT,
        BankWord.NEVER_SEEN: RefundState.RELEASED,
        BankWord.SILENT: RefundState.UNKNOWN,
    }
    return replace(refund, state=heard[word])


def _require(refund: Refund, state: RefundState) -> None:
    if refund.state is not state:
        raise RefundMovedOn(refund.state)
