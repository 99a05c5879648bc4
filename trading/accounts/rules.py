"""Who people are here and what makes a sign-in name, a password and a unit acceptable. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from trading.kernel.errors import Refusal

SESSION_LIFETIME = timedelta(hours=12)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


class Role(StrEnum):
    """What an account is for. An account may have several."""

    BIDDER = "bidder"
    OFFICER = "officer"
    AUCTIONEER = "auctioneer"
    FINANCE = "finance"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    EXPERT = "expert"
    REVIEWER = "reviewer"
    ADMIN = "admin"


@dataclass(frozen=True)
class Actor:
    """Who does something: a signed-in account, or a part of the platform acting on its own."""

    reference: str
    name: str
    account_id: UUID | None = None
    roles: frozenset[Role] = frozenset()
    unit_id: UUID | None = None
    is_demonstration: bool = False

    @classmethod
    def system(cls, part: str) -> "Actor":
        """The platform itself, for what happens by the clock: `Actor.system("scheduler")`."""
        return cls(reference=f"system:{part}", name=part)

    @property
    def is_platform(self) -> bool:
        """Whether this is the platform itself, acting by the clock or by a rule."""
        return self.account_id is None and self.reference.startswith("system:")

    def has(self, *roles: Role) -> bool:
        """Whether the actor has at least one of `roles`."""
        return not self.roles.isdisjoint(roles)


@dataclass(eq=False)
class SignInRefused(Refusal):
    """The name and the password do not belong together. Which of the two is wrong is not said."""

    message = "The sign-in name or the password is not right."
    advice = "Check both and try again. After several attempts a short wait is needed."


@dataclass(eq=False)
class TooManyAttempts(Refusal):
    """Too many wrong passwords in a row."""

    message = "There were too many attempts for this sign-in name."
    advice = "Wait a quarter of an hour and try again."


@dataclass(eq=False)
class SignInNameTaken(Refusal):
    """Somebody else signs in by this name."""

    message = "The sign-in name {sign_in_name} is already in use."
    advice = "Choose another sign-in name."
    sign_in_name: str


@dataclass(eq=False)
class SignInNameInvalid(Refusal):
    """Sign-in names are 3 to 40 letters, digits, dots, dashes or underscores."""

    message = "A sign-in name has 3 to 40 letters, digits, dots, dashes or underscores."
    advice = "Choose a sign-in name of that form."


@dataclass(eq=False)
class PasswordTooWeak(Refusal):
    """The password is too short, too long, or the sign-in name itself."""

    message = "A password has at least {shortest} characters and is not the sign-in name."
    advice = "Choose a longer password, for example four words."
    shortest: int = SHORTEST_PASSWORD


@dataclass(eq=False)
class CreditCodeInvalid(Refusal):
    """A unified social credit code whose form or check character is wrong (GB 32100-2015)."""

    message = "{credit_code} is not a valid unified social credit code."
    advice = "Copy the 18 characters from the business licence; the last one is a check character."
    credit_code: str


@dataclass(eq=False)
class CreditCodeTaken(Refusal):
    """The unit is already known to the platform."""

    message = "A unit with the credit code {credit_code} is already registered."
    advice = "Sign in with that unit's account, or ask the centre."
    credit_code: str


@dataclass(eq=False)
class FactMissing(Refusal):
    """Something that is needed was left empty, or is longer than it may be."""

    message = "Please fill this in, with at most {longest} characters."
    advice = "Fill in what is marked; what you typed is kept."
    longest: int = 200


def credit_code_of(typed: str) -> str:
    """The unified social credit code in its compact form, or `CreditCodeInvalid`.

    Source: GB 32100-2015 (18 characters, the last one a check character MOD 31).
    """
    try:
        code: str = uscc.validate(typed.strip())
    except ValidationError:
        raise CreditCodeInvalid(typed.strip()[:40]) from None
    return code


def check_sign_in_name(name: str) -> str:
    """The sign-in name in lower case, or `SignInNameInvalid`."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{3,40}", name):
        raise SignInNameInvalid
    return name.lower()


def check_password(password: str, sign_in_name: str) -> None:
    """Refuse a password that is too short, absurdly long, or the sign-in name."""
    too_weak = len(password) < SHORTEST_PASSWORD or password.lower() == sign_in_name.lower()
    if too_weak or len(password) > LONGEST_PASSWORD:
        raise PasswordTooWeak
