"""Reading the states of many lots together: what is asked while one reading is under way goes into the next one.

However many rooms a server has and however quickly their sales move, one connection to the database is enough and it is
asked with two statements at a time.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator

from auction import looking
from auction.looking import Wanted
from auction.messages import SaleState
from trading.kernel.clock import database_clock
from trading.kernel.database import Database

_REST = 2  # a reading is followed by so many times its own duration without one: bids must not wait for readings
_Answer = asyncio.Future[SaleState | None]


class StateReader:
    """Reads for all rooms of a server. Whoever asks for the same at the same time is given the very same state."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[Wanted, list[_Answer]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def read(self, wanted: Wanted) -> SaleState | None:
        """The state as it is now or later than now; None where there is no such sale."""
        answer: _Answer = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(wanted, []).append(answer)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_waiting())
        return await answer

    async def _read_waiting(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            began_s = time.monotonic()
            try:
                async with self._database.reading() as session:
                    await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})  # fewer round trips
                    states = await looking.states(session, list(waiting), await database_clock(session))
            except Exception as error:  # noqa: BLE001 - handed on to whoever waits for it
                for answer in _open(waiting.values()):
                    answer.set_exception(error)
                continue
            for answers, state in zip(waiting.values(), states, strict=True):
                for answer in _open([answers]):
                    answer.set_result(state)
            await asyncio.sleep(_REST * (time.monotonic() - began_s))


def _open(answers: Iterable[list[_Answer]]) -> Iterator[_Answer]:
    return (answer for some in answers for answer in some if not answer.done())
