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
class ClockUnsure(Refusal):
    """Not stored: without a time that can be trusted nobody can say whether the bid was in time."""

    message = "This server cannot tell the exact time at the moment, so it takes no bids. Nothing was stored."
    advice = "Send the bid again, with the same key, in a few seconds."


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


# --- powers over a sale ---------------------------------------------------------------------------------------------


@dataclass(eq=False)
class EndBeingDecided(Outdated):
    message = "The hammer fell or the countdown ended: the end is being decided right now."
    advice = "Load the page again in a moment. Nothing was changed by this attempt."


# --- the stages of a listing ----------------------------------------------------------------------------------------


@dataclass(eq=False)
class NotAtThisStage(Outdated):
    message = "This is not possible at the present stage of the sale."
    advice = "Look at where the sale stands. Nothing was changed by this attempt."


@dataclass(eq=False)
class QuotingHasStopped(Refusal):
    message = "Quoting in this listing has stopped; until {closes_at} bidders declare for timed bidding."
    advice = "Declare that you take part. Prices are taken again when timed bidding begins."
    closes_at: datetime


# --- price cap, sealed quotes, draw by lot --------------------------------------------------------------------------


@dataclass(eq=False)
class AboveCap(Refusal):
    message = "Your price {offered} is above the price cap {cap}: bidding has stopped."
    advice = "Take part in what follows now; this page says what it is and how long it takes."
    offered: Money
    cap: Money


@dataclass(eq=False)
class BiddingStopped(Refusal):
    message = "Somebody bid above the price cap: bidding has stopped, and lots will be drawn."
    advice = "Take part in the draw: give your number on this page."


@dataclass(eq=False)
class NoQuotesNow(Refusal):
    message = "Sealed quotes are not taken now."
    advice = "Look at the page and bid as the present stage asks."


@dataclass(eq=False)
class NotSentAsQuote(Refusal):
    message = "One sealed quote is asked for now; your bid was not sent as one and was not taken."
    advice = "Consider the price anew, then send it as your sealed quote. You have not given your one quote yet."


@dataclass(eq=False)
class QuoteAlreadyGiven(Refusal):
    message = "Your plate has given its sealed quote already."
    advice = "A quote can neither be changed nor withdrawn. Wait until the quotes are opened."


@dataclass(eq=False)
class QuoteNotAboveCap(Refusal):
    message = "A quote in the one-price round must be above the price cap {cap}."
    advice = "Send a quote above {cap}. You have not given your one quote yet."
    cap: Money


@dataclass(eq=False)
class QuoteAboveCeiling(Refusal):
    message = "A quote in the one-price round may be at most {ceiling}."
    advice = "Send a quote of at most {ceiling}. You have not given your one quote yet."
    ceiling: Money


@dataclass(eq=False)
class QuotePriceTaken(Refusal):
    message = "Another plate gave this price before you."
    advice = "Send another price at once. You have not given your one quote yet."


@dataclass(eq=False)
class QuoteBelowStartingPrice(Refusal):
    message = "Your quote is below the starting price {lowest}."
    advice = "Send a quote of at least {lowest}. You have not given your one quote yet."
    lowest: Money


@dataclass(eq=False)
class NoDrawNow(Refusal):
    message = "No draw by lot takes numbers now."
    advice = "A draw follows when somebody bids above the price cap; this page will say so."


@dataclass(eq=False)
class NumberAlreadyGiven(Refusal):
    message = "Your plate takes part in the draw already."
    advice = "Your number cannot be changed. Wait for the draw."


@dataclass(eq=False)
class NumberUnfit(Refusal):
    message = "What you give to the draw has 1 to {longest} printable characters."
    advice = "Type any digits or letters of your own choice, then send them again."
    longest: int


@dataclass(eq=False)
class EventNotFound(NotFound):
    message = "The sale of this lot has no event number {seq}."
    advice = "Take the number from a receipt or from the list of bids."
    seq: int
