"""How many can watch one lot, and how soon they are told: `make bench-watchers`.

A real server, a lot in sale, watchers in a process of their own, and bids at a steady pace. For 500 watchers, for as
many as are asked for, and for as many as the system lets one process hold, it measures how long after the moment of the
newest entry each state is heard by each watcher. That moment is when the bid reached the server, in database time; its
commit comes after it, so the time from the commit is shorter than what is said. `behind_p99_ms` counts from the oldest
entry that a state tells, so the pause between two states is in it too.

With the number asked for it measures `ROUNDS` times in turn without and with a tenth of watchers that do not read;
medians count, because the machine is never quite alone, and `stalled_penalty_ms` is between the medians. Memory
is what the server has more than before the first watcher came; what the system keeps for a socket is not in it. What
was told is compared with what the bidders were acknowledged. Progress goes to standard error, the last line on standard
output is one JSON object.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import uvloop

from auction.client import BidRefused, LotClient
from tests.auction.selling import INCREMENT, START
from tests.load.live_sale import LiveSale, live_sale, raise_limit

BIDS_PER_S = 50
BIDDERS = 5  # each well below what one connection may say in a second
OVERTAKEN = {"bid_too_low", "already_leading"}
RESERVED = 500  # open files for everything but watchers
FEW, MOST = 500, 15_000
STALLED_SHARE = 10
ROUNDS = 3
CLIENT_FULL = 0.9  # of a processor: from then on the watchers' process may be what is slow
LONGEST_ANSWER = 2**24  # bytes
SEEN = ("p50_ms", "p99_ms", "longest_ms", "behind_p99_ms", "states_per_s", "fewest_states_per_s")
OF_CLIENT = ("client_busy", "client_limit", "client_late_ms")


class WatchingProcess:
    """The process with the watchers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, command: str, number: int) -> dict[str, Any]:
        """Let it do one thing; returns its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({command: number}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise SystemExit("the watchers' process ended")
        answer: dict[str, Any] = json.loads(line)
        say(f"{command} {number}: { {name: value for name, value in answer.items() if name != 'bids'} }")
        return answer


@asynccontextmanager
async def watching(live: LiveSale) -> AsyncIterator[WatchingProcess]:
    """A process for watchers, until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.load.watching", str(live.port), str(live.sale.lot_id)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_ANSWER,
    )
    try:
        yield WatchingProcess(process)
    finally:
        process.kill()
        await process.wait()


class Bidders:
    """Bidders who outbid one another at a steady pace, each bid one increment above the one before."""

    def __init__(self, clients: list[LotClient]) -> None:
        self.acknowledged: dict[int, str] = {}  # hashes by number
        self._clients = clients
        self._number = 0

    async def bid_for(self, seconds: float) -> int:
        """Bid for so long; returns the number of the last entry, once every bid has been decided."""
        loop = asyncio.get_running_loop()
        began_s, count = loop.time(), int(seconds * BIDS_PER_S)
        answers = []
        for n in range(count):
            await asyncio.sleep(max(0.0, began_s + n / BIDS_PER_S - loop.time()))
            client = self._clients[self._number % len(self._clients)]
            answers.append(asyncio.create_task(self._bid(client, START + self._number * INCREMENT)))
            self._number += 1
        return max(await asyncio.gather(*answers))

    async def _bid(self, client: LotClient, price_fen: int) -> int:
        """Bid; returns the number of the decision. The bids of others may have come before it, though sent after it."""
        try:
            answer = await client.bid(price_fen)
        except BidRefused as refused:
            if refused.seq is None or refused.code not in OVERTAKEN:
                raise
            return refused.seq
        self.acknowledged[answer.seq] = answer.hash
        return answer.seq


