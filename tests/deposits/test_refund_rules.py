"""A refund takes two people, leaves once, and is moved on by nothing but the bank's word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.deposits.rules import (
    BankWord,
    Refund,
    RefundMovedOn,
    RefundState,
    SamePersonReleases,
    approve,
    claim_for_sending,
    hear_bank,
    release,
)
from trading.kernel.errors import Refusal
from trading.kernel.money import Money

REQUESTED = Refund(RefundState.REQUESTED, Money(100_000_00))


def in_state(state: RefundState) -> Refund:
    return Refund(state, Money(100_000_00), approved_by="account:a", released_by="account:b")


def test_two_people_let_a_refund_go() -> None:
    released = release(approve(REQUESTED, by="account:a"), by="account:b")
    assert (released.state, released.approved_by, released.released_by) == (
        RefundState.RELEASED,
        "account:a",
        "account:b",
    )


def test_the_person_who_approved_cannot_release() -> None:
    with pytest.raises(SamePersonReleases):
        release(approve(REQUESTED, by="account:a"), by="account:a")


@pytest.mark.parametrize("state", sorted(set(RefundState) - {RefundState.REQUESTED}))
def test_only_a_requested_refund_is_approved(state: RefundState) -> None:
    with pytest.raises(RefundMovedOn):
        approve(in_state(state), by="account:a")


@pytest.mark.parametrize("state", sorted(set(RefundState) - {RefundState.APPROVED}))
def test_only_an_approved_refund_is_released(state: RefundState) -> None:
    with pytest.raises(RefundMovedOn):
        release(in_state(state), by="account:b")


@pytest.mark.parametrize("state", sorted(set(RefundState) - {RefundState.RELEASED}))
def test_only_a_released_refund_is_claimed_for_sending(state: RefundState) -> None:
    with pytest.raises(RefundMovedOn):
        claim_for_sending(in_state(state))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (BankWord.DONE, RefundState.DONE),
        (BankWord.FAILED, RefundState.FAILED),
        (BankWord.PENDING, RefundState.SENT),
        (BankWord.SILENT, RefundState.UNKNOWN),
        (BankWord.NEVER_SEEN, RefundState.RELEASED),
    ],
)
@pytest.mark.parametrize("before", [RefundState.SENT, RefundState.UNKNOWN])
def test_the_banks_word_moves_a_refund_that_may_have_left(
    before: RefundState, word: BankWord, state: RefundState
) -> None:
    assert hear_bank(in_state(before), word).state is state


@pytest.mark.parametrize("state", sorted(set(RefundState) - {RefundState.SENT, RefundState.UNKNOWN}))
@pytest.mark.parametrize("word", list(BankWord))
def test_the_banks_word_moves_nothing_that_has_not_left_or_is_finished(state: RefundState, word: BankWord) -> None:
    with pytest.raises(RefundMovedOn):
        hear_bank(in_state(state), word)


steps = st.one_of(
    st.tuples(st.just("approve"), st.sampled_from("abc")),
    st.tuples(st.just("release"), st.sampled_from("abc")),
    st.tuples(st.just("send"), st.just("")),
    st.tuples(st.just("hear"), st.sampled_from(list(BankWord))),
)


@given(st.lists(steps, max_size=25))
def test_no_order_of_steps_sends_without_two_people_or_moves_a_finished_refund(
    path: list[tuple[str, str | BankWord]],
) -> None:
    refund, finished = REQUESTED, None
    for step, who in path:
        try:
            match step, who:
                case "approve", str(who):
                    refund = approve(refund, by=who)
                case "release", str(who):
                    refund = release(refund, by=who)
                case "send", _:
                    refund = claim_for_sending(refund)
                case "hear", BankWord() as word:
                    refund = hear_bank(refund, word)
        except Refusal:
            continue
        assert finished is None, "a finished refund has moved"
        if refund.state not in (RefundState.REQUESTED, RefundState.APPROVED):
            assert refund.approved_by is not None
            assert refund.released_by is not None
            assert refund.approved_by != refund.released_by
        if refund.state in (RefundState.DONE, RefundState.FAILED):
            finished = refund
