"""The live channel as it comes over the wire: what is taken, answered, refused and ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from auction import service
from auction.desk import BidDesk
from auction.live import CLOSE_SIGNED_OUT, CLOSE_TOO_FAST
from auction.messages import (
    Acknowledged,
    ChannelError,
    Ping,
    PlaceBid,
    Pong,
    Refused,
    SaleState,
    ServerMessage,
    Subscribe,
    Welcome,
    encode,
    read_server_message,
)
from auction.node import LiveNode
from auction.preparing import lock
from tests.auction.selling import INCREMENT, START, Bidder, Sale, publish_lot
from tests.auction.serving import Served, cookie_of, serving
from tests.conftest import Urls
from trading.accounts import service as accounts
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id


@pytest.fixture
async def served(urls: Urls, tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the test's own database."""
    async with serving(urls.running, tmp_path) as running:
        yield running


@pytest.fixture
async def sale(database: Database) -> Sale:
    """An open auction, now."""
    async with database.work() as work:
        now = await database_clock(work)
        made = await publish_lot(work, now=now - timedelta(seconds=1))
        await service.prepare(work, made.lot_id, now)
        await service.open_lot(work, made.lot_id, actor=made.auctioneer, now=now)
    return made


class Channel:
    """One open channel that has been told the first state."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, message: Subscribe | PlaceBid | Ping) -> None:
        await self.socket.send(encode(message).decode())

    async def hear(self, *kinds: type) -> ServerMessage:
        """The next message of one of these kinds."""
        async with asyncio.timeout(10):
            while not isinstance(message := read_server_message(await self.socket.recv()), kinds):
                pass
        return message

    async def answer(self) -> Acknowledged | Refused:
        answer = await self.hear(Acknowledged, Refused)
        assert isinstance(answer, Acknowledged | Refused)
        return answer

    async def closed(self) -> int:
        """The code with which the server closes."""
        async with asyncio.timeout(15):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code


@asynccontextmanager
async def channel(
    served: Served, database: Database, sale: Sale, bidder: Bidder | None, language: str = "en"
) -> AsyncIterator[Channel]:
    cookies = f"language={language}"
    if bidder is not None:
        cookies += f"; {await cookie_of(database, bidder.account)}"
    address = f"{served.url.replace('http', 'ws')}/lots/{sale.lot_id}/live"
    async with connect(address, additional_headers={"Cookie": cookies}, compression=None, proxy=None) as socket:
        opened = Channel(socket)
        await opened.say(Subscribe())
        welcome = await opened.hear(Welcome)
        assert isinstance(welcome, Welcome)
        assert welcome.plate == (None if bidder is None else bidder.plate)
        await opened.hear(SaleState)
        yield opened


def bid(fen: int) -> PlaceBid:
    return PlaceBid(key=new_id(), price_fen=msgspec.Raw(str(fen).encode()))


async def stored(database: Database, sale: Sale) -> int:
    async with database.reading() as session:
        return len(await service.bids_of(session, sale.lot_id))


async def test_a_bid_is_acknowledged_with_its_arrival_and_whether_it_leads(
    served: Served, database: Database, sale: Sale
) -> None:
    async with channel(served, database, sale, sale.bidders[0]) as first:
        async with database.reading() as session:
            before = await database_clock(session)
        await first.say(bid(START))
        answer = await first.answer()
        async with database.reading() as session:
            after = await database_clock(session)
    assert isinstance(answer, Acknowledged)
    assert before - timedelta(milliseconds=50) <= answer.arrived_at <= after + timedelta(milliseconds=50)
    assert (answer.leads, answer.at, answer.before_close_ms) == (True, answer.arrived_at, None)


async def test_many_bids_sent_at_once_are_each_answered_in_the_language_of_the_channel(
    served: Served, database: Database, sale: Sale
) -> None:
    async with (
        channel(served, database, sale, sale.bidders[0], "en") as english,
        channel(served, database, sale, sale.bidders[1], "zh") as chinese,
    ):
        bids = [bid(1) for _ in range(40)]
        for one in bids:
            await english.say(one)
            await chinese.say(one)  # another account's: the same key is another bid
        answers = [await english.answer() for _ in bids]
        theirs = [await chinese.answer() for _ in bids]
    assert [answer.key for answer in answers] == [one.key for one in bids] == [answer.key for answer in theirs]
    assert {answer.seq for answer in answers + theirs} == set(range(3, 83))
    assert all(isinstance(answer, Refused) and "below" in answer.message for answer in answers)
    assert all(isinstance(answer, Refused) and answer.message.isascii() is False for answer in theirs)


async def test_a_watcher_and_a_visitor_without_a_plate_cannot_bid(
    served: Served, database: Database, sale: Sale
) -> None:
    async with channel(served, database, sale, None) as watcher:
        await watcher.say(bid(START))
        answer = await watcher.answer()
    assert isinstance(answer, Refused)
    assert (answer.code, answer.seq) == ("not_signed_in", None)


async def test_a_server_that_is_unsure_of_the_time_takes_no_bid_and_stores_nothing(
    served: Served, database: Database, sale: Sale
) -> None:
    node: LiveNode = served.app.state.live_node
    async with channel(served, database, sale, sale.bidders[0]) as unsure:
        node.clock._trusted = False
        one = bid(START)
        await unsure.say(one)
        refused = await unsure.answer()
        assert isinstance(refused, Refused)
        assert (refused.code, refused.seq) == ("clock_unsure", None)
        assert await stored(database, sale) == 0
        node.clock.trust_again()
        await unsure.say(one)
        assert isinstance(await unsure.answer(), Acknowledged)


async def test_what_is_no_message_is_told_and_the_channel_goes_on(
    served: Served, database: Database, sale: Sale
) -> None:
    async with channel(served, database, sale, sale.bidders[0]) as talking:
        for frame in ("{", '{"type":"hammer"}', "\x00", ""):
            await talking.socket.send(frame)
            error = await talking.hear(ChannelError)
            assert isinstance(error, ChannelError)
            assert error.code == "not_understood"
        await talking.socket.send(b"\xff\xfe")
        assert isinstance(await talking.hear(ChannelError), ChannelError)
        await talking.say(Ping(sent=7))
        pong = await talking.hear(Pong)
        assert isinstance(pong, Pong)
        assert pong.sent == 7


async def test_frames_in_pieces_and_messages_in_fragments_are_taken_whole(
    served: Served, database: Database, sale: Sale
) -> None:
    async with channel(served, database, sale, sale.bidders[0]) as slow:
        transport = slow.socket.transport
        sent: list[bytes] = []
        slow.socket.transport = _Kept(sent)  # type: ignore[assignment]
        await slow.say(Ping(sent=1))
        await slow.socket.send("x" * 300)  # a frame whose size takes two more bytes
        await slow.say(Ping(sent=2))
        slow.socket.transport = transport
        data = b"".join(sent)
        for byte in data:
            transport.write(bytes([byte]))
            await asyncio.sleep(0)
        heard = [await slow.hear(Pong, ChannelError) for _ in range(3)]
        assert [getattr(message, "sent", None) for message in heard] == [1, None, 2]
        text = encode(bid(START)).decode()
        await slow.socket.send([text[:10], text[10:20], text[20:]])
        assert isinstance(await slow.answer(), Acknowledged)
        await slow.say(Ping(sent=3))
        assert isinstance(await slow.hear(Pong), Pong)
        await (await slow.socket.ping())


class _Kept:
    """A transport that keeps what is written."""

    def __init__(self, sent: list[bytes]) -> None:
        self._sent = sent

    def write(self, data: bytes) -> None:
        self._sent.append(bytes(data))

    def is_closing(self) -> bool:
        return False


async def test_a_message_beyond_the_limit_ends_the_connection(served: Served, database: Database, sale: Sale) -> None:
    async with channel(served, database, sale, None) as talking:
        await talking.socket.send("x" * 17 * 1024)
        assert await talking.closed() == 1009


async def test_a_client_that_does_not_slow_down_is_cut_off(served: Served, database: Database, sale: Sale) -> None:
    async with channel(served, database, sale, None) as talking:
        for number in range(130):
            await talking.say(Ping(sent=number))
        assert await talking.closed() == CLOSE_TOO_FAST


@pytest.mark.parametrize("how", ["signed out", "account shut"])
async def test_the_channel_of_somebody_who_signed_out_or_was_shut_out_is_ended(
    served: Served, database: Database, sale: Sale, how: str
) -> None:
    bidder = sale.bidders[0]
    async with (
        channel(served, database, sale, sale.bidders[1]) as other,
        channel(served, database, sale, bidder) as mine,
    ):
        token = mine.socket.request.headers["Cookie"].partition("trading_session=")[2]  # type: ignore[union-attr]
        async with database.work() as work:
            if how == "signed out":
                await accounts.close_session(work, token)
            else:
                now = await database_clock(work)
                await accounts.disable_account(work, bidder.account.id, actor=sale.auctioneer, now=now)
        assert await mine.closed() == CLOSE_SIGNED_OUT
        await other.say(bid(START))
        assert isinstance(await other.answer(), Acknowledged)


async def test_without_the_wire_the_channel_speaks_plain_asgi(
    served: Served, database: Database, sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auction.live.wire_of", lambda scope: None)
    async with channel(served, database, sale, sale.bidders[0]) as plain:
        await plain.say(bid(START))
        assert isinstance(await plain.answer(), Acknowledged)
        for number in range(130):
            await plain.say(Ping(sent=number))
        assert await plain.closed() == CLOSE_TOO_FAST


async def test_nothing_is_ended_before_every_bid_is_settled_that_arrived_in_time(
    database: Database, sale: Sale
) -> None:
    desk = BidDesk(database)
    moment = sale.bidders[0].published_at + timedelta(seconds=10)
    in_time = sale.bidders[0].bids(START, at=moment - timedelta(milliseconds=1))
    later = sale.bidders[1].bids(START + INCREMENT, at=moment)
    async with database.work() as holding:
        await lock(holding, sale.lot_id)
        answers = [asyncio.create_task(desk.place(request)) for request in (in_time, later)]
        await asyncio.sleep(0)
        waiting = asyncio.create_task(desk.settled_until(moment))
        await asyncio.wait([waiting], timeout=0.2)
        assert not waiting.done()
        await asyncio.wait_for(desk.settled_until(in_time.arrived_at), 1)  # what arrives later holds nothing up
    await asyncio.wait_for(waiting, 10)
    await asyncio.gather(*answers)
