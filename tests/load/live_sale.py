"""A real server with a sale that is open, for programs that put load on it."""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from auction import service
from tests.auction.selling import Sale, publish_lot
from tests.auction.serving import cookie_of
from tests.bank_simulator.bank_process import free_port
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import embedded_postgres
from trading.migrations import migrate

STARTED_WITHIN_S = 60.0


@dataclass(frozen=True)
class LiveSale:
    """A sale led by an auctioneer, just opened, its bidders' cookies, and the process that serves it."""

    url: str
    port: int
    pid: int
    sale: Sale
    cookies: list[str]

    def resident_bytes(self) -> int:
        """How much memory the server has."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024

    def processor_s(self) -> float:
        """How long the server has computed."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def raise_limit() -> int:
    """Let this process and its children hold as many connections as the system lets them; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@asynccontextmanager
async def live_sale(*, bidders: int) -> AsyncIterator[LiveSale]:
    """`trading serve` on a PostgreSQL of its own that waits for the disk, until the end of the block."""
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres") as cluster:
        await migrate(cluster.owner_url, cluster.running_url)
        database = Database(cluster.running_url)
        async with database.work() as work:
            now = await database_clock(work)
            sale = await publish_lot(work, now=now - timedelta(seconds=1), bidders=bidders)
            await service.prepare(work, sale.lot_id, now)
        async with database.work() as work:
            await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=await database_clock(work))
        cookies = [await cookie_of(database, bidder.account) for bidder in sale.bidders]
        await database.close()
        port = free_port()
        environment = os.environ | {
            "TRADING_DATA_FOLDER": str(Path(folder) / "data"),
            "TRADING_DATABASE_URL": cluster.running_url,
            "TRADING_OWNER_DATABASE_URL": cluster.owner_url,
            "TRADING_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        command = [sys.executable, "-m", "trading.cli", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=sys.stderr)  # noqa: ASYNC220 - returns at once
        try:
            await answers(f"http://127.0.0.1:{port}/sign-in", process)
            yield LiveSale(f"http://127.0.0.1:{port}", port, process.pid, sale, cookies)
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, 15)
            except subprocess.TimeoutExpired:
                process.kill()


async def answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTED_WITHIN_S
    async with httpx.AsyncClient(trust_env=False) as http:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise SystemExit("the server does not answer")
