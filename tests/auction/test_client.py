"""The client for programs, against a server that says what a test wants it to say."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from auction.client import ConnectionRefused, LotClient, NoAnswer, ServerClock
from auction.messages import (
    Acknowledged,
    LotEvent,
    LotTerms,
    Ping,
    PlaceBid,
    SaleState,
    ServerMessage,
    Subscribe,
    Welcome,
    encode,
    read_client_message,
)
from trading.kernel.ids import new_id
from trading.kernel.money import Money

AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TERMS = LotTerms(
    method="auction",
    starting_price_fen=100,
    increment_fen=10,
    starts_at=AT,
    window_s=None,
    minimum_bidders=3,
    whole_multiple=True,
    way=msgspec.Raw(b"{}"),
)
Serving = Callable[["Spoken"], Awaitable[None]]


class Spoken:
    """One connection of the server, from the first message of the client on."""

    def __init__(self, socket: ServerConnection, subscribe: Subscribe) -> None:
        self.socket = socket
        self.subscribe = subscribe

    async def say(self, *messages: ServerMessage) -> None:
        for message in messages:
            await self.socket.send(encode(message).decode())

    async def next_bid(self) -> PlaceBid:
        """The next bid; what the client pings is not answered."""
        while isinstance(message := read_client_message(await self.socket.recv()), Ping):
            pass
        assert isinstance(message, PlaceBid)
        return message


@asynccontextmanager
async def server(*connections: Serving) -> AsyncIterator[str]:
    """A server that serves the first connection by the first function, and so on; the last one serves the rest."""
    waiting = list(connections)
    serving: set[asyncio.Task[None] | None] = set()

    async def handle(socket: ServerConnection) -> None:
        serving.add(asyncio.current_task())
        subscribe = read_client_message(await socket.recv())
        assert isinstance(subscribe, Subscribe)
        await (waiting.pop(0) if len(waiting) > 1 else waiting[0])(Spoken(socket, subscribe))

    async with serve(handle, "127.0.0.1", 0) as running:
        try:
            yield f"http://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}"
        finally:
            for task in serving:
                assert task is not None
                task.cancel()


def state(after: int | None, seq: int, *bids: int, price: int | None = None) -> SaleState:
    """The sale after event `seq`, with accepted bids of these numbers among the events."""
    events = [LotEvent(n, AT, "ab", "bid_accepted", {"plate": 3, "price_fen": n}) for n in bids]
    return SaleState(
        after=after,
        seq=seq,
        hash=f"{seq:02x}",
        at=AT,
        server_time=AT,
        stage="open",
        price_fen=price,
        plate=None if price is None else 3,
        calls=1,
        bid_count=len(bids),
        increment_fen=7,
        lowest_fen=100 if price is None else price + 7,
        lowest_for_priority_fen=price,
        closes_at=AT,
        ended_at=None,
        events=events,
        left_out=seq - (after or 0) - len(events),
    )


async def until_closed(spoken: Spoken) -> None:
    await spoken.socket.wait_closed()


async def take(lot: LotClient, count: int) -> list[int]:
    """The numbers of so many events."""
    seen: list[int] = []
    async with asyncio.timeout(5):
        async for event in lot.events():
            seen.append(event.seq)
            if len(seen) == count:
                break
    return seen


async def test_the_client_keeps_what_the_newest_state_says_and_hands_on_only_what_is_new() -> None:
    go_on = asyncio.Event()

    async def serving(spoken: Spoken) -> None:
        await spoken.say(Welcome(3, TERMS), state(None, 5, 4, 5))
        await go_on.wait()
        await spoken.say(state(5, 9, 7, 9, price=150))
        await until_closed(spoken)

    async with server(serving) as url, LotClient(url, new_id(), all_bids=True) as lot:
        assert (lot.seq, lot.price, lot.leader, lot.lowest, lot.starting_price) == (
            5,
            None,
            None,
            Money(100),
            Money(100),
        )
        seen = asyncio.create_task(take(lot, 2))
        await asyncio.sleep(0)
        go_on.set()
        assert await seen == [7, 9]
        assert (lot.seq, lot.hash, lot.price, lot.leader, lot.lowest) == (9, "09", Money(150), 3, Money(157))
        assert (lot.increment, lot.calls, lot.closes_at, lot.stage, lot.leading) == (Money(7), 1, AT, "open", True)
        assert lot.lowest_for_priority == Money(150)


async def test_a_client_that_comes_back_asks_from_its_last_number_and_sees_no_event_twice() -> None:
    asked: list[Subscribe] = []
    go_on = asyncio.Event()

    async def first(spoken: Spoken) -> None:
        asked.append(spoken.subscribe)
        await spoken.say(Welcome(None, TERMS), state(None, 5))
        await go_on.wait()
        await spoken.say(state(5, 6, 6))

    async def then(spoken: Spoken) -> None:
        asked.append(spoken.subscribe)
        await spoken.say(Welcome(None, TERMS), state(5, 8, 6, 7, 8))
        await until_closed(spoken)

    async with server(first, then) as url, LotClient(url, new_id(), all_bids=True) as lot:
        seen = asyncio.create_task(take(lot, 3))
        await asyncio.sleep(0)
        go_on.set()
        assert await seen == [6, 7, 8]
    assert asked == [Subscribe(after=None, all_bids=True), Subscribe(after=6, all_bids=True)]


async def test_a_gap_between_two_states_makes_the_client_come_again_from_its_last_number() -> None:
    asked: list[int | None] = []

    async def first(spoken: Spoken) -> None:
        asked.append(spoken.subscribe.after)
        await spoken.say(Welcome(None, TERMS), state(None, 5), state(7, 9))
        await until_closed(spoken)

    async def then(spoken: Spoken) -> None:
        asked.append(spoken.subscribe.after)
        await spoken.say(Welcome(None, TERMS), state(5, 9))
        await until_closed(spoken)

    async with server(first, then) as url, LotClient(url, new_id()) as lot:
        async with asyncio.timeout(5):
            while lot.seq != 9:  # noqa: ASYNC110 - told over a socket
                await asyncio.sleep(0.01)
    assert asked == [None, 5]


async def test_a_bid_without_answer_is_sent_again_unchanged_on_the_next_connection() -> None:
    bids: list[PlaceBid] = []

    async def first(spoken: Spoken) -> None:
        await spoken.say(Welcome(3, TERMS), state(None, 5))
        bids.append(await spoken.next_bid())

    async def then(spoken: Spoken) -> None:
        await spoken.say(Welcome(3, TERMS), state(5, 5))
        bids.append(bid := await spoken.next_bid())
        await spoken.say(Acknowledged(bid.key, 6, "cd", AT, AT, price_fen=120, leads=True))
        await until_closed(spoken)

    async with server(first, then) as url, LotClient(url, new_id()) as lot:
        answer = await lot.bid(Money(120), maximum=True)
    assert [bytes(bid.price_fen) for bid in bids] == [b"120", b"120"]
    assert (bids[0].key, bids[0].maximum, bids[0].sealed) == (bids[1].key, True, False)
    assert answer.seq == 6


async def test_without_an_answer_in_time_the_bidder_is_told_that_there_is_none() -> None:
    async def serving(spoken: Spoken) -> None:
        await spoken.say(Welcome(3, TERMS), state(None, 5))
        await until_closed(spoken)

    async with server(serving) as url, LotClient(url, new_id()) as lot:
        with pytest.raises(NoAnswer):
            await lot.bid(120, within_s=0.05)


async def test_a_client_that_was_signed_out_does_not_come_again_and_says_so_to_whoever_waits() -> None:
    came: list[None] = []

    async def serving(spoken: Spoken) -> None:
        came.append(None)
        await spoken.say(Welcome(3, TERMS), state(None, 5))
        await spoken.next_bid()
        await spoken.socket.close(code=4401)

    async with server(serving) as url, LotClient(url, new_id()) as lot:
        watching = asyncio.create_task(take(lot, 1))
        with pytest.raises(ConnectionRefused):
            await lot.bid(120)
        assert await watching == []
        with pytest.raises(ConnectionRefused):
            await lot.bid(130)
        assert lot.plate is None
    assert len(came) == 1


def test_server_time_comes_from_the_quickest_of_the_latest_pings() -> None:
    clock = ServerClock()
    with pytest.raises(LookupError):
        clock.now(0.0)
    assert clock.round_trip_s is None
    clock.note(10.0, 11.0, AT)  # may be wrong by half a second
    clock.note(20.0, 20.02, AT + timedelta(seconds=9.7))
    clock.note(30.0, 30.4, AT + timedelta(seconds=19.5))
    assert clock.round_trip_s == pytest.approx(0.02)
    assert clock.now(25.01) == AT + timedelta(seconds=14.7)
    for n in range(20):
        clock.note(40.0 + n, 40.1 + n, AT + timedelta(seconds=60 + n))
    assert clock.round_trip_s == pytest.approx(0.1), "what is old is forgotten"
