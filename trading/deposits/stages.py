"""What a bidder is told about one lot: where it stands, and what to do next. Pure."""

from datetime import datetime
from enum import StrEnum

from trading.deposits.rules import DepositState, ReceiptOutcome, RefundState
from trading.projects.rules import LotState
from trading.registration.rules import RegistrationState


class BidderStage(StrEnum):
    """Where a bidder's own matter stands in a lot."""

    ACCOUNT_OPENING = "account_opening"
    PAY_DEPOSIT = "pay_deposit"
    QUALIFIED = "qualified"
    LIVE = "live"
    BEING_SETTLED = "being_settled"
    WON = "won"
    NOT_WON = "not_won"
    NOT_SOLD = "not_sold"
    CALLED_OFF = "called_off"
    NO_DEPOSIT = "no_deposit"
    DISQUALIFIED = "disqualified"


def bidder_stage(
    lot: LotState, registration: RegistrationState, deposit: DepositState, *, has_number: bool, closed: bool
) -> BidderStage:
    """The one stage that a card shows. `closed`: no bidder is added any more, money that comes now is late."""
    if registration is RegistrationState.DISQUALIFIED:
        return BidderStage.WON if deposit is DepositState.PRICE else BidderStage.DISQUALIFIED
    if registration is not RegistrationState.QUALIFIED:
        if registration is RegistrationState.REFUSED or closed:
            return BidderStage.NO_DEPOSIT
        return BidderStage.PAY_DEPOSIT if has_number else BidderStage.ACCOUNT_OPENING
    match lot:
        case LotState.CONTEST:
            return BidderStage.LIVE
        case LotState.WITHDRAWN:
            return BidderStage.NOT_SOLD
        case LotState.CALLED_OFF:
            return BidderStage.CALLED_OFF
        case LotState.VOIDED:
            return BidderStage.NOT_WON
        case LotState.SOLD if deposit is DepositState.HELD:
            return BidderStage.BEING_SETTLED
        case LotState.SOLD:
            return BidderStage.WON if deposit is DepositState.PRICE else BidderStage.NOT_WON
        case _:
            return BidderStage.QUALIFIED


STAGE_WORDS = {
    BidderStage.ACCOUNT_OPENING: "Account number on its way",
    BidderStage.PAY_DEPOSIT: "Deposit to be paid",
    BidderStage.QUALIFIED: "You are qualified",
    BidderStage.LIVE: "The sale is live now",
    BidderStage.BEING_SETTLED: "Ended, being settled",
    BidderStage.WON: "You won",
    BidderStage.NOT_WON: "You did not win",
    BidderStage.NOT_SOLD: "The lot was not sold",
    BidderStage.CALLED_OFF: "The sale was called off",
    BidderStage.NO_DEPOSIT: "Without a deposit in time",
    BidderStage.DISQUALIFIED: "Disqualified",
}

NEXT_WORDS = {
    BidderStage.ACCOUNT_OPENING: "The bank is opening your deposit account number. It will be shown here.",
    BidderStage.PAY_DEPOSIT: "Pay the deposit in one sum from your unit's own account before registration closes.",
    BidderStage.QUALIFIED: "Be in the room when the sale begins.",
    BidderStage.LIVE: "The sale is running. Enter the room to bid.",
    BidderStage.BEING_SETTLED: "The sale has ended. What becomes of your deposit is shown here in a moment.",
    BidderStage.WON: "Your deposit is part of the price. The confirmation letter is with the result announcement.",
    BidderStage.NOT_WON: "Nothing is left to do. Your deposit goes back to the account it came from.",
    BidderStage.NOT_SOLD: "The lot was not sold. Your deposit goes back to the account it came from.",
    BidderStage.CALLED_OFF: "The sale was called off. Your deposit goes back to the account it came from.",
    BidderStage.NO_DEPOSIT: "No deposit was there in time, so you do not take part. You may watch the sale.",
    BidderStage.DISQUALIFIED: (
        "You take part no longer, for the reason below. What is decided on your deposit is told here."
    ),
}

OUTCOME_WORDS = {
    ReceiptOutcome.ACCEPTED: "Accepted as deposit",
    ReceiptOutcome.SHORT: "Less than the deposit",
    ReceiptOutcome.OVER: "More than the deposit",
    ReceiptOutcome.PAID_TWICE: "Paid a second time",
    ReceiptOutcome.OTHER_PAYER: "From another payer's account",
    ReceiptOutcome.LATE: "After the deadline",
    ReceiptOutcome.UNKNOWN_ACCOUNT: "To an unknown deposit account number",
    ReceiptOutcome.NOT_EXPECTED: "For a sale that no longer takes deposits",
}

REASON_WORDS: dict[str, str] = {
    **{str(outcome): words for outcome, words in OUTCOME_WORDS.items() if outcome is not ReceiptOutcome.ACCEPTED},
    "not_won": "Another bidder won",
    "lot_not_sold": "The lot was not sold",
    "disqualified": "Disqualified, but not forfeited",
}

REFUND_WORDS = {
    RefundState.REQUESTED: "Waiting for approval",
    RefundState.APPROVED: "Waiting for release",
    RefundState.RELEASED: "About to be sent",
    RefundState.SENT: "With the bank",
    RefundState.UNKNOWN: "The bank is being asked",
    RefundState.DONE: "Returned to the account it came from",
    RefundState.FAILED: "The bank could not return it",
}


def ordinary(reason: str) -> bool:
    """Whether a refund is the usual end of a sale; everything else deserves a look."""
    return reason in ("not_won", "lot_not_sold")


def is_closed(closes_at: datetime, now: datetime) -> bool:
    """Whether the window of registration is over; at its very end it is over."""
    return now >= closes_at
