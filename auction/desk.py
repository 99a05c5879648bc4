"""The desk of one server: bids are handed in one by one and settled together, one transaction at a time."""

import asyncio
import traceback
from collections import deque

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError

from auction.settling import BidRequest, Decision, settle
from trading.kernel.clock import Clock, database_clock
from trading.kernel.database import CommitUnknown, Database, DatabaseAway
from trading.kernel.errors import Refusal

log = structlog.get_logger()

LARGEST_BATCH = 500
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4)  # between attempts while the database is away

Answer = Decision | Refusal
_Waiting = tuple[BidRequest, "asyncio.Future[Answer]"]


class BidDesk:
    """Takes bids for all lots of this server. Bids that arrive while a commit is in flight go into the next one."""

    def __init__(self, database: Database, clock: Clock = database_clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._settling: asyncio.Task[None] | None = None
        self.commits = 0

    async def place(self, request: BidRequest) -> Answer:
        """The stored decision. A refusal instead of a decision was not stored, or (CommitUnknown) nobody knows yet."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_waiting())
        return await future

    async def close(self) -> None:
        """Finish what waits."""
        if self._settling is not None:
            await asyncio.gather(self._settling, return_exceptions=True)

    async def _settle_waiting(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(LARGEST_BATCH, len(self._waiting)))]
            await self._settle_batch(batch)

    async def _settle_batch(self, batch: list[_Waiting]) -> None:
        try:
            answers = await self._answers([request for request, _ in batch])
        except Exception as bug:  # noqa: BLE001 - handed on to whoever waits for this bid
            if len(batch) > 1:  # one bid that trips a bug must not take the others with it
                for waiting in batch:
                    await self._settle_batch([waiting])
                return
            log.error("bid_not_settled", lot_id=str(batch[0][0].lot_id), traceback=traceback.format_exc())
            if not batch[0][1].done():
                batch[0][1].set_exception(bug)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)

    async def _answers(self, requests: list[BidRequest]) -> list[Answer]:
        """Settle, again and again while the database is away: a bid's key makes repeating harmless."""
        failure: Refusal = DatabaseAway()
        for pause_s in (*_PAUSES_S, None):
            try:
                async with self._database.work() as session:
                    answers = await settle(session, requests, self._clock)
                self.commits += 1
                return answers
            except CommitUnknown as unknown:
                failure = unknown
            except (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if isinstance(error, DBAPIError) and not _is_away(error):
                    raise
                log.warning("database_away_while_settling", reason=str(error)[:200])
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        return [failure] * len(requests)


def _is_away(error: DBAPIError) -> bool:
    """Whether the connection, the server or a lock failed, rather than the statement itself.

    57P…: the server shuts down or ended the session; 40…: rolled back for another transaction's sake.
    """
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or state[:3] in {"57P", "08"} or state[:2] in {"08", "40"} or not state
