"""The server's own clock: right to within the round trip, deaf to nothing that matters, and silent when unsure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.node_clock import LONGEST_UNMEASURED_S, STEADY, TOLERANCE_S, NodeClock
from auction.refusals import ClockUnsure

ZERO = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # database time when the monotonic clock said 0


def at(monotonic_s: float, ahead_s: float = 0.0) -> datetime:
    """Database time at this moment of the monotonic clock, with a database clock that is so far ahead."""
    return ZERO + timedelta(seconds=monotonic_s + ahead_s)


def measure(clock: NodeClock, now_s: float, *, round_trip_s: float = 0.002, ahead_s: float = 0.0) -> None:
    """A measurement that is answered at `now_s`; the database looks at its clock halfway."""
    clock.measured(now_s - round_trip_s, at(now_s - round_trip_s / 2, ahead_s), now_s)


def trusted_clock() -> NodeClock:
    clock = NodeClock()
    measure(clock, 0.0)
    clock.trust_again()
    return clock


def off_s(clock: NodeClock, now_s: float, ahead_s: float = 0.0) -> float:
    return abs((clock.stamp(now_s) - at(now_s, ahead_s)).total_seconds())


def test_nothing_is_stamped_before_somebody_has_looked_after_the_sales() -> None:
    clock = NodeClock()
    with pytest.raises(ClockUnsure):
        clock.stamp(0.0)
    measure(clock, 0.0)
    assert clock.is_steady
    with pytest.raises(ClockUnsure):
        clock.stamp(0.0)
    clock.trust_again()
    assert off_s(clock, 0.0) < 0.001


@given(st.lists(st.tuples(st.floats(0.0001, 0.08), st.floats(0, 1)), min_size=1, max_size=30))
def test_a_stamp_is_never_further_off_than_it_says(trips: list[tuple[float, float]]) -> None:
    """The database may look at its clock anywhere within the round trip."""
    clock = NodeClock()
    for second, (round_trip_s, part) in enumerate(trips):
        clock.measured(second - round_trip_s, at(second - round_trip_s * part), float(second))
        clock.trust_again()
        error_s = abs((clock.about(second) - at(second)).total_seconds())
        assert error_s <= clock.off_by_s(second) + 1e-5
        if clock.is_trusted(second):
            assert error_s <= TOLERANCE_S + 1e-5


def test_the_quickest_of_the_last_measurements_counts() -> None:
    clock = trusted_clock()
    clock.measured(0.9, at(0.9), 1.0)  # a slow one, as lopsided as can be
    assert off_s(clock, 1.0) < 0.001


@given(st.lists(st.floats(0.0002, 0.09), min_size=2, max_size=20))
def test_stamps_never_run_backwards_while_the_clock_is_trusted(round_trips: list[float]) -> None:
    clock = NodeClock()
    clock.measured(-0.09, at(0.0), 0.0)  # as far ahead of the truth as may be
    clock.trust_again()
    for second, round_trip_s in enumerate(round_trips, 1):
        last = clock.stamp(second)
        clock.measured(second - round_trip_s, at(second - round_trip_s), float(second))
        assert clock.stamp(second) >= last


@pytest.mark.parametrize("jump_s", [0.2, 5.0, -5.0, 3600.0, -3600.0])
def test_after_a_jump_nothing_is_stamped_until_measurements_agree_and_sales_were_looked_after(jump_s: float) -> None:
    clock = trusted_clock()
    measure(clock, 1.0)
    measure(clock, 2.0, ahead_s=jump_s)
    assert clock.jumped
    for second in range(3, 2 + STEADY):
        assert not clock.is_steady
        measure(clock, float(second), ahead_s=jump_s)
    assert clock.is_steady
    with pytest.raises(ClockUnsure):
        clock.stamp(float(second))
    clock.trust_again()
    assert not clock.jumped
    assert off_s(clock, float(second), ahead_s=jump_s) < 0.001


def test_a_clock_that_jumps_again_and_again_is_not_trusted() -> None:
    clock = trusted_clock()
    for second in range(1, 20):
        measure(clock, float(second), ahead_s=float(second % 2))
        assert not clock.is_steady


@pytest.mark.parametrize("drift_s", [0.01, -0.01])
def test_a_difference_within_the_tolerance_is_no_jump(drift_s: float) -> None:
    clock = trusted_clock()
    measure(clock, 1.0, ahead_s=drift_s)
    assert not clock.jumped
    assert clock.is_trusted(1.0)


def test_a_slow_answer_is_no_jump() -> None:
    clock = trusted_clock()
    clock.measured(1.0, at(1.0), 3.0)
    assert not clock.jumped


def test_a_server_whose_time_may_be_off_by_too_much_is_not_trusted() -> None:
    clock = NodeClock()
    measure(clock, 0.0, round_trip_s=2 * TOLERANCE_S + 0.01)
    clock.trust_again()
    assert not clock.is_trusted(0.0)
    measure(clock, 1.0)
    assert clock.is_trusted(1.0)


def test_a_clock_that_was_not_measured_for_long_is_not_trusted_until_sales_were_looked_after() -> None:
    clock = trusted_clock()
    assert clock.is_trusted(LONGEST_UNMEASURED_S)
    late_s = LONGEST_UNMEASURED_S + 0.1
    with pytest.raises(ClockUnsure):
        clock.stamp(late_s)
    measure(clock, late_s)
    assert (clock.is_steady, clock.jumped) == (True, False)
    assert not clock.is_trusted(late_s)
    clock.trust_again()
    assert clock.is_trusted(late_s)
