"""What parallel review refuses, and what to do then. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal


@dataclass(eq=False)
class ReviewNotFound(NotFound):
    """There is no such case or part, or it is another department's."""

    message: ClassVar[str] = "There is no such review."
    advice: ClassVar[str] = "Look it up in the list of your reviews."


@dataclass(eq=False)
class NoDepartment(NotPermitted):
    """The account belongs to no department, or its department has been retired."""

    message: ClassVar[str] = "Your account belongs to no department that reviews."
    advice: ClassVar[str] = "Ask the administrator to add it to its department."


@dataclass(eq=False)
class PartDecided(Outdated):
    """The department has decided already, in words or by law."""

    message: ClassVar[str] = "{department} has decided on this entry already."
    advice: ClassVar[str] = (
        "Load the page again: it shows what was decided and when. Nothing was changed by this attempt."
    )

    department: str


@dataclass(eq=False)
class LimitOver(Outdated):
    """The limit has ended; at its very moment it is over, and silence was consent."""

    message: ClassVar[str] = "The limit ended at {due_at}; the department has agreed by silence."
    advice: ClassVar[str] = "Tell the centre if the entry must not go on: it decides what can still be done."

    due_at: datetime


@dataclass(eq=False)
class ReviewNotOpen(Outdated):
    """Nobody can decide: the case is closed, or the officer has the entry back for completion."""

    message: ClassVar[str] = "This entry is not under review at the moment."
    advice: ClassVar[str] = "Load the page again and look at where it stands. Nothing was changed by this attempt."


@dataclass(eq=False)
class ReasonsNeeded(Refusal):
    """An objection, an extension or a cancellation needs reasons."""

    message: ClassVar[str] = "Please write down the reasons."
    advice: ClassVar[str] = "The officer reads them as you write them; say what has to be corrected."


@dataclass(eq=False)
class OpinionTooLong(Refusal):
    """An opinion is longer than it may be."""

    message: ClassVar[str] = "An opinion has at most {longest} characters; this one has {length}."
    advice: ClassVar[str] = "Shorten it; what you typed is kept."

    longest: int
    length: int


@dataclass(eq=False)
class ExtendedBefore(Outdated):
    """A limit is extended once."""

    message: ClassVar[str] = "The limit was extended once already, to {due_at}."
    advice: ClassVar[str] = "Decide before it ends. Nothing was changed by this attempt."

    due_at: datetime


@dataclass(eq=False)
class ExtensionUnlawful(Refusal):
    """An extension has at least one working day and at most as many as the profile says."""

    message: ClassVar[str] = "A limit can be extended by 1 to {most} working days."
    advice: ClassVar[str] = "Give a whole number of working days within these bounds."

    most: int


@dataclass(eq=False)
class ApproverMissing(Refusal):
    """The head of the department agrees to an extension. Source: 行政许可法 art. 42."""

    message: ClassVar[str] = "An extension names who in the department agreed to it, with at most {longest} characters."
    advice: ClassVar[str] = "Give the name of the department's head who agreed."

    longest: int = 40


@dataclass(eq=False)
class ItemPointsNowhere(Refusal):
    """An item of a request points at a field or a paper of the entry."""

    message: ClassVar[str] = "Please choose the field or the paper that this is about."
    advice: ClassVar[str] = "The officer is led to it from the notice."


@dataclass(eq=False)
class ItemWordsMissing(Refusal):
    """An item says what is missing."""

    message: ClassVar[str] = "Please say what is missing, in 1 to {longest} characters."
    advice: ClassVar[str] = "Say what has to be handed in or corrected; what you typed is kept."

    longest: int


@dataclass(eq=False)
class AskedAlready(Refusal):
    """The department has this on the list already."""

    message: ClassVar[str] = "“{label}” is on your list already."
    advice: ClassVar[str] = "Take the item back and write it anew if it has to say more."

    label: str


@dataclass(eq=False)
class CouldHaveBeenAsked(Refusal):
    """The value is unchanged since it could be asked about: everything missing is told once (一次性告知)."""

    message: ClassVar[str] = (
        "“{label}” is unchanged since the first look through the papers; it could have been asked then."
    )
    advice: ClassVar[str] = (
        "Ask only about what was changed or newly handed in. "
        "If what was asked for is still missing, object with that reason."
    )

    label: str


@dataclass(eq=False)
class AskingOver(Outdated):
    """The papers were looked through until a moment; what was not asked by then counts as complete."""

    message: ClassVar[str] = "What is missing could be told until {until}; the papers count as complete since."
    advice: ClassVar[str] = (
        "Decide on the entry as it is: agree, or object with reasons. Nothing was changed by this attempt."
    )

    until: datetime


