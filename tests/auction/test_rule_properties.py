"""What holds for every history of a live sale, whatever happens in whichever order (Hypothesis)."""

from datetime import timedelta

from hypothesis import given, settings
from msgspec import structs

from auction.rules import lowest_valid_price
from auction.sale import (
    ENDED,
    BidAccepted,
    BidRefused,
    Called,
    HammerFell,
    QuotingEnded,
    Resumed,
    ResumptionAnnounced,
    Sold,
    Stage,
    Suspended,
    TimedBiddingDecided,
    TimedBiddingOpened,
    Withdrawn,
)
from tests.auction.examples import START
from tests.auction.histories import HISTORIES, INTERRUPTED, Game

ENDINGS = (Sold, Withdrawn, QuotingEnded, TimedBiddingDecided, TimedBiddingOpened)
many = settings(max_examples=100, deadline=None)


@many
@given(HISTORIES)
def test_the_price_rises_strictly_with_every_accepted_bid_and_never_falls(game: Game) -> None:
    for one in game.played:
        if isinstance(one.step.event, BidAccepted):
            assert one.step.event.price == one.step.state.price
            assert one.step.event.price >= lowest_valid_price(game.terms, one.before)
            assert one.before.price is None or one.step.event.price >= one.before.price + game.terms.increment
            assert one.step.event.plate != one.before.plate or one.before.stage is Stage.LISTING
        else:
            assert (one.step.state.price, one.step.state.plate) == (one.before.price, one.before.plate)


@many
@given(HISTORIES)
def test_event_numbers_are_dense_and_time_never_runs_backwards(game: Game) -> None:
    last = START - timedelta(days=1)
    for number, one in enumerate(game.played, start=1):
        assert one.step.state.seq == number
        assert one.step.at >= last
        last = one.step.at


@many
@given(HISTORIES)
def test_an_ended_sale_stays_as_it_ended_and_a_refused_bid_changes_nothing(game: Game) -> None:
    for one in game.played:
        if one.before.stage in ENDED:
            assert isinstance(one.step.event, BidRefused)
        if isinstance(one.step.event, BidRefused):
            assert structs.replace(one.step.state, seq=one.before.seq, decided_at=one.before.decided_at) == one.before


@many
@given(HISTORIES)
def test_calls_count_up_at_one_price_and_only_a_bid_or_an_interruption_sets_them_back(game: Game) -> None:
    for one in game.played:
        if isinstance(one.step.event, BidAccepted | Suspended | Resumed):
            assert one.step.state.calls == 0
        elif isinstance(one.step.event, Called):
            assert one.step.event.number == one.step.state.calls == one.before.calls + 1 <= 3
        else:
            assert one.step.state.calls == one.before.calls


@many
@given(HISTORIES)
def test_no_bid_that_arrived_at_or_after_the_end_of_its_stage_is_accepted_and_only_bids_that_count_reset_it(
    game: Game,
) -> None:
    for one in game.played:
        if isinstance(one.step.event, BidAccepted):
            assert one.arrived_at is not None
            assert one.before.closes_at is None or one.arrived_at < one.before.closes_at
            assert one.before.stage in (Stage.LISTING, Stage.OPEN)
            expected = one.before.closes_at
            if one.before.stage is Stage.OPEN:
                expected = None if game.terms.window is None else one.step.at + game.terms.window
            assert one.step.state.closes_at == expected


@many
@given(HISTORIES)
def test_no_stage_ends_before_the_settle_delay_has_passed(game: Game) -> None:
    for one in game.played:
        if isinstance(one.step.event, ENDINGS) and not one.followed:
            assert one.before.closes_at is not None
            assert one.step.at >= one.before.closes_at + game.terms.way.settle_delay


@many
@given(HISTORIES)
def test_a_suspended_sale_accepts_nothing(game: Game) -> None:
    for one in game.played:
        if one.before.stage is Stage.FROZEN:
            assert isinstance(one.step.event, BidRefused | ResumptionAnnounced | Resumed)


@many
@given(HISTORIES | INTERRUPTED)
def test_what_goes_on_has_all_the_time_that_remained_or_its_whole_countdown(game: Game) -> None:
    """Fujian rules art. 55, 58."""
    for one in game.played:
        frozen, after = one.before.phase.frozen, one.step.state
        if not isinstance(one.step.event, Resumed) or frozen is None:
            continue
        assert after.phase.frozen is None
        if frozen.closes_at is None:
            assert (after.stage, after.closes_at) == (Stage.OPEN, None)
        elif frozen.stage in (Stage.LISTING, Stage.DECLARING):
            assert after.stage is frozen.stage
            assert after.closes_at == one.step.at + max(frozen.closes_at - frozen.at, timedelta())
            assert after.closes_at >= frozen.closes_at + (one.step.at - frozen.at)
        else:
            assert after.stage in (frozen.stage, Stage.PREPARING)
            assert after.closes_at is not None
            assert after.closes_at - one.step.at in (game.terms.window, game.terms.way.freeze.preparation)


@many
@given(HISTORIES)
def test_only_who_may_enter_bids_in_timed_bidding_and_the_highest_bid_wins(game: Game) -> None:
    accepted = [one.step.event.price for one in game.played if isinstance(one.step.event, BidAccepted)]
    for one in game.played:
        event = one.step.event
        if isinstance(event, BidAccepted) and one.before.phase.entrants is not None:
            assert event.plate in one.before.phase.entrants
        if isinstance(event, Sold):
            assert event.price == max(accepted)
        if isinstance(event, HammerFell):
            assert one.before.calls == 3
