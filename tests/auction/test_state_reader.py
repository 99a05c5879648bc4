"""Reading the states of many lots together, on a real database."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from auction import looking, state_reader
from auction.looking import Wanted
from auction.state_reader import StateReader
from tests.auction.in_rooms import OPENED, accept, open_sale
from trading.kernel.database import Database
from trading.kernel.ids import new_id


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Wanted]]:
    """What was read, reading by reading."""
    read, seen = looking.states, []

    async def noted(session: Any, wanted: Sequence[Wanted], now: datetime) -> Any:
        seen.append(wanted)
        return await read(session, wanted, now)

    monkeypatch.setattr("auction.state_reader.looking.states", noted)
    return seen


async def test_what_is_asked_while_a_reading_is_under_way_goes_into_the_next_one_together(
    database: Database, now: datetime, readings: list[Sequence[Wanted]]
) -> None:
    one, other = await open_sale(database, now), await open_sale(database, now)
    reader = StateReader(database)
    wanted = [Wanted(one.lot_id, None, 5), Wanted(other.lot_id, 1, 5), Wanted(new_id(), None, 5)]
    first = asyncio.create_task(reader.read(wanted[0]))
    while not readings:  # noqa: ASYNC110 - the reading is under way
        await asyncio.sleep(0)
    await accept(database, one, range(1), now)
    states = await asyncio.gather(*[reader.read(each) for each in (*wanted, *wanted)])
    assert readings == [wanted[:1], wanted], "each is read once, however many ask for it"
    assert (await first) is not None
    assert [state and state.seq for state in states] == [OPENED + 1, OPENED, None] * 2
    assert [state is again for state, again in zip(states[:3], states[3:], strict=True)] == [True] * 3
    assert await reader.read(wanted[1]) is not states[1], "it may have changed since"


async def test_a_reading_that_fails_fails_for_those_who_waited_for_it_alone(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await open_sale(database, now)
    reader, wanted = StateReader(database), Wanted(sale.lot_id, None, 5)
    read, failing = looking.states, asyncio.Event()

    async def away(*_: Any) -> Any:
        monkeypatch.setattr("auction.state_reader.looking.states", read)
        failing.set()
        await asyncio.sleep(0)
        raise OSError("away")

    monkeypatch.setattr("auction.state_reader.looking.states", away)
    lost = [asyncio.create_task(reader.read(wanted)) for _ in range(3)]
    await failing.wait()
    later = asyncio.create_task(reader.read(wanted))
    lost[0].cancel()
    ends = await asyncio.gather(*lost, return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError, OSError, OSError]
    found = await later
    assert found is not None
    assert found.seq == OPENED


async def test_who_goes_away_while_waiting_disturbs_nobody(database: Database, now: datetime) -> None:
    sale = await open_sale(database, now)
    reader, wanted = StateReader(database), Wanted(sale.lot_id, None, 5)
    asked = [asyncio.create_task(reader.read(wanted)) for _ in range(3)]
    await asyncio.sleep(0)
    asked[1].cancel()
    ends = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(ends[1], asyncio.CancelledError)
    assert ends[0] is ends[2] is not None


async def test_readings_leave_the_database_to_bids_for_twice_their_own_duration(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await open_sale(database, now)
    reader = StateReader(database)
    rests: list[float] = []
    clock = iter(range(0, 100, 5))
    monkeypatch.setattr(state_reader, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(state_reader, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": rest}))
    assert await reader.read(Wanted(sale.lot_id, None, 5)) is not None
    assert reader._reading is not None
    await reader._reading
    assert rests == [10], "it took five seconds"
