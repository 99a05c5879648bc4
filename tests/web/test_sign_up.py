"""A bidding unit signs itself up: all problems at once, nothing typed is lost, and it is signed in afterwards."""

import html
import re
from typing import Any

import pytest

from tests.web.conftest import Client, token_of
from trading.accounts import service
from trading.accounts.rules import CreditCodeInvalid, FactMissing, PasswordTooWeak, Role, SignInNameInvalid
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.web.sign_up import FIELDS
from trading.web.sign_up_form import BankAccountNumberInvalid, PasswordsDiffer, PhoneInvalid, read_sign_up

FORM = {
    "name": "合江县示例置业有限公司",
    "credit_code": "91510522MADEM0011D",
    "bank_account_name": "合江县示例置业有限公司",
    "bank_account_number": "6228 4805 2200 0011",
    "contact_name": "周明",
    "phone": "0830-5212345",
    "sign_in_name": "Zhou.Ming",
    "password": "four words make one",
    "password_again": "four words make one",
}


def test_a_good_form_is_a_unit_and_its_account() -> None:
    read = read_sign_up(FORM)
    assert not isinstance(read, dict)
    unit, account = read
    assert unit.bank_account_number == "6228480522000011"
    assert (account.sign_in_name, account.display_name) == ("zhou.ming", "周明")
    assert account.roles == frozenset({Role.BIDDER})
    assert not unit.is_demonstration
    assert not account.is_demonstration


@pytest.mark.parametrize(
    ("field", "typed", "refusal"),
    [
        ("name", "", FactMissing),
        ("name", "字" * 101, FactMissing),
        ("name", "公司\x00", FactMissing),
        ("credit_code", "", CreditCodeInvalid),
        ("credit_code", "91510522MADEM0011E", CreditCodeInvalid),
        ("credit_code", "91510522MADEM0011", CreditCodeInvalid),
        ("credit_code", "9" * 10_000, CreditCodeInvalid),
        ("bank_account_name", "  ", FactMissing),
        ("bank_account_number", "1234567", BankAccountNumberInvalid),
        ("bank_account_number", "1" * 33, BankAccountNumberInvalid),
        ("bank_account_number", "12345678a", BankAccountNumberInvalid),
        ("bank_account_number", "１２３４５６７８", BankAccountNumberInvalid),
        ("contact_name", "", FactMissing),
        ("phone", "12345", PhoneInvalid),
        ("phone", "0830-abc4567", PhoneInvalid),
        ("sign_in_name", "a b", SignInNameInvalid),
        ("sign_in_name", "周明", SignInNameInvalid),
        ("password", "short", PasswordTooWeak),
        ("password", "Zhou.Ming", PasswordTooWeak),
        ("password_again", "four words make two", PasswordsDiffer),
    ],
)
def test_each_wrong_field_has_its_own_refusal(field: str, typed: str, refusal: type) -> None:
    problems = read_sign_up(FORM | {field: typed})
    assert isinstance(problems, dict)
    assert {name: type(problem) for name, problem in problems.items()} == {field: refusal}


def test_an_empty_form_is_told_everything_at_once() -> None:
    problems = read_sign_up({})
    assert isinstance(problems, dict)
    assert set(problems) == set(FORM) - {"password_again"}


async def test_a_unit_that_signed_up_is_signed_in_and_journalled(client: Client, database: Database) -> None:
    answer = await client.post("/sign-up", data=await token_of(client, "/sign-up") | FORM, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/my/lots")
    async with database.reading() as session:
        account = await service.account_named(session, "zhou.ming")
        unit = await service.find_unit(session, "91510522MADEM0011D")
        assert unit is not None
        assert account.unit_id == unit.id
        assert account.roles == ["bidder"]
        assert [entry.kind for entry in await journal_store.read(session, f"unit:{unit.id}")] == ["unit_created"]
        assert "four words" not in account.password_hash


async def test_what_was_typed_is_kept_and_the_errors_lead_to_their_fields(client: Client) -> None:
    wrong = FORM | {"credit_code": "91510522MADEM0011E", "phone": "<b>1</b>"}
    answer = await client.post("/sign-up", data=await token_of(client, "/sign-up") | wrong)
    assert answer.status_code == 422
    assert 'href="#field-credit_code"' in answer.text
    assert 'id="field-credit_code"' in answer.text
    for name in FIELDS:
        kept = re.search(rf'id="field-{name}"[^>]*? value="([^"]*)"', answer.text)
        assert kept, name
        assert html.unescape(kept[1]) == wrong[name]
    assert "&lt;b&gt;1&lt;/b&gt;" in answer.text
    assert "<b>1</b>" not in answer.text
    assert "four words make one" not in answer.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"sign_in_name": "another"}, "credit_code"), ({"credit_code": "91510522MADEM0021E"}, "sign_in_name")],
)
async def test_a_code_or_a_name_that_is_taken_is_said_beside_its_field(
    client: Client, changed: dict[str, Any], field: str
) -> None:
    first = await client.post("/sign-up", data=await token_of(client, "/sign-up") | FORM, follow_redirects=False)
    assert first.status_code == 303
    client.cookies.clear()
    second = await client.post("/sign-up", data=await token_of(client, "/sign-up") | FORM | changed)
    assert second.status_code == 422
    assert f'id="error-{field}"' in second.text
