"""Reading the administrator's form for a new account: every problem at once. Pure."""

from dataclasses import dataclass

from trading.accounts.rules import Role, check_password, check_sign_in_name
from trading.accounts.service import NewAccount
from trading.kernel.errors import Refusal
from trading.web.sign_up_form import LONGEST, required


@dataclass(eq=False)
class RoleMissing(Refusal):
    """An account of the centre's staff has at least one role."""

    message = "No role is chosen."
    advice = "Choose what this account is for; to shut an account, use the part at the end of its page."


@dataclass(eq=False)
class BidderNeedsUnit(Refusal):
    """Bidders belong to a unit, and sign up with it."""

    message = "A bidder's account belongs to a unit."
    advice = "Bidding units sign up themselves, from the sign-in page."


@dataclass(eq=False)
class SignInNameNotTyped(Refusal):
    """An account is shut only after its sign-in name was typed."""

    message = "What was typed is not the sign-in name of this account."
    advice = "Type {sign_in_name} to confirm."
    sign_in_name: str


def read_new_account(form: dict[str, str], roles: set[Role]) -> NewAccount | dict[str, Refusal]:
    """The account to be made, or all the problems by field name."""
    problems: dict[str, Refusal] = {}
    sign_in_name, display_name, password = "", "", form.get("password", "")
    try:
        display_name = required(form.get("display_name", ""), LONGEST["display_name"])
    except Refusal as refusal:
        problems["display_name"] = refusal
    try:
        sign_in_name = check_sign_in_name(form.get("sign_in_name", ""))
    except Refusal as refusal:
        problems["sign_in_name"] = refusal
    try:
        check_password(password, sign_in_name)
    except Refusal as refusal:
        problems["password"] = refusal
    if not roles:
        problems["roles"] = RoleMissing()
    elif Role.BIDDER in roles:
        problems["roles"] = BidderNeedsUnit()
    return problems or NewAccount(sign_in_name, display_name, password, frozenset(roles))
