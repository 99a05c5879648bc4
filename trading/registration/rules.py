"""Who may ask to take part in a lot, and when. Pure.

A registration: awaiting_deposit -> qualified (it has a plate) | refused (no deposit came before the sale began);
qualified -> disqualified, for reasons that an officer states.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from stdnum.cn import uscc

from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.projects.profile_types import SellingMethod
from trading.projects.rules import LotState


class RegistrationState(StrEnum):
    """Where a registration stands."""

    AWAITING_DEPOSIT = "awaiting_deposit"
    QUALIFIED = "qualified"
    REFUSED = "refused"
    DISQUALIFIED = "disqualified"


@dataclass(eq=False)
class RegistrationNotFound(NotFound):
    """No such registration, or it is another unit's."""

    message: ClassVar[str] = "There is no such registration."
    advice: ClassVar[str] = "Look under “My lots”."


@dataclass(eq=False)
class NoUnit(NotPermitted):
    """The account does not act for a unit."""

    message: ClassVar[str] = "Only an account that acts for a unit can register for a lot."
    advice: ClassVar[str] = "Sign in with your unit's account, or register your unit first."


@dataclass(eq=False)
class UnitHasNoValidCreditCode(Refusal):
    """A bidder is a unit with a valid unified social credit code (GB 32100-2015)."""

    message: ClassVar[str] = "The unit's unified social credit code {credit_code} is not valid."
    advice: ClassVar[str] = "Ask the centre to correct it from the business licence, then register again."
    credit_code: str


@dataclass(eq=False)
class AccountInAnotherName(Refusal):
    """Deposits come from, and go back to, the unit's own account."""

    message: ClassVar[str] = "The bank account on record is in the name of {account_name}, not of {unit_name}."
    advice: ClassVar[str] = "Put the unit's own account on record, then register again."
    account_name: str
    unit_name: str


@dataclass(eq=False)
class OwnerMayNotBid(NotPermitted):
    """The owner of a lot does not bid for it. Source: 拍卖法 art. 30."""

    message: ClassVar[str] = "{unit_name} is the owner of this lot and may not bid for it."
    advice: ClassVar[str] = "Look at the other lots that are open for registration."
    unit_name: str


@dataclass(eq=False)
class LotNotOnOffer(Outdated):
    """The lot is not published, or its sale has begun or ended."""

    message: ClassVar[str] = "This lot is not open for registration."
    advice: ClassVar[str] = "Look at the announcement for what happens next. Nothing was changed by this attempt."


@dataclass(eq=False)
class RegistrationNotOpenYet(Refusal):
    """The window of registration has not begun."""

    message: ClassVar[str] = "Registration opens at {opens_at}."
    advice: ClassVar[str] = "Come back then; until then you can read the announcement and its conditions."
    opens_at: datetime


@dataclass(eq=False)
class RegistrationClosed(Refusal):
    """The window of registration is over; at its very end it is over."""

    message: ClassVar[str] = "Registration closed at {closed_at}."
    advice: ClassVar[str] = "You can watch the sale; other lots are in the list of announcements."
    closed_at: datetime


@dataclass(eq=False)
class AlreadyRegistered(Outdated):
    """A unit registers once for a lot."""

    message: ClassVar[str] = "Your unit is already registered for this lot."
    advice: ClassVar[str] = "Look under “My lots”. Nothing was changed by this attempt."


@dataclass(eq=False)
class UndertakingMissing(Refusal):
    """The bidder has not accepted the conditions of the sale."""

    message: ClassVar[str] = "Please read and accept the undertaking."
    advice: ClassVar[str] = "Tick the box once you have read it."


@dataclass(eq=False)
class ContactMissing(Refusal):
    """Somebody has to be reachable while the sale runs."""

    message: ClassVar[str] = (
        "Please name a person who can be reached during the sale, with at most {longest} characters."
    )
    advice: ClassVar[str] = "Fill in what is marked; what you typed is kept."
    longest: int = 60


@dataclass(eq=False)
class PhoneInvalid(Refusal):
    """A phone number is 7 to 20 digits, perhaps with a plus, dashes and spaces."""

    message: ClassVar[str] = "Please give a phone number of 7 to 20 digits."
    advice: ClassVar[str] = "Digits, spaces, dashes and a leading plus are understood."


@dataclass(eq=False)
class NotAwaitingDeposit(Outdated):
    """The registration is qualified already, or was refused."""

    message: ClassVar[str] = "This registration no longer waits for its deposit."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."
    state: str


@dataclass(eq=False)
class NotQualified(Outdated):
    """Only who is qualified can be disqualified, and once."""

    message: ClassVar[str] = "This registration is not, or no longer, qualified."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."
    state: str


@dataclass(frozen=True, slots=True)
class Window:
    """When a lot takes registrations, and whether it is on offer at all (see `is_on_offer`)."""

    opens_at: datetime
    closes_at: datetime
    on_offer: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """The unit that asks."""

    name: str
    credit_code: str
    bank_account_name: str


def is_on_offer(method: str, state: LotState) -> bool:
    """Whether bidders may still come: the lot is published, or its sale runs in a way that takes them meanwhile.

    Source: 39号 (registration may run into a listing); judicial online auctions (it stays open during the auction).
    """
    if state is LotState.CONTEST:
        return SellingMethod(method).takes_bidders_while_it_runs
    return state is LotState.PUBLISHED


def check_candidate(candidate: Candidate, *, owner_name: str, window: Window, now: datetime) -> None:
    """Refuse whoever may not register, or not now. The end of the window belongs to the time after it."""
    if not window.on_offer:
        raise LotNotOnOffer
    if now < window.opens_at:
        raise RegistrationNotOpenYet(window.opens_at)
    if now >= window.closes_at:
        raise RegistrationClosed(window.closes_at)
    if not uscc.is_valid(candidate.credit_code):
        raise UnitHasNoValidCreditCode(candidate.credit_code)
    if plain_name(candidate.name) == plain_name(owner_name):
        raise OwnerMayNotBid(candidate.name)
    if plain_name(candidate.bank_account_name) != plain_name(candidate.name):
        raise AccountInAnotherName(candidate.bank_account_name, candidate.name)


def plain_name(name: str) -> str:
    """A unit's name without what differs between keyboards and banks: width of characters, and spaces."""
    return "".join(unicodedata.normalize("NFKC", name).split())


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who can be reached during the sale."""

    contact_name: str
    phone: str


def judge_form(form: dict[str, str]) -> tuple[Applicant, dict[str, Refusal]]:
    """What the form says, and everything that is wrong with it at once, by field name."""
    contact_name, phone = form.get("contact_name", "").strip(), form.get("phone", "").strip()
    digits = unicodedata.normalize("NFKC", phone).replace(" ", "").replace("-", "")
    problems: dict[str, Refusal] = {}
    if not 1 <= len(contact_name) <= ContactMissing.longest:
        problems["contact_name"] = ContactMissing()
    if not (digits.removeprefix("+").isdigit() and 7 <= len(digits.removeprefix("+")) <= 20):
        problems["phone"] = PhoneInvalid()
    if form.get("undertaking") != "yes":
        problems["undertaking"] = UndertakingMissing()
    return Applicant(contact_name, digits), problems


def next_plate(plates_given: int) -> int:
    """Plates are dense: 1, 2, 3 … in the order in which units qualified."""
    return plates_given + 1


def require_awaiting(state: str) -> None:
    """Refuses with `NotAwaitingDeposit` unless the registration waits for its deposit."""
    if state != RegistrationState.AWAITING_DEPOSIT:
        raise NotAwaitingDeposit(state)
