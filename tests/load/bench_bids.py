"""`make bench-bids`: how many bids a second the platform decides, beside what the same machine does otherwise.

    python -m tests.load.bench_bids [--seconds 4] [--rounds 3]

Two real servers (`trading serve`) work on one PostgreSQL that waits for the disk: one as it is, one with a transaction
per bid. What is compared runs in turn, round after round, and medians count, because the machine is never quite alone.
Progress goes to standard error; the last line of standard output is one JSON object. Every run is checked against the
database. The exit code is 1 when anything was wrong.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from auction import service
from tests.auction.selling import Sale, publish_lot
from tests.auction.serving import cookie_of
from tests.bank_simulator.bank_process import free_port
from tests.load.bidding import Bidders, Outcome, Plan
from tests.load.live_sale import answers, raise_limit
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import Cluster, embedded_postgres
from trading.migrations import migrate

CLIENTS = 64  # of pgbench
BIDDERS = 128  # of the hot lot
WINDOW = 1024  # bids without an answer, over all bidders: two batches' worth
LOTS = 100
HALF_LOAD_S = 10.0

_HOT_ROW = "UPDATE hot SET n = n + 1 WHERE id = 1;"
_INSERT = "INSERT INTO bids (price_fen, key, given) VALUES (381000000, 'a-key-of-36-characters-as-bids-have-', '381');"


@dataclass
class Measured:
    """What the runs said."""

    rates: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lost: int = 0
    unknown: int = 0

    def median(self, name: str) -> float:
        return statistics.median(self.rates[name])

    def ratio(self, above: str, below: str) -> float:
        """The median of the ratios of each round, without rounds in which the machine stood still."""
        pairs = zip(self.rates[above], self.rates[below], strict=True)
        ratios = [one / other for one, other in pairs if other]
        return round(statistics.median(ratios), 2) if ratios else 0.0


@dataclass(frozen=True)
class Bench:
    """What the runs need."""

    cluster: Cluster
    folder: Path
    database: Database
    measured: Measured

    async def bid(self, port: int, sales: list[tuple[Sale, list[str]]], **load: Any) -> Outcome:
        """One run of the load client, compared with the database."""
        plan = Plan(
            port=port,
            run=secrets.token_hex(4),
            answers=str(self.folder / "answers"),
            lots=[Bidders(str(sale.lot_id), cookies) for sale, cookies in sales],
            **load,
        )
        outcome = await run_client(plan)
        self.measured.faults += outcome.faults
        await self._compare(plan, outcome, sales)
        return outcome

    async def _compare(self, plan: Plan, outcome: Outcome, sales: list[tuple[Sale, list[str]]]) -> None:
        """Every answer is in the database as it was given, and every bid in the database was answered."""
        told = array("q")
        raw = Path(plan.answers).read_bytes()  # noqa: ASYNC240 - nothing else runs
        told.frombytes(raw)
        lots = [sale.lot_id for sale, _ in sales]
        answered = {
            (f"{plan.run}-0000-4000-8000-{told[at]:012x}", told[at + 1], bool(told[at + 2]), lots[told[at + 3]])
            for at in range(0, len(told), 4)
        }
        connection = await self.database.raw_connection()
        rows = await connection.fetch(
            "SELECT key, seq, accepted, lot_id FROM bids WHERE key BETWEEN $1 AND $2",
            f"{plan.run}-0000-4000-8000-000000000000",
            f"{plan.run}-0000-4000-8000-ffffffffffff",
        )
        stored = {(str(row["key"]), row["seq"], row["accepted"], row["lot_id"]) for row in rows}
        for lot_id in lots:
            count, last = await connection.fetchrow(
                "SELECT count(*), max(seq) FROM journal_entries WHERE stream = $1", f"auction:{lot_id}"
            )
            if count != last:
                self.measured.faults.append("the journal has gaps")
        await connection.close()
        self.measured.lost += len(answered - stored)
        self.measured.unknown += max(0, len(stored - answered) - outcome.unanswered)


async def run_client(plan: Plan) -> Outcome:
    """Run the load client in a process of its own."""
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.load.bidding", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said, _ = await client.communicate(msgspec.json.encode(plan))
    if client.returncode:
        raise SystemExit("the load client failed")
    return msgspec.json.decode(said.splitlines()[-1], type=Outcome)


@asynccontextmanager
async def server(cluster: Cluster, folder: Path, **settings: str) -> AsyncIterator[int]:
    """A real server on the cluster's database; its port."""
    port = free_port()
    environment = os.environ | {
        "TRADING_DATA_FOLDER": str(folder / "data"),
        "TRADING_DATABASE_URL": cluster.running_url,
        "TRADING_OWNER_DATABASE_URL": cluster.owner_url,
        "TRADING_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRADING_LIVE_MESSAGES_PER_S": "1000000",
        **settings,
    }
    command = [sys.executable, "-m", "trading.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=sys.stderr)  # noqa: ASYNC220 - returns at once
    try:
        await answers(f"http://127.0.0.1:{port}/sign-in", process)
        yield port
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


async def open_sales(database: Database, count: int, bidders: int) -> list[tuple[Sale, list[str]]]:
    """Sales led by an auctioneer, just opened, with the cookies of their bidders."""
    sales: list[tuple[Sale, list[str]]] = []
    while len(sales) < count:
        try:
            async with database.work() as work:
                now = await database_clock(work)
                sale = await publish_lot(work, now=now - timedelta(seconds=1), bidders=bidders)
                await service.prepare(work, sale.lot_id, now)
        except IntegrityError:  # among so many units invented at random two had the same code
            continue
        async with database.work() as work:
            await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=await database_clock(work))
        sales.append((sale, [await cookie_of(database, bidder.account) for bidder in sale.bidders]))
    return sales


