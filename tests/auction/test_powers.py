"""Powers over a sale: the increment, the withdrawal of a lot, the disqualification of a plate."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import select

from auction import rules, service
from auction.completing import announcement_of
from auction.deciding import decide_bid
from auction.refusals import (
    AlreadyEnded,
    EndBeingDecided,
    NoAuctioneerHere,
    NotOpenedYet,
    PlateDisqualified,
    SaleFrozen,
)
from auction.refused_powers import (
    IncrementAlready,
    IncrementFixed,
    IncrementOutOfBounds,
    PlateAlreadyDisqualified,
    PlateUnknown,
    ReasonNeeded,
)
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    BidRefused,
    Disqualified,
    Phase,
    Stage,
    WithdrawnBecause,
)
from auction.way import IncrementBounds, OnlineTerms, Way
from auction.ways import powers
from auction.ways.powers import Standing
from tests.auction.examples import AUCTION, START, TIMED, WINDOW, bid_on, hammered, opened, yuan
from tests.auction.selling import INCREMENT, Sale
from tests.auction.selling import START as START_FEN
from tests.auction.test_service import advance, bid, call_thrice, kinds, on_sale
from tests.auction.test_service import opened as opened_sale
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.projects.models import Lot
from trading.projects.profiles import SellingMethod
from trading.publication.rules import AnnouncementKind
from trading.registration import service as registrations
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState

SECOND = timedelta(seconds=1)
BOUNDED = replace(AUCTION, way=Way(increment_bounds=IncrementBounds(lowest=yuan(10_000), highest=yuan(200_000))))
FALLING = replace(TIMED, way=Way(disqualified_bids_stand=False))
REASON = "与其他竞买人串通"


def disqualified(
    state: AuctionState,
    plate: int,
    behind: Standing | None = None,
    *,
    terms: AuctionTerms = FALLING,
    at: datetime = START + 9 * SECOND,
) -> AuctionState:
    return powers.disqualify(terms, state, plate=plate, reason=REASON, behind=behind, now=at).state


# --- the increment --------------------------------------------------------------------------------------------------


def test_a_changed_increment_counts_for_the_next_bid_and_the_price_stands_with_its_calls_begun_anew() -> None:
    state = bid_on(BOUNDED, opened(BOUNDED), 1)
    state = rules.call_price(BOUNDED, state, number=1, price=yuan(1_000_000), now=START + 2 * SECOND).state
    changed = powers.change_increment(BOUNDED, state, increment=yuan(20_000), now=START + 3 * SECOND).state
    assert (changed.price, changed.plate, changed.calls) == (yuan(1_000_000), 1, 0)
    assert rules.lowest_valid_price(BOUNDED, changed) == yuan(1_020_000)
    (step,) = decide_bid(BOUNDED, changed, Bid(2, yuan(1_020_000)), START + 4 * SECOND)
    assert isinstance(step.event, BidAccepted)


@pytest.mark.parametrize("amount", [9_999, 200_001])
def test_an_increment_outside_the_announced_bounds_is_refused(amount: int) -> None:
    with pytest.raises(IncrementOutOfBounds):
        powers.change_increment(BOUNDED, opened(BOUNDED), increment=yuan(amount), now=START + SECOND)


@pytest.mark.parametrize("amount", [10_000, 200_000])
def test_the_bounds_themselves_are_within_them(amount: int) -> None:
    step = powers.change_increment(BOUNDED, opened(BOUNDED), increment=yuan(amount), now=START + SECOND)
    assert step.state.phase.increment == yuan(amount)


def test_the_increment_is_changed_only_in_a_running_sale_led_by_an_auctioneer_with_announced_bounds() -> None:
    state, to, now = opened(AUCTION), yuan(20_000), START + SECOND
    with pytest.raises(IncrementFixed):
        powers.change_increment(AUCTION, state, increment=to, now=now)
    with pytest.raises(IncrementFixed):
        powers.change_increment(BOUNDED, structs.replace(state, stage=Stage.SEALED), increment=to, now=now)
    with pytest.raises(NoAuctioneerHere):
        powers.change_increment(replace(TIMED, way=BOUNDED.way), opened(TIMED), increment=to, now=now)
    with pytest.raises(NotOpenedYet):
        powers.change_increment(BOUNDED, AuctionState(), increment=to, now=now)
    with pytest.raises(SaleFrozen):
        powers.change_increment(BOUNDED, structs.replace(state, stage=Stage.FROZEN), increment=to, now=now)
    with pytest.raises(AlreadyEnded):
        powers.change_increment(BOUNDED, structs.replace(state, stage=Stage.SOLD), increment=to, now=now)
    with pytest.raises(IncrementAlready):
        powers.change_increment(BOUNDED, state, increment=yuan(50_000), now=now)
    with pytest.raises(EndBeingDecided):
        powers.change_increment(BOUNDED, hammered(state, now), increment=to, now=now)


# --- withdrawal -----------------------------------------------------------------------------------------------------


def test_a_lot_is_withdrawn_before_its_sale_and_while_it_runs_but_never_after_the_hammer() -> None:
    now = START + SECOND
    for state in (AuctionState(), opened(AUCTION), bid_on(AUCTION, opened(AUCTION), 1)):
        step = powers.withdraw_by_order(state, reason=REASON, now=now)
        assert (step.state.stage, step.state.ended_at, step.event.reserve) == (Stage.WITHDRAWN, now, None)  # type: ignore[union-attr]
    with pytest.raises(EndBeingDecided):
        powers.withdraw_by_order(hammered(bid_on(AUCTION, opened(AUCTION), 1), now), reason=REASON, now=now)
    with pytest.raises(AlreadyEnded):
        powers.withdraw_by_order(structs.replace(opened(AUCTION), stage=Stage.SOLD), reason=REASON, now=now)


def test_timed_bidding_whose_countdown_has_ended_is_not_withdrawn() -> None:
    state = bid_on(TIMED, opened(TIMED), 1)
    assert state.closes_at is not None
    powers.withdraw_by_order(state, reason=REASON, now=state.closes_at - timedelta(microseconds=1))
    with pytest.raises(EndBeingDecided):
        powers.withdraw_by_order(state, reason=REASON, now=state.closes_at)


@pytest.mark.parametrize("reason", ["", "四个字了", "  a b  ", "x" * 501])
def test_an_order_without_a_reason_of_five_characters_is_refused(reason: str) -> None:
    with pytest.raises(ReasonNeeded):
        powers.withdraw_by_order(opened(AUCTION), reason=reason, now=START)
    with pytest.raises(ReasonNeeded):
        powers.disqualify(FALLING, opened(FALLING), plate=1, reason=reason, behind=None, now=START)


# --- disqualification -----------------------------------------------------------------------------------------------


def test_when_the_leader_falls_the_price_goes_back_and_the_countdown_begins_anew() -> None:
    state = bid_on(FALLING, bid_on(FALLING, opened(FALLING), 1), 2, START + 2 * SECOND)
    now = START + 9 * SECOND
    step = powers.disqualify(FALLING, state, plate=2, reason=REASON, behind=Standing(yuan(1_000_000), 1), now=now)
    after = step.state
    assert (after.price, after.plate, after.calls, after.closes_at) == (yuan(1_000_000), 1, 0, now + WINDOW)
    assert step.event == Disqualified(2, REASON, bids_stand=False, price=yuan(1_000_000), plate_leading=1)
    assert rules.lowest_valid_price(FALLING, after) == yuan(1_050_000)


def test_when_nobody_else_has_bid_the_price_is_the_starting_price_again() -> None:
    after = disqualified(bid_on(FALLING, opened(FALLING), 1), 1)
    assert (after.price, after.plate) == (None, None)
    assert rules.lowest_valid_price(FALLING, after) == FALLING.starting_price


def test_a_plate_that_does_not_lead_leaves_price_and_countdown_as_they_are() -> None:
    state = bid_on(FALLING, bid_on(FALLING, opened(FALLING), 1), 2, START + 2 * SECOND)
    after = disqualified(state, 1)
    assert (after.price, after.plate, after.closes_at) == (state.price, state.plate, state.closes_at)


def test_where_bids_stand_the_leader_may_win_but_bid_no_more() -> None:
    standing = replace(TIMED, way=Way(disqualified_bids_stand=True))
    state = bid_on(standing, opened(standing), 1)
    after = disqualified(state, 1, terms=standing)
    assert (after.price, after.plate, after.closes_at) == (state.price, 1, state.closes_at)
    after = bid_on(standing, after, 2, START + 10 * SECOND)
    (step,) = decide_bid(standing, after, Bid(1, yuan(2_000_000)), START + 11 * SECOND)
    assert isinstance(step.event, BidRefused)
    assert isinstance(step.event.refusal, PlateDisqualified)


def test_a_plate_is_disqualified_once_and_never_while_the_end_is_decided() -> None:
    state = disqualified(bid_on(FALLING, opened(FALLING), 1), 1)
    with pytest.raises(PlateAlreadyDisqualified):
        disqualified(state, 1)
    assert state.closes_at is not None
    with pytest.raises(EndBeingDecided):
        disqualified(state, 2, at=state.closes_at)
    with pytest.raises(AlreadyEnded):
        disqualified(structs.replace(state, stage=Stage.SOLD), 2)


def test_a_disqualified_plate_is_out_of_everything_that_lies_ahead() -> None:
    phase = Phase(entrants=(1, 2, 3), willing=(2, 3), priority=(2,), numbers=((2, "a"), (3, "b")))
    after = disqualified(structs.replace(opened(FALLING), phase=phase), 2).phase
    assert (after.entrants, after.willing, after.priority, after.excluded) == ((1, 3), (3,), (), (2,))
    assert after.numbers == phase.numbers, "the seed of a draw keeps what was given to it"


def test_an_online_auction_stays_open_for_one_more_extension_when_its_leader_falls() -> None:
    extension = timedelta(minutes=5)
    online = OnlineTerms(open_for=timedelta(hours=24), extension=extension, proxy_bids=False)
    terms = replace(
        TIMED,
        method=SellingMethod.ONLINE_AUCTION,
        window=None,
        way=Way(online=online, disqualified_bids_stand=False),
    )
    begun = opened(terms)
    state = structs.replace(begun, price=yuan(1_000_000), plate=1)
    assert begun.closes_at is not None
    soon, late = START + SECOND, begun.closes_at - SECOND
    assert disqualified(state, 1, terms=terms, at=soon).closes_at == begun.closes_at
    assert disqualified(state, 1, terms=terms, at=late).closes_at == late + extension


@given(st.lists(st.tuples(st.sampled_from(["bid", "out"]), st.integers(1, 4)), max_size=40))
def test_the_price_falls_only_when_its_plate_is_disqualified_and_then_to_a_bid_that_was_given(
    happenings: list[tuple[str, int]],
) -> None:
    """The leader after any sequence is the highest bid of the plates that may still bid."""
    state, given_bids = opened(FALLING), list[Standing]()
    for number, (kind, plate) in enumerate(happenings):
        before, now = state, START + number * SECOND
        if kind == "bid":
            (step,) = decide_bid(FALLING, state, Bid(plate, rules.lowest_valid_price(FALLING, state)), now)
            if isinstance(step.event, BidAccepted):
                given_bids.append(Standing(step.event.price, plate))
            state = step.state
        elif plate not in state.phase.excluded:
            left = [made for made in given_bids if made.plate not in (*state.phase.excluded, plate)]
            behind = max(left, key=lambda made: made.price, default=None)
            state = disqualified(state, plate, behind, at=now)
        assert state.seq >= before.seq
        assert (state.price or yuan(0)) >= (before.price or yuan(0)) or kind == "out"
        left = [made for made in given_bids if made.plate not in state.phase.excluded]
        highest = max(left, key=lambda made: made.price, default=None)
        assert (state.price, state.plate) == ((highest.price, highest.plate) if highest else (None, None))


# --- in the database ------------------------------------------------------------------------------------------------


async def disqualify(database: Database, sale: Sale, plate: int, at: datetime) -> None:
    async with database.work() as work:
        await service.disqualify_plate(work, sale.lot_id, plate=plate, reason=REASON, actor=sale.auctioneer, now=at)


async def test_the_price_goes_back_over_all_disqualified_plates_to_a_stored_bid(
    database: Database, now: datetime
) -> None:
    sale = await opened_sale(database, now, method="timed_bidding")
    for step, bidder in enumerate((0, 1, 2, 1, 2)):
        await bid(database, sale, bidder, START_FEN + step * INCREMENT, now + step * SECOND)
    await disqualify(database, sale, 3, now + 10 * SECOND)
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
        assert (auction.plate, auction.price_fen) == (2, START_FEN + 3 * INCREMENT)
    await disqualify(database, sale, 2, now + 11 * SECOND)
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
        assert (auction.plate, auction.price_fen) == (1, START_FEN)
        assert auction.closes_at == now + 11 * SECOND + timedelta(seconds=240)
        out = await registrations.holder_of(session, sale.lot_id, 2)
        assert out is not None
        assert (out.state, out.disqualified_because) == (RegistrationState.DISQUALIFIED, REASON)
        assert [one.plate for one in await registrations.qualified(session, sale.lot_id)] == [1]
        (fact,) = await journal_store.read(session, f"deposit:{out.id}")
        assert (fact.kind, fact.body["reason"]) == ("disqualified", REASON)
    refused = await bid(database, sale, 1, START_FEN + 9 * INCREMENT, now + 12 * SECOND)
    assert isinstance(refused.refusal, PlateDisqualified)
    assert (await kinds(database, sale.lot_id))[-3:] == ["disqualified", "disqualified", "bid_refused"]


async def test_a_plate_that_nobody_holds_is_not_disqualified(database: Database, now: datetime) -> None:
    sale = await opened_sale(database, now)
    async with database.work() as work:
        with pytest.raises(PlateUnknown):
            await service.disqualify_plate(work, sale.lot_id, plate=9, reason=REASON, actor=sale.auctioneer, now=now)


async def test_the_plate_of_a_disqualified_bidder_is_given_to_nobody_else(database: Database, now: datetime) -> None:
    sale = await opened_sale(database, now, method="timed_bidding", bidders=2)
    await disqualify(database, sale, 1, now + SECOND)
    async with database.work() as work:
        other = (await work.scalars(select(Registration).where(Registration.plate == 2))).one()
        other.state, other.plate, other.qualified_at = RegistrationState.AWAITING_DEPOSIT, None, None
        await work.flush()
        assert await registrations.qualify(work, other.id, now, sale.auctioneer) == 2


async def test_a_disqualified_plate_whose_bids_stand_wins_and_its_deal_names_it(
    database: Database, now: datetime
) -> None:
    sale = await opened_sale(database, now, method="timed_bidding")
    async with database.work() as work:
        auction = await service.auction_of(work, sale.lot_id)
        auction.way = auction.way.replace('"disqualified_bids_stand":false', '"disqualified_bids_stand":true')
    await bid(database, sale, 0, START_FEN, now)
    await disqualify(database, sale, 1, now + SECOND)
    assert await advance(database, now + timedelta(minutes=5)) == [sale.lot_id]
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
        assert (auction.stage, auction.plate) == (Stage.SOLD, 1)
        last = (await service.entries_after(session, sale.lot_id, 0))[-1]
        assert last.body["registration_id"] == str(sale.bidders[0].registration.id)


async def test_a_lot_withdrawn_by_order_is_called_off_with_its_reason_and_its_reserve_stays_sealed(
    database: Database, now: datetime
) -> None:
    sale = await opened_sale(database, now, reserve=START_FEN + 4 * INCREMENT)
    await bid(database, sale, 0, START_FEN, now)
    async with database.work() as work:
        await service.withdraw_lot(work, sale.lot_id, reason=REASON, actor=sale.auctioneer, now=now + SECOND)
    async with database.reading() as session:
        auction, lot = await service.auction_of(session, sale.lot_id), await session.get_one(Lot, sale.lot_id)
        last = (await service.entries_after(session, sale.lot_id, 0))[-1]
        assert (auction.stage, lot.state) == (Stage.WITHDRAWN, "called_off")
        assert (last.body["because"], last.body["reason"]) == (WithdrawnBecause.BY_ORDER, REASON)
        assert (last.body["reserve_fen"], "reserve_salt" in last.body) == (None, False)
        kind, facts = announcement_of(auction, lot, last.body)
        assert (kind, facts["reason"], facts["order"]) == (AnnouncementKind.CALLING_OFF, "by_order", REASON)


async def test_the_auctioneer_changes_the_increment_and_later_bids_are_judged_by_it(
    database: Database, now: datetime
) -> None:
    sale = await opened_sale(database, now, increment_lowest_fen=INCREMENT, increment_highest_fen=4 * INCREMENT)
    await bid(database, sale, 0, START_FEN, now)
    await call_thrice(database, sale, START_FEN, now)
    async with database.work() as work:
        await service.change_increment(
            work, sale.lot_id, increment=Money(2 * INCREMENT), actor=sale.auctioneer, now=now
        )
    low = await bid(database, sale, 1, START_FEN + INCREMENT, now + SECOND)
    high = await bid(database, sale, 1, START_FEN + 2 * INCREMENT, now + SECOND)
    assert low.refusal is not None
    assert (low.refusal.code, high.refusal) == ("bid_too_low", None)


async def test_a_lot_is_withdrawn_before_its_sale_begins(database: Database, now: datetime) -> None:
    sale = await on_sale(database, now)
    async with database.work() as work:
        await service.withdraw_lot(
            work, sale.lot_id, reason=REASON, actor=sale.auctioneer, now=now - timedelta(hours=1)
        )
    assert await kinds(database, sale.lot_id) == ["prepared", "withdrawn"]
