"""Who may register, and when: every refusal is named by the fact."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deposits.stage import credit_code
from trading.kernel.errors import Refusal
from trading.registration.rules import (
    AccountInAnotherName,
    Candidate,
    ContactMissing,
    LotNotOnOffer,
    OwnerMayNotBid,
    PhoneInvalid,
    RegistrationClosed,
    RegistrationNotOpenYet,
    UndertakingMissing,
    UnitHasNoValidCreditCode,
    Window,
    check_candidate,
    judge_form,
    next_plate,
)

OPENS_AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CLOSES_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OPEN = Window(OPENS_AT, CLOSES_AT, on_offer=True)
UNIT = Candidate("演示置业有限公司", credit_code(1), "演示置业有限公司")
OWNER = "演示县自然资源局"


def check(candidate: Candidate = UNIT, window: Window = OPEN, now: datetime = OPENS_AT) -> None:
    check_candidate(candidate, owner_name=OWNER, window=window, now=now)


@pytest.mark.parametrize("now", [OPENS_AT, CLOSES_AT - timedelta(microseconds=1)])
def test_unit_may_register_while_the_window_is_open(now: datetime) -> None:
    check(now=now)


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        (OPENS_AT - timedelta(microseconds=1), RegistrationNotOpenYet),
        (CLOSES_AT, RegistrationClosed),
        (CLOSES_AT + timedelta(days=1), RegistrationClosed),
    ],
)
def test_outside_the_window_is_refused_and_the_end_belongs_to_the_time_after_it(
    now: datetime, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        check(now=now)


def test_lot_that_is_not_on_offer_is_refused() -> None:
    with pytest.raises(LotNotOnOffer):
        check(window=replace(OPEN, on_offer=False))


@pytest.mark.parametrize("code", ["", "91510522MA0000001", credit_code(1)[:-1] + "?", "911230000000000000"])
def test_unit_without_a_valid_credit_code_is_refused(code: str) -> None:
    """GB 32100-2015: 18 characters, the last one a check character."""
    with pytest.raises(UnitHasNoValidCreditCode):
        check(replace(UNIT, credit_code=code))


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_credit_code_with_one_changed_character_is_refused(place: int, character: str) -> None:
    good = credit_code(1)
    changed = good[:place] + character + good[place + 1 :]
    if changed != good:
        with pytest.raises(UnitHasNoValidCreditCode):
            check(replace(UNIT, credit_code=changed))


@pytest.mark.parametrize("name", [OWNER, "演示县 自然资源局"])
def test_owner_may_not_bid_for_its_own_lot(name: str) -> None:
    """拍卖法 art. 30."""
    with pytest.raises(OwnerMayNotBid):
        check(replace(UNIT, name=name, bank_account_name=name))


def test_account_in_another_name_is_refused() -> None:
    with pytest.raises(AccountInAnotherName):
        check(replace(UNIT, bank_account_name="张三"))


def test_form_tells_everything_that_is_wrong_at_once() -> None:
    _, problems = judge_form({})
    assert {name: type(problem) for name, problem in problems.items()} == {
        "contact_name": ContactMissing,
        "phone": PhoneInvalid,
        "undertaking": UndertakingMissing,
    }


@pytest.mark.parametrize("phone", ["0830-555 1234", "+86 138 0000 0000", "１３８００００００００"])
def test_phone_is_read_as_people_write_it(phone: str) -> None:
    applicant, problems = judge_form({"contact_name": "张三", "phone": phone, "undertaking": "yes"})
    assert problems == {}
    assert applicant.phone.removeprefix("+").isdigit()


@pytest.mark.parametrize("phone", ["", "12", "1" * 21, "call me", "+", "138<script>"])
def test_what_is_no_phone_number_is_refused(phone: str) -> None:
    _, problems = judge_form({"contact_name": "张三", "phone": phone, "undertaking": "yes"})
    assert set(problems) == {"phone"}


def test_plates_are_dense() -> None:
    assert [next_plate(given) for given in range(3)] == [1, 2, 3]
