"""Every reason why something cannot be raised, answered or decided. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from trading.kernel.errors import NotFound, NotPermitted, Outdated, Refusal
from trading.projects.problems import Problem


@dataclass(eq=False)
class MatterNotFound(NotFound):
    """There is no such query, objection or complaint, or it is not to be known to exist."""

    message: ClassVar[str] = "There is no such query, objection or complaint."
    advice: ClassVar[str] = "Look it up in the list of your own. Those of others are not shown."


@dataclass(eq=False)
class MatterMovedOn(Outdated):
    """The matter no longer stands where this step is possible."""

    message: ClassVar[str] = "This cannot be done any more, or not yet: the matter stands elsewhere."
    advice: ClassVar[str] = "Load the page again and look where it stands. Nothing was changed by this attempt."


@dataclass(eq=False)
class OnlyForUnits(NotPermitted):
    """Nobody raises anything without a name: it takes an account that acts for a unit."""

    message: ClassVar[str] = "Only an account that acts for a unit can raise a query, an objection or a complaint."
    advice: ClassVar[str] = (
        "Sign in with your unit's account, or register your unit first. Nothing is taken anonymously."
    )


@dataclass(eq=False)
class ProjectNotOpenToMatters(Refusal):
    """Nothing can be raised about a project that was never published, or was only recorded."""

    message: ClassVar[str] = "Nothing can be raised about this project here."
    advice: ClassVar[str] = "Choose a project that is published on this platform."


@dataclass(eq=False)
class NotAboutThis(Refusal):
    """The rules of this kind of project know no such query or objection."""

    message: ClassVar[str] = "The rules of this project do not know such a query or objection."
    advice: ClassVar[str] = "Choose one from the project's list of what can be raised, with its period."


@dataclass(eq=False)
class AskFirst(Refusal):
    """Nobody complains about this before having asked whoever runs the project."""

    message: ClassVar[str] = "Before a complaint a query or an objection has to be raised ({source})."
    advice: ClassVar[str] = "Raise that first; once it is answered, or its answer is overdue, you can complain."

    source: str


@dataclass(eq=False)
class AnswerStillDue(Refusal):
    """The query before the complaint may still be answered in time."""

    message: ClassVar[str] = "Your query or objection may still be answered until {due_at}."
    advice: ClassVar[str] = "Wait for the answer. You can complain when it is there, or when it is overdue."

    due_at: datetime


@dataclass(eq=False)
class TooEarly(Refusal):
    """What it is about has not happened yet."""

    message: ClassVar[str] = "This cannot be raised yet: what it is about has not happened or is not public ({source})."
    advice: ClassVar[str] = "Look at the project's timeline for what comes next."

    source: str


@dataclass(eq=False)
class TooLate(Refusal):
    """The period is over."""

    message: ClassVar[str] = "The period for this is over; it ended on {ended_at} ({source})."
    advice: ClassVar[str] = (
        "What you typed is still here. A breach of law can be reported to the supervising authority."
    )

    ended_at: datetime
    source: str


@dataclass(eq=False)
class OwnerRaisesNothing(Refusal):
    """Whoever runs the project does not query itself."""

    message: ClassVar[str] = "{unit_name} is the owner or purchaser of this project."
    advice: ClassVar[str] = "Queries, objections and complaints are raised by those who take part."

    unit_name: str


@dataclass(eq=False)
class NotConcerned(Refusal):
    """Only those who take part may query the process or the result."""

    message: ClassVar[str] = "Your unit does not take part in this project, so it cannot raise this."
    advice: ClassVar[str] = "The announcement and the documents can be queried by everybody within their period."


@dataclass(eq=False)
class RaisedAlready(Outdated):
    """The same unit raises the same matter once."""

    message: ClassVar[str] = "Your unit has raised this before: {number}."
    advice: ClassVar[str] = "The same matter is raised once, also when it was withdrawn. Open {number} in your list."

    number: str


@dataclass(eq=False)
class PaperIncomplete(Refusal):
    """Something that the paper must contain was left out or typed wrong: all told at once (一次性告知)."""

    message: ClassVar[str] = "The paper is not complete: {count} things have to be corrected."
    advice: ClassVar[str] = "Each is explained beside its field. What you typed is kept, and nothing was handed in."

    count: int
    problems: Sequence[Problem]


@dataclass(eq=False)
class OpinionIncomplete(Refusal):
    """An answer, a decision or an order lacks what it must say; each fault by its field."""

    message: ClassVar[str] = "This is not complete: {count} things have to be corrected."
    advice: ClassVar[str] = "Each is explained beside its field. What you typed is kept, and nothing was stored."

    count: int
    problems: Sequence[Problem]


@dataclass(eq=False)
class CompletionAskedBefore(Refusal):
    """What is missing is asked for once and completely."""

    message: ClassVar[str] = "A completion was asked for once already."
    advice: ClassVar[str] = "Accept the complaint, or refuse it with reasons."


@dataclass(eq=False)
class CompletionOver(Outdated):
    """The period for the completion is over."""

    message: ClassVar[str] = "The period for the completion ended on {ended_at}."
    advice: ClassVar[str] = "The authority decides whether the complaint can be accepted as it is."

    ended_at: datetime


@dataclass(eq=False)
class CompletionRunning(Refusal):
    """Before the period for the completion has passed nothing is refused for being incomplete."""

    message: ClassVar[str] = "The complaint may still be completed until {due_at}."
    advice: ClassVar[str] = "Wait until then, or until the completed paper has come."

    due_at: datetime


@dataclass(eq=False)
class SuspendedOnce(Refusal):
    """For one complaint a project is suspended once: several suspensions would exceed the longest."""

    message: ClassVar[str] = "For this complaint the project was suspended before; it cannot be suspended again."
    advice: ClassVar[str] = "Decide on the complaint."


@dataclass(eq=False)
class NotSuspended(Outdated):
    """There is no suspension to lift."""

    message: ClassVar[str] = "The project is not suspended for this matter."
    advice: ClassVar[str] = "Load the page again. Nothing was changed by this attempt."


@dataclass(eq=False)
class TooManyPapers(Refusal):
    """A matter has as many files as it may have."""

    message: ClassVar[str] = "A matter takes {most} files."
    advice: ClassVar[str] = "Put several into one zip file."

    most: int


@dataclass(eq=False)
class ReplyNotAsked(NotPermitted):
    """Only who was asked to reply to a complaint does, once."""

    message: ClassVar[str] = "No reply is asked of you here, or it was given already."
    advice: ClassVar[str] = "Load the page again and look where the matter stands."