@dataclass(eq=False)
class LookedAlready(Outdated):
    """The department has finished looking through the papers."""

    message: ClassVar[str] = "Your department has finished looking through the papers."
    advice: ClassVar[str] = (
        "Decide on the entry as it is: agree, or object with reasons. Nothing was changed by this attempt."
    )


@dataclass(eq=False)
class ItemsPending(Refusal):
    """Whoever has put something on the list of what is missing waits for it before agreeing."""

    message: ClassVar[str] = "Your department has asked for completion; the notice has not gone out yet."
    advice: ClassVar[str] = "Finish looking through the papers, or take your items back, before you decide."


@dataclass(eq=False)
class PapersUnanswered(Refusal):
    """The officer answers every item that asks for a paper before handing in again."""

    message: ClassVar[str] = "{count} papers that were asked for have not been answered yet."
    advice: ClassVar[str] = (
        "Open “Review by departments” of this project and say for each what you hand in. The draft is kept."
    )

    count: int


@dataclass(eq=False)
class MeetingNotOnWorkingDay(Refusal):
    """A meeting is called for a working day."""

    message: ClassVar[str] = "{at} is not within a working day."
    advice: ClassVar[str] = "Choose a moment of a working day before its business ends."

    at: datetime


@dataclass(eq=False)
class MeetingTooSoon(Refusal):
    """Whoever is to be counted as agreeing by absence is warned the working day before."""

    message: ClassVar[str] = "A meeting at {at} had to be called until {latest}."
    advice: ClassVar[str] = "Choose a later moment: everybody who is invited is warned at least a working day before."

    at: datetime
    latest: datetime


@dataclass(eq=False)
class MeetingFactsMissing(Refusal):
    """A meeting has a moment, a place and somebody who is invited."""

    message: ClassVar[str] = "A meeting needs its moment, its place and at least one department."
    advice: ClassVar[str] = "Fill in what is missing; what you typed is kept."


@dataclass(eq=False)
class NobodyToInvite(Refusal):
    """A department without a reviewer cannot be warned, so it cannot be counted as absent."""

    message: ClassVar[str] = "{department} has no reviewer who could be warned."
    advice: ClassVar[str] = "Ask the administrator to add one, or leave this department out."

    department: str


@dataclass(eq=False)
class LimitEndsBeforeMeeting(Refusal):
    """A department whose limit ends before the meeting cannot be counted as absent from it."""

    message: ClassVar[str] = "The limit of {department} ends before the meeting, at {due_at}."
    advice: ClassVar[str] = "Choose an earlier moment, or leave this department out."

    department: str
    due_at: datetime


@dataclass(eq=False)
class MeetingStillAhead(Outdated):
    """Attendance is recorded after the meeting has begun, and once."""

    message: ClassVar[str] = "This meeting has not begun, was cancelled, or its attendance is recorded."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."


@dataclass(eq=False)
class MinutesMissing(Refusal):
    """The minutes of a meeting say what was discussed."""

    message: ClassVar[str] = "The minutes have 1 to {longest} characters."
    advice: ClassVar[str] = "Write down what was discussed and who said what; what you typed is kept."

    longest: int = 4000


@dataclass(eq=False)
class DepartmentNameInvalid(Refusal):
    """A department has a name."""

    message: ClassVar[str] = "A department has a name of 2 to {longest} characters."
    advice: ClassVar[str] = "Type the name under which it decides."

    longest: int = 60


@dataclass(eq=False)
class DepartmentNameTaken(Refusal):
    """Another department has this name."""

    message: ClassVar[str] = "There is a department {name} already."
    advice: ClassVar[str] = "Choose another name, or take the retired department back into service."

    name: str


@dataclass(eq=False)
class DepartmentRetired(Outdated):
    """A retired department reviews nothing new."""

    message: ClassVar[str] = "{name} has been retired."
    advice: ClassVar[str] = "Take it back into service first. Nothing was changed by this attempt."

    name: str


@dataclass(eq=False)
class LimitUnreadable(Refusal):
    """A promised limit is a whole number of working days."""

    message: ClassVar[str] = (
        "A promised limit is 1 to {longest} working days; empty means that the department does not review."
    )
    advice: ClassVar[str] = "Give a whole number of working days, or leave the field empty."

    longest: int = 60


@dataclass(eq=False)
class NotAReviewer(Refusal):
    """Only an account with the role of a department's reviewer can belong to a department."""

    message: ClassVar[str] = "This account is not a department's reviewer."
    advice: ClassVar[str] = "Give it the role first, on the page of the account."
