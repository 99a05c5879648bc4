"""Who is here, over all servers: each tells the others once a second whom it has. A hint for screens, never a fact."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from trading.kernel.ids import new_id

ATTENDANCE_CHANNEL = "auction_attendance"  # of pg_notify
KEPT_S = 3.0  # for so long what another server said is believed
_LONGEST_PAYLOAD = 7_000  # bytes; PostgreSQL takes less than 8,000


class Attendance(msgspec.Struct, array_like=True, frozen=True):
    """Whom one server has in the room of one lot: how many connections, and the plates among them."""

    lot_id: UUID
    watchers: int
    plates: list[int]


class _Said(msgspec.Struct, frozen=True):
    """What one server says. What does not fit into one payload is said in several, each with other lots."""

    server: UUID
    lots: list[Attendance]


@dataclass(frozen=True, slots=True)
class _Heard:
    at_s: float
    here: Attendance


_decoder = msgspec.json.Decoder(_Said)


class OtherServers:
    """What the other servers said within the last `KEPT_S`."""

    def __init__(self) -> None:
        self._server = new_id()
        self._heard: dict[tuple[UUID, UUID], _Heard] = {}  # by lot and server

    def payloads(self, here: Iterable[Attendance]) -> Iterator[str]:
        """What this server has to tell the others, in payloads that fit into a notification.

        A room whose plates do not fit loses the last of them: the others count these plates too low.
        """
        lots: list[Attendance] = []
        size = 0
        for one in here:
            fitting = msgspec.structs.replace(one, plates=one.plates[: _LONGEST_PAYLOAD // 8])
            needed = len(msgspec.json.encode(fitting)) + 1
            if lots and size + needed > _LONGEST_PAYLOAD:
                yield self._payload(lots)
                lots, size = [], 0
            lots.append(fitting)
            size += needed
        if lots:
            yield self._payload(lots)

    def _payload(self, lots: list[Attendance]) -> str:
        return msgspec.json.encode(_Said(self._server, lots)).decode()

    def hear(self, payload: str) -> None:
        """Another server, or this one, said whom it has."""
        said = _decoder.decode(payload)
        if said.server == self._server:
            return
        now_s = asyncio.get_running_loop().time()
        self._heard = {key: heard for key, heard in self._heard.items() if now_s - heard.at_s <= KEPT_S}
        for here in said.lots:
            self._heard[here.lot_id, said.server] = _Heard(now_s, here)

    def of(self, lot_id: UUID) -> list[Attendance]:
        """Whom the other servers have in the room of the lot."""
        now_s = asyncio.get_running_loop().time()
        return [heard.here for (lot, _), heard in self._heard.items() if lot == lot_id and now_s - heard.at_s <= KEPT_S]
