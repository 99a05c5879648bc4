"""Double entry: sums are zero, a pending transfer is settled once, and no account pays out what it does not hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.deposits.ledger_rules import (
    BANK,
    AlreadyResolved,
    Ledger,
    MoreThanHeld,
    Phase,
    Posting,
    Transfer,
    Unbalanced,
    held_account,
    move,
    price_account,
    receipt_account,
)
from trading.kernel.errors import Refusal
from trading.kernel.money import Money

HELD = held_account("r1")
RECEIVED = move("in", debit=BANK, credit=HELD, amount=Money(100))


def returning(key: str, fen: int = 100) -> Transfer:
    return move(key, debit=HELD, credit=BANK, amount=Money(fen), pending=True)


def test_deposit_comes_in_waits_and_goes_back() -> None:
    ledger = Ledger().book(RECEIVED)
    assert (ledger.balance_fen(BANK), ledger.balance_fen(HELD)) == (100, -100)
    ledger = ledger.book(returning("back"))
    assert (ledger.balance_fen(HELD), ledger.available_fen(HELD)) == (-100, 0)
    ledger = ledger.book(Transfer("back-posted", Phase.POSTED, resolves="back"))
    assert (ledger.balance_fen(BANK), ledger.balance_fen(HELD)) == (0, 0)


def test_voided_return_frees_the_money_for_another() -> None:
    ledger = Ledger().book(RECEIVED).book(returning("back"))
    ledger = ledger.book(Transfer("back-voided", Phase.VOIDED, resolves="back"))
    assert ledger.available_fen(HELD) == -100
    assert ledger.book(returning("again")).available_fen(HELD) == 0


def test_what_is_on_its_way_back_cannot_be_sent_again_or_become_a_price() -> None:
    ledger = Ledger().book(RECEIVED).book(returning("back"))
    for transfer in (returning("twice"), move("price", debit=HELD, credit=price_account("l1"), amount=Money(100))):
        with pytest.raises(MoreThanHeld):
            ledger.book(transfer)


def test_pending_transfer_is_settled_once() -> None:
    ledger = Ledger().book(RECEIVED).book(returning("back"))
    ledger = ledger.book(Transfer("posted", Phase.POSTED, resolves="back"))
    with pytest.raises(AlreadyResolved):
        ledger.book(Transfer("voided", Phase.VOIDED, resolves="back"))


def test_single_transfer_is_not_settled_again() -> None:
    with pytest.raises(AlreadyResolved):
        Ledger().book(RECEIVED).book(Transfer("posted", Phase.POSTED, resolves="in"))


def test_repeated_key_books_once() -> None:
    assert Ledger().book(RECEIVED).book(RECEIVED).balance_fen(HELD) == -100


@pytest.mark.parametrize(
    "transfer",
    [
        Transfer("odd", Phase.SINGLE, (Posting(BANK, 100), Posting(HELD, -99))),
        Transfer("one-sided", Phase.SINGLE, (Posting(BANK, 100),)),
        Transfer("empty", Phase.SINGLE),
        Transfer("resolves nothing", Phase.POSTED),
        Transfer("both", Phase.POSTED, (Posting(BANK, 1), Posting(HELD, -1)), resolves="in"),
    ],
)
def test_transfer_that_does_not_balance_is_refused(transfer: Transfer) -> None:
    with pytest.raises(Unbalanced):
        Ledger().book(RECEIVED).book(transfer)


def test_what_is_only_on_its_way_in_cannot_be_spent() -> None:
    ledger = Ledger().book(move("coming", debit=BANK, credit=HELD, amount=Money(100), pending=True))
    with pytest.raises(MoreThanHeld):
        ledger.book(move("spent", debit=HELD, credit=BANK, amount=Money(100)))


@pytest.mark.parametrize("fen", [0, -1])
def test_moving_nothing_or_less_is_refused(fen: int) -> None:
    with pytest.raises(Unbalanced):
        move("nothing", debit=BANK, credit=HELD, amount=Money(fen))


accounts = st.sampled_from([BANK, HELD, held_account("r2"), receipt_account("b1"), price_account("l1")])
transfers = st.one_of(
    st.builds(
        lambda key, debit, credit, fen, pending: (
            move(key, debit=debit, credit=credit, amount=Money(fen), pending=pending) if debit != credit else RECEIVED
        ),
        st.text("abcdef", min_size=1, max_size=2),
        accounts,
        accounts,
        st.integers(1, 100),
        st.booleans(),
    ),
    st.builds(
        lambda key, phase, resolves: Transfer(key, phase, resolves=resolves),
        st.text("xyz", min_size=1, max_size=2),
        st.sampled_from([Phase.POSTED, Phase.VOIDED]),
        st.text("abcdef", min_size=1, max_size=2),
    ),
)


@given(st.lists(transfers, max_size=40))
def test_whatever_is_booked_all_accounts_sum_to_zero_and_none_is_overdrawn(booked: list[Transfer]) -> None:
    ledger = Ledger()
    for transfer in booked:
        try:
            ledger = ledger.book(transfer)
        except Refusal:
            continue
    used = {posting.account for transfer in ledger.transfers for posting in transfer.postings}
    assert sum(ledger.balance_fen(account) for account in used) == 0
    assert ledger.balance_fen(BANK) >= ledger.available_fen(BANK) >= 0
    for account in used - {BANK}:
        assert ledger.balance_fen(account) <= ledger.available_fen(account) <= 0
