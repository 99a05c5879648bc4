"""Why a bid, a call, an opening or a hammer is refused: one class per fact, with what to do next.

A refused bid is a fact of the sale like an accepted one: it is stored, journalled and answered with its reason.
"""

from dataclasses import dataclass
from datetime import datetime

from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.kernel.money import Money

# --- the price as it came over the wire -----------------------------------------------------------------------------


@dataclass(eq=False)
class PriceMissing(Refusal):
    message = "The bid carries no price."
    advice = "Send the price as a whole number of fen."


@dataclass(eq=False)
class PriceNotWholeFen(Refusal):
    message = "The price {given} is a fraction; a price is a whole number of fen."
    advice = "Send the price as a whole number of fen, without a decimal point or exponent."
    given: str


@dataclass(eq=False)
class PriceNotNumber(Refusal):
    message = "The price {given} is not a number."
    advice = "Send the price as a whole number of fen, not as text or anything else."
    given: str


@dataclass(eq=False)
class PriceNotPositive(Refusal):
    message = "The price {given} fen is not above zero."
    advice = "Bid at least the lowest valid price that the room shows."
    given: int


@dataclass(eq=False)
class PriceTooLarge(Refusal):
    message = "The price has {digits} digits and is beyond what a price may be ({largest})."
    advice = "Check the amount; it may have too many zeros."
    digits: int
    largest: Money


# --- the bid against the state of the sale --------------------------------------------------------------------------


@dataclass(eq=False)
class BiddingNotOpen(Refusal):
    message = "The sale of this lot has not been opened yet."
    advice = "Wait for the opening. It is announced for {starts_at}."
    starts_at: datetime


@dataclass(eq=False)
class BiddingEnded(Refusal):
    message = "The sale of this lot has ended; it ended at {ended_at}."
    advice = "No further bid can be taken. The result stands on this page."
    ended_at: datetime


@dataclass(eq=False)
class BidAfterClosing(Refusal):
    message = "Bidding closed at {closes_at}; this bid reached the platform at {decided_at}."
    advice = "No further bid can be taken. The result follows in a moment."
    closes_at: datetime
    decided_at: datetime


@dataclass(eq=False)
class BidderNotQualified(NotPermitted):
    message = "You hold no plate for this lot."
    advice = "Only registered bidders whose deposit has arrived in time can bid. You can watch the sale."


@dataclass(eq=False)
class PlateDisqualified(NotPermitted):
    message = "Your plate has been disqualified for this lot."
    advice = "No further bid of it can be taken. You can watch the sale; the reasons were told to you."


@dataclass(eq=False)
class NotEntrant(NotPermitted):
    message = "Your plate may not take part in timed bidding: it gave no quote in the listing."
    advice = "You can watch the sale."


@dataclass(eq=False)
class SaleFrozen(Refusal):
    message = "The sale of this lot is suspended."
    advice = "Wait until it goes on; that is announced on this page. What was bid before stands."


@dataclass(eq=False)
class BidBelowStartingPrice(Refusal):
    message = "Your price {offered} is below the starting price {lowest}."
    advice = "Bid at least {lowest}."
    offered: Money
    lowest: Money


@dataclass(eq=False)
class BidTooLow(Refusal):
    message = "Your price {offered} is below the lowest valid price {lowest}; the price stands at {current}."
    advice = "Bid at least {lowest}."
    offered: Money
    lowest: Money
    current: Money


@dataclass(eq=False)
class BidNotWholeMultiple(Refusal):
    message = "Your price {offered} is not a whole number of increments of {increment} above the starting price."
    advice = "The nearest valid prices are {below} and {above}."
    offered: Money
    increment: Money
    below: Money
    above: Money


@dataclass(eq=False)
class AlreadyLeading(Refusal):
    message = "You already lead with {price}."
    advice = "Wait: you need to bid again only when someone bids more."
    price: Money


@dataclass(eq=False)
class KeyUsedForOtherPrice(Refusal):
    message = "This bid's key was used before, for another price."
    advice = "Give every new bid a key of its own. The first bid with this key stands as it was decided."


# --- what the auctioneer, or the clock, asks for --------------------------------------------------------------------


@dataclass(eq=False)
class OpeningTooEarly(Refusal):
    message = "The sale cannot be opened before {starts_at}."
    advice = "Open it at the announced time."
    starts_at: datetime


@dataclass(eq=False)
class RegistrationStillOpen(Refusal):
    message = "Registration for this lot runs until {closes_at}."
    advice = "Open the sale after registration has closed."
    closes_at: datetime


@dataclass(eq=False)
class TooFewBidders(Refusal):
    message = "{qualified} bidders are qualified; this way of selling needs {needed}."
    advice = "Call the sale off. The lot can be announced again."
    qualified: int
    needed: int


@dataclass(eq=False)
class EnoughBidders(Refusal):
    message = (
        "{qualified} bidders are qualified and {needed} are enough: the sale cannot be called off for lack of bidders."
    )
    advice = "Open the sale."
    qualified: int
    needed: int


@dataclass(eq=False)
class AlreadyOpened(Outdated):
    message = "The sale of this lot has been opened already."
    advice = "Go on with the sale as it stands. Nothing was changed by this attempt."


@dataclass(eq=False)
class AlreadyEnded(Outdated):
    message = "The sale of this lot has ended."
    advice = "Look at the result. Nothing was changed by this attempt."


@dataclass(eq=False)
class NotOpenedYet(Refusal):
    message = "The sale of this lot has not been opened."
    advice = "Open the sale first."


@dataclass(eq=False)
class PriceMovedOn(Outdated):
    message = "The price has moved on: it stands at {price}."
    advice = "Call the new price. Nothing was changed by this attempt."
    price: Money


@dataclass(eq=False)
class CallOutOfTurn(Outdated):
    message = "Call number {number} is out of turn: this price has been called {calls} times."
    advice = "Call a price once, twice, three times, in this order."
    number: int
    calls: int


@dataclass(eq=False)
class HammerBeforeThreeCalls(Refusal):
    message = "This price has been called {calls} times; the hammer falls after three calls."
    advice = "Call the price until it has been called three times."
    calls: int


@dataclass(eq=False)
class HammerForOtherPlate(Refusal):
    message = "The plate given is not the one that leads."
    advice = "Look at the leading plate and type its number to confirm. Nothing was changed by this attempt."


@dataclass(eq=False)
class NoAuctioneerHere(Refusal):
    message = "In timed bidding the clock decides: there are no calls and no hammer."
    advice = "Wait for the countdown to end."


@dataclass(eq=False)
class CountdownRunning(Refusal):
    message = "The countdown runs until {closes_at}."
    advice = "The sale ends by itself when the countdown ends."
    closes_at: datetime


@dataclass(eq=False)
class AuctioneerCloses(Refusal):
    message = "A sale led by an auctioneer ends by the hammer, not by the clock."
    advice = "Call the price three times, then let the hammer fall."


@dataclass(eq=False)
class SaleNotFound(NotFound):
    message = "There is no sale of this lot."
    advice = "The lot may not have been announced yet. Look it up in the list of announcements."
