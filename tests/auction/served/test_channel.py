"""The live channel and clients that are not good ones: what closes it, what does not, and the heartbeat."""

import asyncio
import contextlib
import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from websockets import ConnectionClosed, Origin
from websockets.asyncio.client import ClientConnection, connect

from auction import room, wire
from auction.client import ConnectionRefused, LotClient
from auction.messages import LARGEST_MESSAGE
from tests.auction.selling import START, Sale
from tests.auction.served.following import bidder, cookies, open_sale, until
from tests.auction.serving import Served
from trading.kernel.database import Database
from trading.kernel.ids import new_id

# --- what is not a good client -------------------------------------------------------------------------------------


def live_url(served: Served, sale: Sale) -> str:
    return f"{served.url.replace('http', 'ws', 1)}/lots/{sale.lot_id}/live"


async def closing_code(socket: ClientConnection) -> int:
    async with asyncio.timeout(15):
        with contextlib.suppress(ConnectionClosed):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code


async def test_a_page_of_another_site_cannot_open_the_channel(served: Served, database: Database) -> None:
    sale = await open_sale(database)
    first, *_ = await cookies(database, sale)
    headers = {"Cookie": first}
    async with connect(live_url(served, sale), origin=Origin("https://evil.example"), additional_headers=headers) as s:
        assert await closing_code(s) == 4403
    async with connect(live_url(served, sale), origin=Origin(served.url)) as s:
        await s.send('{"type":"subscribe"}')
        assert json.loads(await s.recv())["type"] == "welcome"


async def test_a_lot_that_is_not_on_sale_closes_the_channel(served: Served) -> None:
    with pytest.raises(ConnectionRefused):
        await LotClient(served.url, new_id()).__aenter__()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("hello", 4408),
        ('{"type":"ping","sent":1}', 4408),
        ('{"type":"subscribe","version":1}', 4409),
        ("x" * (LARGEST_MESSAGE + 1), 1009),
    ],
)
async def test_a_connection_that_does_not_begin_well_is_closed(
    served: Served, database: Database, frame: str, code: int
) -> None:
    sale = await open_sale(database)
    async with connect(live_url(served, sale)) as socket:
        await socket.send(frame)
        assert await closing_code(socket) == code


async def test_what_is_not_understood_is_answered_and_the_connection_goes_on(
    served: Served, database: Database
) -> None:
    sale = await open_sale(database)
    async with connect(live_url(served, sale)) as socket:
        await socket.send('{"type":"subscribe"}')
        assert [json.loads(await socket.recv())["type"] for _ in range(2)] == ["welcome", "state"]
        kinds: list[str] = []
        for frame in ('{"type":"hammer"}', "{", '{"type":"subscribe"}', '{"type":"ping","sent":7}'):
            await socket.send(frame)
        while len(kinds) < 4:
            message = json.loads(await socket.recv())
            if message["type"] != "heartbeat":
                kinds.append(message.get("code", message["type"]))
        assert kinds == ["not_understood", "not_understood", "already_subscribed", "pong"]


async def test_a_client_that_talks_too_fast_is_cut_off_and_others_go_on(served: Served, database: Database) -> None:
    sale = await open_sale(database)
    first, *_ = await cookies(database, sale)
    async with bidder(served, sale, first) as lot, connect(live_url(served, sale)) as socket:
        await socket.send('{"type":"subscribe"}')
        for n in range(300):
            await socket.send(f'{{"type":"ping","sent":{n}}}')
        assert await closing_code(socket) == 4429
        assert (await lot.bid(START)).price_fen == START


async def test_whoever_takes_nothing_is_dropped_although_nothing_more_can_be_told(
    served: Served, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "STUCK_FOR_S", 0.5)
    monkeypatch.setattr(wire, "_GIVEN_UP_AFTER_S", 0.2)
    sale = await open_sale(database)
    watchers = served.app.state.live_node.rooms._rooms
    async with LotClient(served.url, sale.lot_id) as quick, connect(live_url(served, sale)) as stalled:
        [first] = watchers[sale.lot_id].connections
        await stalled.send('{"type":"subscribe"}')
        await until(lambda: len(watchers[sale.lot_id].connections) == 2)
        stalled.transport.pause_reading()
        [held] = watchers[sale.lot_id].connections - {first}
        while held.wire.waiting_bytes <= room.MOST_WAITING:  # what its system keeps for it is full
            held.offer(bytes(room.MOST_WAITING))
            await asyncio.sleep(0)  # it is written now
        await until(lambda: watchers[sale.lot_id].connections == {first})
        assert not quick.stale
        stalled.transport.abort()
    assert quick.connections == 1


async def test_the_heartbeat_tells_time_and_who_is_here(served: Served, database: Database) -> None:
    sale = await open_sale(database)
    first, second, _ = await cookies(database, sale)
    async with bidder(served, sale, first) as one, bidder(served, sale, second):
        await until(lambda: one.plates == 2)
        async with connect(live_url(served, sale)) as socket:
            await socket.send('{"type":"subscribe","after":2}')
            beats: list[dict[str, Any]] = []
            while len(beats) < 3:
                message = json.loads(await socket.recv())
                if message["type"] == "heartbeat":
                    beats.append(message)
            times = [datetime.fromisoformat(beat["server_time"]) for beat in beats]
            assert all(timedelta(seconds=0.3) < b - a < timedelta(seconds=2.5) for a, b in pairwise(times))
            assert (beats[-1]["watchers"], beats[-1]["seq"]) == (3, 2)
        await until(lambda: one.plates == 2)
    async with bidder(served, sale, first) as one:
        await until(lambda: one.plates == 1)
