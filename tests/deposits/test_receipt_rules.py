"""Only one exact payment, from the unit's own account, in time, makes a bidder; everything else goes back whole."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.deposits.rules import ExpectedDeposit, Receipt, ReceiptOutcome, Verdict, judge_receipt, same_name
from trading.kernel.money import Money

CLOSES_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STARTS_AT = CLOSES_AT + timedelta(hours=1)
EXPECTED = ExpectedDeposit("62170099000000014", Money(100_000_00), "演示置业有限公司", CLOSES_AT, STARTS_AT)
RECEIPT = Receipt(
    reference="BK1-in",
    account_number="62170099000000014",
    amount=Money(100_000_00),
    payer_name="演示置业有限公司",
    payer_account_number="6222020000001",
    booked_at=CLOSES_AT - timedelta(hours=2),
)
NOW = RECEIPT.booked_at + timedelta(seconds=1)


def judged(receipt: Receipt, *earlier: ReceiptOutcome, now: datetime = NOW) -> Verdict:
    return judge_receipt(EXPECTED, receipt, earlier, now)


def test_exact_single_own_payment_in_time_is_accepted() -> None:
    assert judged(RECEIPT) == Verdict(ReceiptOutcome.ACCEPTED)


@pytest.mark.parametrize(
    ("receipt", "outcome", "difference_fen"),
    [
        (replace(RECEIPT, amount=Money(99_999_99)), ReceiptOutcome.SHORT, 1),
        (replace(RECEIPT, amount=Money(1)), ReceiptOutcome.SHORT, 99_999_99),
        (replace(RECEIPT, amount=Money(100_000_01)), ReceiptOutcome.OVER, 1),
        (replace(RECEIPT, payer_name="演示置业有限公司第二分公司"), ReceiptOutcome.OTHER_PAYER, 0),
        (replace(RECEIPT, payer_name=""), ReceiptOutcome.OTHER_PAYER, 0),
        (replace(RECEIPT, booked_at=CLOSES_AT), ReceiptOutcome.LATE, 0),
        (replace(RECEIPT, account_number="62170099000000022"), ReceiptOutcome.UNKNOWN_ACCOUNT, 0),
    ],
)
def test_everything_else_is_named_and_goes_back(receipt: Receipt, outcome: ReceiptOutcome, difference_fen: int) -> None:
    verdict = judged(receipt, now=max(NOW, receipt.booked_at))
    assert verdict == Verdict(outcome, Money(difference_fen))
    assert verdict.goes_back


def test_one_microsecond_before_the_close_is_in_time() -> None:
    last = CLOSES_AT - timedelta(microseconds=1)
    assert judged(replace(RECEIPT, booked_at=last), now=last).outcome is ReceiptOutcome.ACCEPTED


def test_money_of_no_registration_has_an_unknown_account_number() -> None:
    assert judge_receipt(None, RECEIPT, (), NOW).outcome is ReceiptOutcome.UNKNOWN_ACCOUNT


def test_second_payment_goes_back_and_the_first_stays() -> None:
    assert judged(RECEIPT, ReceiptOutcome.ACCEPTED).outcome is ReceiptOutcome.PAID_TWICE


def test_exact_payment_after_a_short_one_is_accepted() -> None:
    assert judged(RECEIPT, ReceiptOutcome.SHORT, ReceiptOutcome.OTHER_PAYER).outcome is ReceiptOutcome.ACCEPTED


def test_two_short_payments_that_sum_up_make_no_deposit() -> None:
    half = replace(RECEIPT, amount=Money(50_000_00))
    assert judged(half, ReceiptOutcome.SHORT).outcome is ReceiptOutcome.SHORT


def test_payment_in_time_that_is_found_before_the_contest_counts() -> None:
    assert judged(RECEIPT, now=STARTS_AT - timedelta(seconds=1)).outcome is ReceiptOutcome.ACCEPTED


def test_payment_in_time_that_is_found_after_the_contest_began_is_late() -> None:
    assert judged(RECEIPT, now=STARTS_AT).outcome is ReceiptOutcome.LATE


def test_fast_clock_of_the_bank_makes_nobody_late() -> None:
    ahead = replace(RECEIPT, booked_at=CLOSES_AT + timedelta(minutes=1))
    assert judged(ahead, now=CLOSES_AT - timedelta(seconds=1)).outcome is ReceiptOutcome.ACCEPTED


def test_money_for_a_refused_registration_goes_back() -> None:
    verdict = judge_receipt(replace(EXPECTED, still_wanted=False), RECEIPT, (), NOW)
    assert verdict.outcome is ReceiptOutcome.NOT_EXPECTED


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("演示城建（集团）有限公司", "演示城建(集团)有限公司", True),
        ("演示 置业　有限公司", "演示置业有限公司", True),
        ("演示置业有限公司", "演示置业有限责任公司", False),
        ("", "", False),
        (" ", "　", False),
    ],
)
def test_names_are_the_same_but_for_width_and_spaces(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same


receipts = st.builds(
    Receipt,
    reference=st.text(min_size=1, max_size=8),
    account_number=st.sampled_from([EXPECTED.account_number, "62170099000000022"]),
    amount=st.sampled_from([99_999_99, 100_000_00, 100_000_01, 1]).map(Money),
    payer_name=st.sampled_from([EXPECTED.payer_name, "别家有限公司"]),
    payer_account_number=st.just("6222020000001"),
    booked_at=st.integers(-3, 3).map(lambda hours: CLOSES_AT + timedelta(hours=hours)),
)


@given(st.lists(receipts, max_size=8))
def test_whatever_comes_in_at_most_one_receipt_stays_and_it_is_exact(booked: list[Receipt]) -> None:
    earlier: list[ReceiptOutcome] = []
    kept: list[Receipt] = []
    for receipt in booked:
        verdict = judge_receipt(EXPECTED, receipt, tuple(earlier), receipt.booked_at)
        if receipt.account_number == EXPECTED.account_number:
            earlier.append(verdict.outcome)
        if not verdict.goes_back:
            kept.append(receipt)
    assert len(kept) <= 1
    for receipt in kept:
        assert receipt.amount == EXPECTED.amount
        assert receipt.payer_name == EXPECTED.payer_name
        assert receipt.account_number == EXPECTED.account_number
        assert receipt.booked_at < CLOSES_AT