async def measure(
    live: LiveSale, watchers: WatchingProcess, bidders: Bidders, seconds: float, stalled: int = 0
) -> dict[str, Any]:
    """What the watchers see while there are bids."""
    await watchers.do("begin", stalled)
    server_s, before = live.processor_s(), len(bidders.acknowledged)
    last = await bidders.bid_for(seconds)
    busy = (live.processor_s() - server_s) / seconds
    seen = await watchers.do("end", last)
    told = {int(seq): digest for seq, digest in seen.pop("bids").items()}
    if foreign := {seq for seq, digest in told.items() if bidders.acknowledged.get(seq) != digest}:
        seen["faults"].append(f"told, and not acknowledged like that: entries {sorted(foreign)[:5]}")
    if seen["faults"]:
        raise SystemExit(f"wrong: {seen['faults']}")
    if seen["client_busy"] > CLIENT_FULL:
        say(
            f"the watchers' process is itself at its limit ({seen['client_busy']}): the server may be quicker than this"
        )
    accepted = len(bidders.acknowledged) - before
    return seen | {"bids_per_s": round(accepted / seconds, 1), "server_busy": round(busy, 2)}


async def figure(
    live: LiveSale, bidders: Bidders, count: int, seconds: float, *, empty_bytes: int, stall: bool
) -> dict[str, Any]:
    """So many watchers come, and are measured; then, perhaps, while some of them do not read, and without these."""
    async with watching(live) as watchers:
        came = await watchers.do("connect", count)
        await bidders.bid_for(1)
        memory = live.resident_bytes() - empty_bytes
        plain, stalled = [], []
        for _ in range(ROUNDS if stall else 1):
            plain.append(await measure(live, watchers, bidders, seconds))
            if stall:
                stalled.append(await measure(live, watchers, bidders, seconds, stalled=count // STALLED_SHARE))
        result = {
            "watchers": count,
            **{name: statistics.median(seen[name] for seen in plain) for name in (*SEEN, "bids_per_s")},
            "kib_per_connection": round(memory / count / 1024, 1),
            "came_in_s": came["took_s"],
            **{name: statistics.median(seen[name] for seen in plain) for name in ("server_busy", *OF_CLIENT)},
        }
        if stall:
            with_stalled = statistics.median(seen["p99_ms"] for seen in stalled)
            result |= {
                "p99_ms_with_stalled": with_stalled,
                "stalled_penalty_ms": round(with_stalled - result["p99_ms"], 1),
                "stalled_dropped": sum(seen["dropped"] for seen in stalled),
                "p99_ms_of_rounds": [[seen["p99_ms"] for seen in seens] for seens in (plain, stalled)],
            }
    say(json.dumps(result))
    return result


async def main(asked: int, most: int, seconds: float) -> dict[str, Any]:
    """All figures."""
    counts = sorted({min(FEW, asked), asked, max(asked, min(most, raise_limit() - RESERVED))})
    figures = []
    async with live_sale(bidders=BIDDERS) as live, AsyncExitStack() as stack:
        say(f"the server answers at {live.url}")
        clients = [LotClient(live.url, live.sale.lot_id, cookie) for cookie in live.cookies]
        for client in clients:
            await stack.enter_async_context(client)
        bidders = Bidders(clients)
        await bidders.bid_for(1)
        empty_bytes = live.resident_bytes()
        for count in counts:
            figures.append(await figure(live, bidders, count, seconds, empty_bytes=empty_bytes, stall=count == asked))
            with contextlib.suppress(TimeoutError):
                await _left(clients[0])
    chosen = next(one for one in figures if one["watchers"] == asked)
    return chosen | {"figures": figures}


async def _left(client: LotClient) -> None:
    """Wait until the server has noticed that the watchers left."""
    async with asyncio.timeout(15):
        while client.watchers > BIDDERS:  # noqa: ASYNC110 - told by heartbeats
            await asyncio.sleep(0.2)


def say(words: str) -> None:
    """Progress."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=5000)
    parser.add_argument("--most", type=int, default=MOST, help="how many to try in the end")
    parser.add_argument("--seconds", type=float, default=12)
    arguments = parser.parse_args()
    print(json.dumps(uvloop.run(main(arguments.watchers, arguments.most, arguments.seconds))))
