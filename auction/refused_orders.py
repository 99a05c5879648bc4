"""Why a declaration, a suspension or a resumption is refused: one class per fact, with what to do next."""

from dataclasses import dataclass
from datetime import datetime

from trading.kernel.errors import NotPermitted, Outdated, Refusal


@dataclass(eq=False)
class DeclarationTooLate(Refusal):
    message = "Declarations for timed bidding were taken until {closes_at}; yours arrived at {arrived_at}."
    advice = "The decision on timed bidding follows in a moment on this page."
    closes_at: datetime
    arrived_at: datetime


@dataclass(eq=False)
class AlreadyDeclared(Outdated):
    message = "Your plate has already declared for timed bidding."
    advice = "Wait for the decision. Nothing was changed by this attempt."


@dataclass(eq=False)
class AlreadyFrozen(Outdated):
    message = "The sale of this lot is suspended already."
    advice = "Announce when it goes on, or resume it. Nothing was changed by this attempt."


@dataclass(eq=False)
class NotFrozen(Outdated):
    message = "The sale of this lot is not suspended."
    advice = "Go on with the sale as it stands. Nothing was changed by this attempt."


@dataclass(eq=False)
class FrozenBySupervisor(NotPermitted):
    message = "A supervisor has frozen this sale; only a supervisor lets it go on or ends it."
    advice = "Tell the supervisor what speaks for going on. Nothing was changed by this attempt."


@dataclass(eq=False)
class ResumptionNeedsNotice(Refusal):
    message = "The sale was suspended at {suspended_at}; it could be resumed without notice until {directly_until}."
    advice = "Announce the resumption for {earliest} or later."
    suspended_at: datetime
    directly_until: datetime
    earliest: datetime


@dataclass(eq=False)
class ResumptionNotAhead(Refusal):
    message = "The moment {resumes_at} of the resumption is not in the future."
    advice = "Choose a later moment, or resume the sale now."
    resumes_at: datetime


@dataclass(eq=False)
class ClockBehind(Refusal):
    message = "The database server's clock stands behind this lot's last decision of {decided_at}."
    advice = "Set the clock right, or resume the sale once it has passed that moment."
    decided_at: datetime
