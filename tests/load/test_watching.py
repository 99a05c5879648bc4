"""The watchers of the benchmark notice what is wrong with what they are told."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from auction.messages import STATES_PER_S, LotEvent, SaleState, encode
from auction.wire import text_frame
from tests.load.watching import Measured, Watcher, Watchers, percentile_ms

NOON = datetime(2020, 11, 23, 4, 0, tzinfo=UTC)
FORGED = LotEvent(6, NOON, "ff", "bid_accepted", {"plate": 1, "price_fen": 110})


class Ends:
    """A transport on which nothing is sent."""

    def write(self, data: bytes) -> None:
        assert data


def state(after: int | None, *bids: tuple[int, int], at: datetime = NOON, **rest: Any) -> SaleState:
    """A state that tells bids of (number, price), without fault unless `rest` says something else."""
    seq, price = bids[-1]
    right = SaleState(
        after=after,
        seq=seq,
        hash=f"{seq:02x}",
        at=at,
        server_time=at,
        stage="open",
        price_fen=price,
        plate=1,
        calls=0,
        bid_count=len(bids),
        increment_fen=1,
        lowest_fen=price + 1,
        closes_at=None,
        ended_at=None,
        events=[LotEvent(n, at, f"{n:02x}", "bid_accepted", {"plate": 1, "price_fen": fen}) for n, fen in bids],
        left_out=seq - (after or 0) - len(bids),
    )
    return msgspec.structs.replace(right, **rest)


def watcher_of(measured: Measured) -> Watcher:
    """A watcher that has been let in."""
    watcher = Watcher(measured, b"GET")
    watcher.connection_made(cast(asyncio.BaseTransport, Ends()))
    watcher.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    return watcher


def hear(watcher: Watcher, *told: SaleState) -> None:
    for one in told:
        watcher.data_received(text_frame(encode(one)))


async def test_what_is_told_without_fault_is_measured_from_the_newest_and_from_the_oldest_entry_in_it() -> None:
    measured, now = Measured(), datetime.fromtimestamp(time.time(), UTC)
    for watcher in (watcher_of(measured), watcher_of(measured)):
        older = state(5, (6, 110), at=now - timedelta(seconds=5))
        newer = state(5, (6, 110), (8, 120), at=now - timedelta(seconds=2))
        hear(watcher, state(None, (5, 100)), msgspec.structs.replace(newer, events=[older.events[0], newer.events[1]]))
        assert (watcher.seq, watcher.states) == (8, 1)
    assert measured.faults == set()
    assert measured.bids == {5: "05", 6: "06", 8: "08"}
    assert [round(delay) for delay in measured.delays] == [2, 2]
    assert [round(delay) for delay in measured.behind] == [5, 5]
    assert percentile_ms([0.001, 0.003, 0.002, 0.004], 0.5) == 2.0
    assert percentile_ms([0.001 * n for n in range(1, 101)], 0.99) == 99.0


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (state(6, (7, 120)), "told after 6, having been told 5"),
        (state(None, (7, 120)), "told after None, having been told 5"),
        (state(5, (7, 120), left_out=2), "not all told or counted"),
        (state(5, (7, 120), (8, 120)), "does not rise"),
        (state(5, (7, 120), (8, 110)), "does not rise"),
        (state(5, (7, 120), price_fen=130), "does not rise"),
        (state(5, (7, 100)), "100 is told after 100"),
        (state(5, (6, 110), plate=2), "not everybody is told the same"),
        (state(5, (6, 110), hash="ff"), "not everybody is told the same"),
        (state(5, (6, 110), (7, 120), events=[FORGED, *state(5, (7, 120)).events]), "entry 6 is told with two hashes"),
        (state(5, (7, 120), at=datetime(2126, 1, 1, tzinfo=UTC)), "the clocks differ"),
    ],
)
async def test_every_fault_in_what_is_told_is_noticed(wrong: SaleState, fault: str) -> None:
    measured = Measured()
    other, watcher = watcher_of(measured), watcher_of(measured)
    hear(other, state(None, (5, 100)), state(5, (6, 110)))
    hear(watcher, state(None, (5, 100)))
    assert measured.faults == set()
    hear(watcher, wrong)
    assert any(fault in each for each in measured.faults), measured.faults


async def test_a_watcher_that_is_told_too_often_or_not_the_last_entry_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.load.watching.ENDS_WITHIN_S", 0.1)
    for many, last, fault in (
        (2, 7, None),
        (STATES_PER_S, 5 + STATES_PER_S, "a second"),
        (2, 9, "1 do not know entry 9"),
    ):
        watchers = Watchers(0, "")
        watchers._all = [watcher_of(watchers._measured)]
        hear(watchers._all[0], state(None, (5, 100)))
        await watchers.obey({"begin": 0})
        hear(watchers._all[0], *[state(5 + n, (6 + n, 110 + n)) for n in range(many)])
        answer = await watchers.obey({"end": last})
        assert [fault in each for each in answer["faults"] if fault] == [True] * len(answer["faults"])
        assert bool(answer["faults"]) is (fault is not None)
        watchers._all[0].connection_lost(None)
        await watchers.obey({"begin": 0})
        answer = await watchers.obey({"end": last})
        assert any("1 watchers lost" in each for each in answer["faults"])
        assert answer["fewest_states_per_s"] == answer["states_per_s"] == answer["p99_ms"] == 0, (
            "what was, is forgotten"
        )