async def prepare_pgbench(cluster: Cluster) -> None:
    """A database of pgbench's own on the same cluster."""
    url = make_url(cluster.superuser_url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    await connection.execute("CREATE DATABASE bench")
    await connection.close()
    connection = await asyncpg.connect(url.set(database="bench").render_as_string(hide_password=False))
    await connection.execute("CREATE TABLE hot (id int PRIMARY KEY, n bigint NOT NULL)")
    await connection.execute("INSERT INTO hot VALUES (1, 0)")
    await connection.execute(
        "CREATE TABLE bids (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, price_fen bigint, key text, given text)"
    )
    await connection.close()


async def pgbench(cluster: Cluster, folder: Path, script: str, seconds: float) -> float:
    """Transactions a second of this statement with `CLIENTS` clients."""
    file = folder / "pgbench.sql"
    file.write_text(script)
    program, lasting_s = str(cluster.programs / "pgbench"), str(max(1, round(seconds)))
    command = [
        program,
        "-n",
        "-c",
        str(CLIENTS),
        "-j",
        "1",
        "-T",
        lasting_s,
        "-M",
        "prepared",
        "-f",
        str(file),
        "bench",
    ]
    environment = os.environ | {
        "PGHOST": str(cluster.socket_folder),
        "PGUSER": str(make_url(cluster.superuser_url).username),
        "PGPASSFILE": str(cluster.passwords_file),
    }
    for _ in range(3):
        run = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.PIPE)
        said = (await run.communicate())[0].decode()
        for line in said.splitlines():
            if line.startswith("tps"):
                return float(line.split()[2])
        say("pgbench finished no transaction; once more")  # the disk stood still as long as that
    raise SystemExit(f"pgbench says: {said}")


