"""Refusals: a rule said no, and the user learns why and what to do next.

A refusal is a value of the product, not a fault of the program: it is a class named by the fact (`BidTooLow`), carries
its facts as fields, knows nothing of HTTP, and is turned into a page or a problem document in one place
(`trading.kernel.web`). Everything else that goes wrong is a bug and crashes.
"""

import re
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar


@dataclass(eq=False)
class Refusal(Exception):
    """A rule said no. Subclasses are dataclasses whose fields are the facts, and name their two sentences.

    `message` and `advice` are gettext message ids in English with `{field}` placeholders: what happened, and what the
    user can do next. Neither may blame or exclaim.
    """

    message: ClassVar[str] = ""
    advice: ClassVar[str] = ""

    @property
    def code(self) -> str:
        """The stable name of this refusal in journals, protocols and problem documents: `bid_too_low`."""
        return _code_of(type(self).__name__)

    def facts(self) -> dict[str, Any]:
        """The facts by name, as the values they are (Money, datetime, …)."""
        kind: Any = type(self)
        return {name: getattr(self, name) for name in _names_of(kind)}

    def __str__(self) -> str:
        return self.message.format(**{name: str(value) for name, value in self.facts().items()})


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _code_of(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@dataclass(eq=False)
class NotFound(Refusal):
    """What was asked for does not exist, or is not to be known to exist."""

    message = "There is nothing at this address."
    advice = "Check the address, or start again from the home page."


@dataclass(eq=False)
class NotPermitted(Refusal):
    """The person may not do this."""

    message = "Your account may not do this."
    advice = "Sign in with an account that has this task, or ask the centre."


@dataclass(eq=False)
class NotSignedIn(Refusal):
    """The page needs an account."""

    message = "Please sign in first."
    advice = "Sign in, and you will come back to this page."


@dataclass(eq=False)
class Outdated(Refusal):
    """The matter has moved on since the page was loaded."""

    message = "This has changed since the page was loaded."
    advice = "Load the page again and look at the current state. Nothing was changed by this attempt."
