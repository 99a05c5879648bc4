"""The desk of one server: bids are handed in one by one and settled together, one transaction at a time."""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable
from datetime import datetime

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError

from auction.settling import Ahead, BidRequest, Decision, Memory, settle
from trading.kernel.database import CommitUnknown, Database, DatabaseAway
from trading.kernel.direct import DirectConnection
from trading.kernel.errors import Refusal

log = structlog.get_logger()

LARGEST_BATCH = 500
_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4)  # between attempts while the database is away

Answer = Decision | Refusal
Answered = Callable[[Answer | None], None]
"""Told the answer once it is stored. A refusal that is no decision was not stored, or (CommitUnknown) nobody knows yet;
None: a bug, which was logged, kept the bid from being decided.
"""

_Waiting = tuple[BidRequest, Answered]


class BidDesk:
    """Takes bids for all lots of this server. Bids that arrive while a commit is in flight go into the next one.

    They are decided as they arrive, on how the lots will stand after that commit; where it ends otherwise, again.
    """

    def __init__(self, database: Database, largest_batch: int = LARGEST_BATCH) -> None:
        self._database = database
        self._direct = DirectConnection(database)
        self._memory = Memory()
        self._largest_batch = largest_batch
        self._waiting: deque[_Waiting] = deque()
        self._next: list[_Waiting] = []
        self._ahead = Ahead(self._memory)
        self._in_hand: list[_Waiting] = []
        self._is_reading = False
        self._settling: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self.commits = 0

    def hand_in(self, request: BidRequest, answered: Answered) -> None:
        """Settle this bid as soon as possible and tell `answered`."""
        self._waiting.append((request, answered))
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_waiting())
        else:
            self._decide_ahead()

    async def place(self, request: BidRequest) -> Answer:
        """Hand in and wait. Raises BidNotDecided after a bug."""
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.hand_in(request, lambda answer: None if future.done() else future.set_result(answer))
        answer = await future
        if answer is None:
            raise BidNotDecided(str(request.key))
        return answer

    async def settled_until(self, moment: datetime) -> None:
        """Wait until no bid that arrived before this moment is waiting here: before that nothing may be ended."""
        while any(request.arrived_at < moment for request, _ in (*self._in_hand, *self._next, *self._waiting)):
            self._settled.clear()
            await self._settled.wait()

    async def close(self) -> None:
        """Finish what waits."""
        if self._settling is not None:
            await asyncio.gather(self._settling, return_exceptions=True)
        await self._direct.close()

    async def _settle_waiting(self) -> None:
        self._decide_ahead()
        while self._next:
            self._in_hand, self._next = self._next, []
            ahead, self._ahead = self._ahead, Ahead(self._memory)
            ahead.note()
            await self._settle_batch(self._in_hand, ahead)
            self._in_hand = []
            self._settled.set()
            self._decide_ahead()

    def _decide_ahead(self) -> None:
        """Decide what waits, unless how the lots stand is just being read."""
        while self._waiting and len(self._next) < self._largest_batch and not self._is_reading:
            waiting = self._waiting.popleft()
            self._next.append(waiting)
            self._ahead.add(waiting[0])

    async def _settle_batch(self, batch: list[_Waiting], ahead: Ahead | None = None) -> None:
        try:
            answers = await self._answers([request for request, _ in batch], ahead)
        except Exception:  # noqa: BLE001 - told to whoever waits for this bid
            if len(batch) > 1:  # one bid that trips a bug must not take the others with it
                middle = len(batch) // 2
                await self._settle_batch(batch[:middle])
                await self._settle_batch(batch[middle:])
                return
            log.error("bid_not_settled", lot_id=str(batch[0][0].lot_id), traceback=traceback.format_exc())
            answers = [None]
        # The next batch is on its way to the database while these are told; nobody's trouble is another's.
        loop = asyncio.get_running_loop()
        for (_, answered), answer in zip(batch, answers, strict=True):
            loop.call_soon(answered, answer)

    async def _answers(self, requests: list[BidRequest], ahead: Ahead | None) -> "list[Answer | None]":
        """Settle, again and again while the database is away: a bid's key makes repeating harmless."""
        failure: Refusal = DatabaseAway()
        for pause_s in (*_PAUSES_S, None):
            try:
                answers = await self._settle(requests, ahead)
                self.commits += 1
                return list(answers)
            except CommitUnknown as unknown:
                failure = unknown
            except (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not _is_away(error):
                    raise
                log.warning("database_away_while_settling", reason=str(error)[:200])
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        return [failure] * len(requests)

    async def _settle(self, requests: list[BidRequest], ahead: Ahead | None) -> list[Answer]:
        """As decided ahead, or else with the lots' rows locked; what was decided on top of that is decided again."""
        answers = None if ahead is None else await ahead.store(self._direct)
        if answers is None:
            self._is_reading = True
            self._waiting.extendleft(reversed(self._next))
            self._next, self._ahead = [], Ahead(self._memory)
            try:
                async with self._database.work() as session:
                    answers = await settle(session, requests, self._memory)
            finally:
                self._is_reading = False
        return answers


class BidNotDecided(Exception):
    """A bug kept the bid from being decided. Whether it was stored is unknown: ask again with the same key."""


def _is_away(error: Exception) -> bool:
    """Whether the connection, the server or a lock failed, rather than the statement itself.

    57P…: the server shuts down or ended the session; 08…: the connection; 40…: rolled back for another's sake.
    """
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        error = error.orig if isinstance(error.orig, Exception) else error
    if isinstance(error, asyncpg.DataError):
        return False  # a value that the driver cannot send: raised before anything was asked
    state = str(getattr(error, "sqlstate", None) or "")
    return state[:3] == "57P" or state[:2] in {"08", "40"} or not state