async def client_limit(folder: Path, seconds: float) -> float:
    """What the load client manages against a server that decides nothing."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.load.ack_server", str(port)])  # noqa: ASYNC220
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.1)
        plan = Plan(
            port=port,
            run=secrets.token_hex(4),
            seconds=seconds,
            answers=str(folder / "answers"),
            lots=[Bidders("none", ["none"] * BIDDERS)],
            window=WINDOW,
        )
        return (await run_client(plan)).decided_per_s
    finally:
        process.terminate()
        process.wait(10)


async def run(cluster: Cluster, folder: Path, seconds: float, rounds: int) -> dict[str, object]:
    """All runs; returns what is printed."""
    await migrate(cluster.owner_url, cluster.running_url)
    database = Database(cluster.running_url)
    bench = Bench(cluster, folder, database, Measured())
    await prepare_pgbench(cluster)
    say("making lots and bidders")
    [hot] = await open_sales(database, 1, BIDDERS)
    [per_bid] = await open_sales(database, 1, BIDDERS)
    many = await open_sales(database, LOTS, 3)
    async with server(cluster, folder) as port:
        async with server(cluster, folder, TRADING_LARGEST_BATCH="1") as port_per_bid:
            await bench.bid(port, [hot], seconds=1.0, window=WINDOW)  # both have to warm up
            await bench.bid(port_per_bid, [per_bid], seconds=1.0, window=BIDDERS)
            full: list[Outcome] = []

            async def decide(name: str, to: int, sales: list[tuple[Sale, list[str]]]) -> float:
                # One at a time, more than a bid per bidder would only queue, and would be left over for the next run.
                window = BIDDERS if name == "per_bid" else WINDOW
                outcome = await bench.bid(to, sales, seconds=seconds, window=window)
                if name == "hot_lot":
                    full.append(outcome)
                return outcome.decided_per_s

            runs: dict[str, Callable[[], Awaitable[float]]] = {
                "hot_lot": lambda: decide("hot_lot", port, [hot]),
                "per_bid_transaction": lambda: decide("per_bid", port_per_bid, [per_bid]),
                "pgbench_hot_row": lambda: pgbench(cluster, folder, _HOT_ROW, seconds),
                "lots_100": lambda: decide("lots_100", port, many),
                "pgbench_insert": lambda: pgbench(cluster, folder, _INSERT, seconds),
            }
            for number in range(1, rounds + 1):
                for name, once in runs.items():
                    bench.measured.rates.setdefault(name, []).append(await once())
                    say(f"round {number} of {rounds}: {name} {bench.measured.rates[name][-1]:.0f}/s")
        half = bench.measured.median("hot_lot") / 2
        latency = await bench.bid(port, [hot], seconds=HALF_LOAD_S, per_s=half)
        say(f"at {half:.0f}/s: p50 {latency.p50_ms} ms, p99 {latency.p99_ms} ms")
    limit = await client_limit(folder, min(3.0, seconds))
    await database.close()
    return told(bench.measured, latency, full, limit, seconds, rounds)


def told(
    measured: Measured, latency: Outcome, full: list[Outcome], limit: float, seconds: float, rounds: int
) -> dict[str, object]:
    """The JSON object at the end."""
    return {
        "decisions_per_s": round(measured.median("hot_lot")),
        "ratio_per_bid_transaction": measured.ratio("hot_lot", "per_bid_transaction"),
        "ratio_pgbench_hot_row": measured.ratio("hot_lot", "pgbench_hot_row"),
        "ratio_pgbench_insert": measured.ratio("hot_lot", "pgbench_insert"),
        "p50_ms": latency.p50_ms,
        "p99_ms_at_half_load": latency.p99_ms,
        "lots_100_ratio": measured.ratio("lots_100", "hot_lot"),
        "acknowledged_lost": measured.lost,
        "stored_not_answered": measured.unknown,
        "faults": sorted(set(measured.faults)),
        "per_s": {name: [round(rate) for rate in rates] for name, rates in measured.rates.items()},
        "p99_ms_at_full_load": statistics.median(outcome.p99_ms for outcome in full),
        "accepted_share": round(sum(one.acknowledged for one in full) / sum(one.sent for one in full), 3),
        "client_limit_per_s": round(limit),
        "client_processor_share": round(statistics.median(one.processor_share for one in full), 2),
        "seconds": seconds,
        "rounds": rounds,
        "machine": machine(),
    }


def machine() -> dict[str, object]:
    """What it ran on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {
        "processors": os.cpu_count(),
        "model": model,
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def say(words: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def main() -> None:
    """Measure, print, and fail when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    raise_limit()
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres") as cluster:
        figures = asyncio.run(run(cluster, Path(folder), arguments.seconds, arguments.rounds))
    print(json.dumps(figures))
    if figures["faults"] or figures["acknowledged_lost"] or figures["stored_not_answered"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
