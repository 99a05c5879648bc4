"""Money that goes back, through the real bank process and its faults: two people, once, and never on an assumption."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.bank_simulator.bank_process import arm
from tests.deposits.stage import ANNA, BORIS, DEPOSIT_FEN, SYSTEM, Bidder, Stage
from trading.accounts.rules import Actor, Role
from trading.bank_simulator.faults import PENDING_FOR_MS, Fault
from trading.deposits import ledger, service
from trading.deposits.bank_messages import OrderTransfer
from trading.deposits.models import RefundRow
from trading.deposits.refunding import ASK_AGAIN_AFTER, claim_next, order_key, request_refund
from trading.deposits.rules import DepositState, RefundMovedOn, RefundState, SamePersonReleases
from trading.kernel.errors import NotPermitted


async def lost(stage: Stage) -> tuple[Bidder, UUID]:
    """A bidder that did not win, and the refund of its deposit."""
    bidder = await stage.qualified()
    async with stage.database.work() as session:
        await service.settle_lot(session, stage.lot_id, None, stage.now, SYSTEM)
    (refund,) = await stage.refunds()
    return bidder, refund.id


async def released(stage: Stage) -> tuple[Bidder, UUID]:
    """A refund that two people have let go."""
    bidder, refund_id = await lost(stage)
    await stage.approve_and_release([refund_id])
    return bidder, refund_id


async def state_of(stage: Stage, refund_id: UUID) -> str:
    async with stage.database.reading() as session:
        return (await session.get_one(RefundRow, refund_id)).state


async def test_deposit_of_a_loser_comes_back_the_way_it_came(stage: Stage) -> None:
    bidder, refund_id = await released(stage)
    assert await stage.send() == 1
    assert await state_of(stage, refund_id) == RefundState.DONE
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]
    assert (await stage.deposit(bidder)).state == DepositState.RETURNED
    async with stage.database.reading() as session:
        assert await ledger.bank_fen(session) == 0
    assert (await stage.journal_kinds(bidder))[-5:] == [
        "refund_requested",
        "refund_approved",
        "refund_released",
        "refund_sent",
        "refund_done",
    ]


async def test_payout_on_the_statement_is_matched_and_books_agree(lone_stage: Stage) -> None:
    stage = lone_stage
    await released(stage)
    await stage.send()
    await stage.reconcile()
    async with stage.database.reading() as session:
        assert await service.payouts_without_refund(session) == []
        figures = await service.today(session, stage.now)
    assert figures.difference is not None
    assert (figures.difference.fen, figures.books.fen, figures.returned.count) == (0, 0, 1)


async def test_nothing_is_sent_before_the_second_person(stage: Stage) -> None:
    bidder, refund_id = await lost(stage)
    assert await stage.send() == 0
    async with stage.database.work() as session:
        await service.approve_refunds(session, [refund_id], ANNA, stage.now)
    assert await stage.send() == 0
    assert await stage.paid_back(bidder) == []


async def test_the_person_who_approved_cannot_release(stage: Stage) -> None:
    _, refund_id = await lost(stage)
    async with stage.database.work() as session:
        await service.approve_refunds(session, [refund_id], ANNA, stage.now)
    with pytest.raises(SamePersonReleases):
        async with stage.database.work() as session:
            await service.release_refunds(session, [refund_id], ANNA, stage.now)
    assert await state_of(stage, refund_id) == RefundState.APPROVED


async def test_database_itself_refuses_one_person_for_both(stage: Stage) -> None:
    _, refund_id = await lost(stage)
    with pytest.raises(IntegrityError, match="two_people"):
        async with stage.database.work() as session:
            await session.execute(update(RefundRow).values(approved_by="account:a", released_by="account:a"))
    with pytest.raises(IntegrityError, match="left_by_two"):
        async with stage.database.work() as session:
            await session.execute(update(RefundRow).values(state="sent", approved_by="account:a"))
    assert await state_of(stage, refund_id) == RefundState.REQUESTED


async def test_whoever_is_not_in_finance_decides_nothing(stage: Stage) -> None:
    _, refund_id = await lost(stage)
    officer = Actor("account:x", "经办人", roles=frozenset({Role.OFFICER}))
    for decide in (service.approve_refunds, service.release_refunds):
        with pytest.raises(NotPermitted):
            async with stage.database.work() as session:
                await decide(session, [refund_id], officer, stage.now)


async def test_forty_losers_go_back_with_two_decisions(lone_stage: Stage) -> None:
    stage = lone_stage
    bidders = [await stage.registered() for _ in range(41)]
    for bidder in bidders:
        await stage.pay(bidder)
    await stage.reconcile()
    async with stage.database.work() as session:
        await service.settle_lot(session, stage.lot_id, bidders[0].registered, stage.now, SYSTEM)
    waiting = [refund.id for refund in await stage.refunds()]
    assert len(waiting) == 40
    async with stage.database.work() as session:
        approved = await service.approve_refunds(session, waiting, ANNA, stage.now)
    async with stage.database.work() as session:
        batch = await service.release_refunds(session, waiting, BORIS, stage.now)
    assert (approved.moved, batch.moved, batch.total.fen) == (40, 40, 40 * DEPOSIT_FEN)
    while await stage.send():
        pass
    assert {refund.state for refund in await stage.refunds()} == {RefundState.DONE}
    await stage.reconcile()
    async with stage.database.reading() as session:
        assert await ledger.bank_fen(session) == DEPOSIT_FEN
        assert (await service.today(session, stage.now)).difference.fen == 0  # type: ignore[union-attr]


async def test_double_click_on_release_releases_and_pays_once(stage: Stage) -> None:
    bidder, refund_id = await lost(stage)
    async with stage.database.work() as session:
        await service.approve_refunds(session, [refund_id], ANNA, stage.now)

    async def click() -> int:
        async with stage.database.work() as session:
            return (await service.release_refunds(session, [refund_id], BORIS, stage.now)).moved

    results = await asyncio.gather(click(), click(), return_exceptions=True)
    assert sorted(isinstance(result, RefundMovedOn) for result in results) == [False, True]
    await asyncio.gather(*(stage.send() for _ in range(4)))
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]


async def test_bank_that_answers_500_after_executing_is_asked_and_pays_once(stage: Stage) -> None:
    bidder, refund_id = await released(stage)
    await arm(stage.client, Fault.FAIL_AFTER_EXECUTING)
    await stage.send()
    assert await state_of(stage, refund_id) == RefundState.UNKNOWN
    assert await stage.send() == 0
    assert await stage.ask() == 1
    assert await state_of(stage, refund_id) == RefundState.DONE
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]


async def test_hanging_bank_leaves_it_unknown_until_the_query_resolves_it(stage: Stage) -> None:
    bidder, refund_id = await released(stage)
    await arm(stage.client, Fault.HANG_AFTER_EXECUTING)
    async with stage.bank.client(answer_within_s=0.5) as impatient:
        await stage.send(impatient)
    assert await state_of(stage, refund_id) == RefundState.UNKNOWN
    assert (await stage.deposit(bidder)).state == DepositState.RETURNING
    await stage.ask()
    assert await state_of(stage, refund_id) == RefundState.DONE
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]


async def test_order_the_bank_never_saw_is_released_again_and_paid_once(stage: Stage) -> None:
    bidder, refund_id = await released(stage)
    await arm(stage.client, Fault.HANG_BEFORE_EXECUTING)
    async with stage.bank.client(answer_within_s=0.5) as impatient:
        await stage.send(impatient)
    assert await stage.ask() == 1
    assert await state_of(stage, refund_id) == RefundState.RELEASED
    await stage.send()
    assert await state_of(stage, refund_id) == RefundState.DONE
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]


async def test_unknown_refund_is_resolved_by_the_statement_alone(stage: Stage) -> None:
    bidder, refund_id = await released(stage)
    await arm(stage.client, Fault.FAIL_AFTER_EXECUTING)
    await stage.send()
    await stage.reconcile()
    assert await state_of(stage, refund_id) == RefundState.DONE
    assert (await stage.deposit(bidder)).state == DepositState.RETURNED


async def test_crash_between_claim_and_sending_is_asked_about_and_paid_once(stage: Stage) -> None:
    """The claim is committed, then the process dies before the order leaves."""
    bidder, refund_id = await released(stage)
    assert await claim_next(stage.database, stage.clock) is not None
    assert await stage.send() == 0
    stage.now += ASK_AGAIN_AFTER + timedelta(seconds=1)
    await stage.ask()
    assert await state_of(stage, refund_id) == RefundState.RELEASED
    await stage.send()
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]


async def test_crash_between_sending_and_recording_makes_one_transfer_only(stage: Stage) -> None:
    """The order has left and was executed; the process dies before it writes down the answer."""
    bidder, refund_id = await released(stage)
    claimed = await claim_next(stage.database, stage.clock)
    assert claimed is not None
    await stage.client.order_transfer(claimed[2])
    assert await state_of(stage, refund_id) == RefundState.SENT
    assert await stage.ask() == 0, "a fresh order is given time"
    stage.now += ASK_AGAIN_AFTER + timedelta(seconds=1)
    assert await stage.send() == 0
    assert await stage.ask() == 1
    assert await state_of(stage, refund_id) == RefundState.DONE
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]


async def test_slow_first_order_and_its_repetition_pay_once(stage: Stage) -> None:
    """The bank has "never seen" an order that is still on its way; both carry the same key."""
    bidder, refund_id = await released(stage)
    await arm(stage.client, Fault.HANG_BEFORE_EXECUTING)
    async with stage.bank.client(answer_within_s=0.5) as impatient:
        await stage.send(impatient)
    await stage.ask()
    slow = OrderTransfer(
        order_key(refund_id),
        bidder.account_number,
        bidder.unit.bank_account_number,
        bidder.unit.name,
        DEPOSIT_FEN,
        "退还保证金",
    )
    await asyncio.gather(stage.client.order_transfer(slow), stage.send())
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]
    assert await state_of(stage, refund_id) == RefundState.DONE


async def test_pending_order_stays_sent_until_the_bank_is_done(stage: Stage) -> None:
    _, refund_id = await released(stage)
    await arm(stage.client, Fault.LEAVE_PENDING)
    await stage.send()
    assert await state_of(stage, refund_id) == RefundState.SENT
    await asyncio.sleep(PENDING_FOR_MS / 1000 + 0.1)
    stage.now += ASK_AGAIN_AFTER + timedelta(seconds=1)
    await stage.ask()
    assert await state_of(stage, refund_id) == RefundState.DONE


async def test_failed_refund_moves_no_money_says_why_and_can_be_requested_again(stage: Stage) -> None:
    bidder, refund_id = await released(stage)
    await arm(stage.client, Fault.FAIL_TRANSFER)
    await stage.send()
    assert await state_of(stage, refund_id) == RefundState.FAILED
    assert await stage.paid_back(bidder) == []
    assert (await stage.deposit(bidder)).state == DepositState.HELD
    async with stage.database.reading() as session:
        (failed,) = await service.refunds_failed(session)
    assert failed.bank_reason == "payee's bank refused the money"
    async with stage.database.work() as session:
        again = await service.request_again(session, refund_id, ANNA, stage.now)
    with pytest.raises(RefundMovedOn):
        async with stage.database.work() as session:
            await service.request_again(session, refund_id, ANNA, stage.now)
    await stage.approve_and_release([again])
    await stage.send()
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]
    assert (await stage.deposit(bidder)).state == DepositState.RETURNED


async def test_database_refuses_a_second_live_refund_of_a_receipt(stage: Stage) -> None:
    await lost(stage)
    with pytest.raises(IntegrityError, match="uq_refunds_live"):
        async with stage.database.work() as session:
            await session.execute(
                text(
                    "INSERT INTO refunds (id, receipt_reference, from_account_number, payee_name, payee_account_number,"
                    " amount_fen, reason, state, requested_at, due_at, attempts) SELECT gen_random_uuid(),"
                    " receipt_reference, from_account_number, payee_name, payee_account_number, amount_fen, reason,"
                    " 'requested', requested_at, due_at, 0 FROM refunds"
                )
            )


async def test_every_kind_of_wrong_payment_comes_back_whole(stage: Stage) -> None:
    bidder, friend = await stage.registered(), await stage.bidder()
    await stage.pay(bidder, DEPOSIT_FEN - 1)
    await stage.pay(bidder, payer=friend)
    await stage.pay(bidder)
    await stage.pay(bidder)
    await stage.reconcile()
    await stage.approve_and_release([refund.id for refund in await stage.refunds()])
    await stage.send()
    assert sorted(await stage.paid_back(bidder)) == sorted([DEPOSIT_FEN - 1, DEPOSIT_FEN, DEPOSIT_FEN])
    assert (await stage.deposit(bidder)).state == DepositState.HELD
    async with stage.database.reading() as session:
        assert await ledger.bank_fen(session) == DEPOSIT_FEN


async def test_payout_without_an_order_of_ours_is_an_exception_and_a_difference(lone_stage: Stage) -> None:
    stage = lone_stage
    bidder = await stage.qualified()
    await stage.client.order_transfer(
        OrderTransfer(
            "somebody:else",
            bidder.account_number,
            bidder.unit.bank_account_number,
            bidder.unit.name,
            DEPOSIT_FEN,
            "?",
        )
    )
    await stage.reconcile()
    async with stage.database.reading() as session:
        (payout,) = await service.payouts_without_refund(session)
        figures = await service.today(session, stage.now)
    assert payout.amount_fen == DEPOSIT_FEN
    assert figures.difference is not None
    assert figures.difference.fen == -DEPOSIT_FEN
    assert [entry.kind for entry in await stage.journal("bank")] == ["payout_without_refund", "balances_differ"]


async def test_winners_deposit_becomes_part_of_the_price_and_losers_go_back(stage: Stage) -> None:
    winner, loser = await stage.qualified(), await stage.qualified()
    for _ in range(2):
        async with stage.database.work() as session:
            await service.settle_lot(session, stage.lot_id, winner.registered, stage.now, SYSTEM)
    assert (await stage.deposit(winner)).state == DepositState.PRICE
    assert (await stage.deposit(loser)).state == DepositState.RETURNING
    assert [(refund.registration_id, refund.reason) for refund in await stage.refunds()] == [
        (loser.registered, "not_won")
    ]
    async with stage.database.reading() as session:
        assert await ledger.available_fen(session, f"price:{stage.lot_id}") == -DEPOSIT_FEN
        assert await ledger.available_fen(session, f"held:{winner.registered}") == 0
    assert "deposit_became_price" in await stage.journal_kinds(winner)


async def test_price_that_the_winner_has_paid_cannot_go_back_too(stage: Stage) -> None:
    winner = await stage.qualified()
    async with stage.database.work() as session:
        await service.settle_lot(session, stage.lot_id, winner.registered, stage.now, SYSTEM)
    receipt = await stage.receipt((await stage.deposit(winner)).receipt_reference or "")
    with pytest.raises(DBAPIError, match="does not hold"):
        async with stage.database.work() as session:
            await request_refund(session, receipt, "not_won", SYSTEM, stage.now)


async def test_refund_is_due_after_five_working_days(stage: Stage) -> None:
    """Fujian rules art. 46: Monday noon plus five working days ends on the next Monday."""
    await lost(stage)
    (refund,) = await stage.refunds()
    assert (refund.due_at - stage.now).days == 7
    assert refund.due_at.isoformat() == "2026-11-30T15:59:59+00:00"


async def test_refund_is_due_as_soon_as_the_lots_own_profile_asks_for(stage: Stage) -> None:
    """An online auction gives deposits back within a day (法释〔2016〕18号 art. 17)."""
    async with stage.database.work() as session:
        await session.execute(text("UPDATE projects SET rule_profile = 'property-online-2016'"))
    await lost(stage)
    (refund,) = await stage.refunds()
    assert refund.due_at.isoformat() == "2026-11-24T15:59:59+00:00"
