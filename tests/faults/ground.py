"""What the fault programs stand on: a PostgreSQL of their own with every safety on, the server as a process, a lot."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from auction import service
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from tests.auction.serving import cookie_of
from tests.conftest import Urls
from tests.faults.history import History, SaleTerms
from tests.faults.recording import Recorder
from tests.platform import Platform
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import Cluster, embedded_postgres
from trading.kernel.embedded_postgres.processes import processes_at
from trading.migrations import migrate

BIDDERS = 8


def say(words: str) -> None:
    """Progress, on stderr: the last line of stdout is the result."""
    print(words, file=sys.stderr, flush=True)


RECOVERS_WITHIN_S = 60.0


@dataclass
class Ground:
    """A database, the server on it, and where they lie."""

    cluster: Cluster
    folder: Path
    platform: Platform
    database: Database

    def kill_postgres(self) -> None:
        """kill -9 of every process of PostgreSQL; its keeper starts it again."""
        for pid in processes_at(self.folder / "postgres" / "cluster"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def postgres_answers(self) -> None:
        """Wait until PostgreSQL has recovered."""
        deadline = time.monotonic() + RECOVERS_WITHIN_S
        while True:
            try:
                async with self.database.reading() as session:
                    await session.execute(text("SELECT 1"))
                    return
            except (OSError, DBAPIError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    async def administer(self, statement: str) -> None:
        """Run a statement as the superuser."""
        engine = create_async_engine(self.cluster.superuser_url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    async def history(self, sale: Sale, window: timedelta | None, recorders: list[Recorder]) -> History:
        """All that the bidders and the journal say of the sale."""
        async with self.database.reading() as session:
            entries = await journal_store.read(session, f"auction:{sale.lot_id}")
        calls = tuple(call for recorder in recorders for call in recorder.calls.values())
        seen = tuple(tuple(recorder.seen) for recorder in recorders)
        return History(SaleTerms(START, INCREMENT, window), tuple(entries), calls, seen)


@asynccontextmanager
async def ground(*, pgbin: Path | None = None, environment: Mapping[str, str] | None = None) -> AsyncIterator[Ground]:
    """Everything running; `environment` is added to the server's. Cleans up after itself."""
    with temporary_folder() as folder, _cluster(folder, pgbin) as cluster:
        await migrate(cluster.owner_url, cluster.running_url)
        platform = _Platform(Urls(cluster.running_url, cluster.owner_url, cluster.superuser_url), folder / "platform")
        platform.added = dict(environment or {})
        platform.folder.mkdir()
        database = Database(cluster.running_url)
        try:
            await asyncio.to_thread(platform.start)
            yield Ground(cluster, folder, platform, database)
        finally:
            await database.close()
            await asyncio.to_thread(platform.stop)


@asynccontextmanager
async def timed_sale(
    on: Ground, window_s: int, *, bidders: int = BIDDERS, **terms: Any
) -> AsyncIterator[tuple[Sale, list[Recorder]]]:
    """A timed sale that is open, with its recorders connected."""
    async with on.database.work() as session:
        now = await database_clock(session)
        sale = await publish_lot(session, now=now, method="timed_bidding", window_s=window_s, bidders=bidders, **terms)
        await service.prepare(session, sale.lot_id, now)
    url = f"{on.platform.url.replace('http', 'ws', 1)}/lots/{sale.lot_id}/live"
    recorders = [Recorder(url, await cookie_of(on.database, bidder.account), bidder.plate) for bidder in sale.bidders]
    running = [asyncio.create_task(recorder.run()) for recorder in recorders]
    try:
        await asyncio.gather(*[recorder.wait_until(lambda state: state.stage == "open") for recorder in recorders])
        yield sale, recorders
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def keep_bidding(recorder: Recorder, until: asyncio.Event) -> None:
    """Outbid whoever leads, again and again."""
    while not until.is_set():
        state = recorder.state
        if state is None or state.stage != "open" or state.plate == recorder.plate:
            await asyncio.sleep(0.002)
            continue
        await recorder.bid(state.lowest_fen)


class _Platform(Platform):
    """The server without a bank, which no bid needs."""

    added: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | self.added


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _cluster(folder: Path, pgbin: Path | None) -> Iterator[Cluster]:
    with embedded_postgres(folder, pgbin=pgbin) as cluster:
        yield cluster
