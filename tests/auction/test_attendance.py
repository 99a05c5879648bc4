"""Who is here over all servers: what a server tells the others, what it believes them, and for how long."""

import asyncio
import json
from uuid import UUID

from auction.attendance import Attendance, OtherServers
from tests.auction.in_rooms import in_quick_time
from trading.kernel.ids import new_id

FITS = 8_000  # bytes; PostgreSQL's notifications are shorter


def lots(servers: OtherServers, asked: list[Attendance]) -> list[list[Attendance]]:
    """What is believed of these lots."""
    return [servers.of(one.lot_id) for one in asked]


def test_what_one_server_says_the_others_believe_and_it_does_not_count_itself() -> None:
    async def scene() -> None:
        here, there = OtherServers(), OtherServers()
        said = [Attendance(new_id(), 3, [7, 9]), Attendance(new_id(), 1, [])]
        for payload in here.payloads(said):
            here.hear(payload)
            there.hear(payload)
        assert lots(there, said) == [[one] for one in said]
        assert lots(here, said) == [[], []]

    in_quick_time(scene())


def test_each_server_counts_once_with_what_it_said_last() -> None:
    async def scene() -> None:
        here, others, lot_id = OtherServers(), [OtherServers(), OtherServers()], new_id()
        for watchers in (5, 6):
            for other in others:
                for payload in other.payloads([Attendance(lot_id, watchers, [])]):
                    here.hear(payload)
        assert here.of(lot_id) == [Attendance(lot_id, 6, [])] * 2

    in_quick_time(scene())


def test_what_a_server_said_is_believed_for_three_seconds_and_then_forgotten() -> None:
    async def scene() -> None:
        here, there, silent = OtherServers(), OtherServers(), OtherServers()
        once, always = Attendance(new_id(), 1, [1]), Attendance(new_id(), 2, [2])
        for payload in silent.payloads([once]):
            here.hear(payload)
        await asyncio.sleep(3)
        for payload in there.payloads([always]):
            here.hear(payload)
        assert here.of(once.lot_id) == [once]
        await asyncio.sleep(0.01)
        assert here.of(once.lot_id) == []
        for payload in there.payloads([always]):
            here.hear(payload)
        assert here.of(always.lot_id) == [always]
        assert len(here._heard) == 1, "nothing is kept for ever"

    in_quick_time(scene())


def test_what_is_said_fits_into_notifications_however_many_lots_and_plates_there_are() -> None:
    async def scene() -> None:
        for rooms, plates in ((0, 0), (1, 0), (1, 100_000), (2, 600), (400, 0), (400, 10), (40, 1000)):
            here, there = OtherServers(), OtherServers()
            said = [Attendance(new_id(), 100_000, list(range(1_000_000, 1_000_000 + plates))) for _ in range(rooms)]
            payloads = list(here.payloads(said))
            assert all(len(payload.encode()) < FITS and json.loads(payload)["lots"] for payload in payloads)
            assert len(payloads) <= 2 * sum(map(len, payloads)) / FITS + 1, "not one for each lot"
            for payload in payloads:
                there.hear(payload)
            for one, believed in zip(said, lots(there, said), strict=True):
                assert [(other.watchers, other.plates) for other in believed] == [(100_000, one.plates[:875])]
            assert there.of(UUID(int=0)) == []

    in_quick_time(scene())
