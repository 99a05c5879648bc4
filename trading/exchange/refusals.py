"""What the exchange refuses."""

from dataclasses import dataclass

from trading.kernel.errors import NotFound, Refusal


@dataclass(eq=False)
class PlaceUnreadable(Refusal):
    """The place in the list from which it is to go on is not one that this platform gave."""

    message = "{given} is no place in this list."
    advice = "Begin without “after”, and follow the address under links.next of each answer."
    given: str


@dataclass(eq=False)
class MonthUnreadable(NotFound):
    """The month of a bulk file is not written as 2026-11."""

    message = "{given} is no month."
    advice = "Write it as 2026-11.jsonl. The months with releases stand on the page of open data."
    given: str


@dataclass(eq=False)
class ReleaseNotFound(NotFound):
    """No release has this identifier."""

    message = "There is no release {given}."
    advice = "Releases are listed under /ocds/releases."
    given: str


@dataclass(eq=False)
class RecordNotFound(NotFound):
    """No published project has this identifier."""

    message = "There is no published project {given}."
    advice = "Records are listed under /ocds/records; an identifier is the platform's prefix and the entry code."
    given: str
