"""One tick: calls what each feature says is due. Every node ticks; a lock in the database lets one at a time run a job.

A job must be safe to run at any time, any number of times: it looks for what is due and does it. Closing lots does not
depend on this tick: a lot's deadline is a column, and any node that looks at it acts on it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.database import Database

log = structlog.get_logger()

AT_ONCE = 4
"""How many jobs a process runs at the same time: each takes two connections of those that pages need as well."""

Prepare = Callable[[AsyncSession], Awaitable[object]]
"""What a process looks at before a job."""


@dataclass(frozen=True)
class Job:
    """Something that is looked at every `every_s` seconds."""

    name: str
    every_s: int
    run: Callable[[], Awaitable[object]]


@asynccontextmanager
async def running(database: Database, jobs: list[Job], prepare: Prepare | None = None) -> AsyncIterator[None]:
    """Run the jobs while the context is open; `prepare` is called before each."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    at_once = asyncio.Semaphore(AT_ONCE)
    for job in jobs:
        scheduler.add_job(
            _tick,
            "interval",
            seconds=job.every_s,
            args=[database, job, at_once, prepare],
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        await asyncio.sleep(0)


async def _tick(database: Database, job: Job, at_once: asyncio.Semaphore, prepare: Prepare | None = None) -> None:
    try:
        async with at_once, database.reading() as lock:
            taken = text("SELECT pg_try_advisory_xact_lock(:key)")
            if (await lock.execute(taken, {"key": _lock_key(job.name)})).scalar_one():
                if prepare is not None:
                    await prepare(lock)
                await job.run()
    except Exception:
        log.exception("job_failed", job=job.name)


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
