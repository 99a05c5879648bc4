"""Reading the sign-up form of a bidding unit: every problem at once (一次性告知), each beside its field. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from trading.accounts.rules import (
    FactMissing,
    Role,
    check_password,
    check_sign_in_name,
    credit_code_of,
)
from trading.accounts.service import NewAccount, NewUnit
from trading.kernel.errors import Refusal

LONGEST = {"name": 100, "bank_account_name": 100, "contact_name": 50, "display_name": 50}


@dataclass(eq=False)
class BankAccountNumberInvalid(Refusal):
    """Bank account numbers of units have 8 to 32 digits."""

    message = "A bank account number has 8 to 32 digits."
    advice = "Copy the number from the account opening permit, without other signs."


@dataclass(eq=False)
class PhoneInvalid(Refusal):
    """A telephone number has 7 to 20 digits, with an optional + in front and dashes between."""

    message = "A telephone number has 7 to 20 digits."
    advice = "Give a mobile number, or a landline with its area code."


@dataclass(eq=False)
class PasswordsDiffer(Refusal):
    """The password and its repetition are not the same."""

    message = "The two passwords are not the same."
    advice = "Type the same password in both fields."


def read_sign_up(form: dict[str, str]) -> tuple[NewUnit, NewAccount] | dict[str, Refusal]:
    """The unit and its first account, or all the problems by field name."""
    problems: dict[str, Refusal] = {}

    def checked(name: str, check: Callable[[str], str]) -> str:
        try:
            return check(form.get(name, ""))
        except Refusal as refusal:
            problems[name] = refusal
            return ""

    unit = NewUnit(
        name=checked("name", _required(LONGEST["name"])),
        credit_code=checked("credit_code", credit_code_of),
        bank_account_name=checked("bank_account_name", _required(LONGEST["bank_account_name"])),
        bank_account_number=checked("bank_account_number", bank_account_number_of),
        contact_name=checked("contact_name", _required(LONGEST["contact_name"])),
        phone=checked("phone", phone_of),
    )
    sign_in_name = checked("sign_in_name", check_sign_in_name)
    password = form.get("password", "")
    checked("password", lambda typed: _checked_password(typed, sign_in_name))
    if "password" not in problems and form.get("password_again", "") != password:
        problems["password_again"] = PasswordsDiffer()
    if problems:
        return problems
    return unit, NewAccount(sign_in_name, unit.contact_name, password, frozenset({Role.BIDDER}))


def required(typed: str, longest: int) -> str:
    """What was typed, when it is something and not longer than `longest` characters; else `FactMissing`."""
    text = typed.strip()
    if not text or len(text) > longest or not text.isprintable():
        raise FactMissing(longest)
    return text


def bank_account_number_of(typed: str) -> str:
    """The digits of a bank account number; spaces and dashes between them are taken out."""
    digits = re.sub(r"[\s-]", "", typed)
    if not re.fullmatch(r"[0-9]{8,32}", digits):
        raise BankAccountNumberInvalid
    return digits


def phone_of(typed: str) -> str:
    """A telephone number as it was typed, when it is one."""
    text = typed.strip()
    if not re.fullmatch(r"\+?[0-9][0-9 -]{5,23}", text) or not 7 <= sum(c.isdigit() for c in text) <= 20:
        raise PhoneInvalid
    return text


def _required(longest: int) -> Callable[[str], str]:
    return lambda typed: required(typed, longest)


def _checked_password(typed: str, sign_in_name: str) -> str:
    check_password(typed, sign_in_name)
    return typed
