"""The rooms of the demonstration, and what this and next week they are booked for. All through the services."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from trading.accounts.rules import Actor
from trading.demonstration.offering import Cast
from trading.demonstration.people import AUCTIONEER, OFFICER, REVIEWER
from trading.demonstration.yesterday import opening_yesterday
from trading.kernel.database import Database
from trading.kernel.moments import SHANGHAI, local_day
from trading.projects import service as projects
from trading.projects.models import Lot
from trading.projects.rules import LotState
from trading.venues import recordings, rooms, service
from trading.venues.conflicts import ConflictsNotSeen
from trading.venues.recording_files import RecordingStore
from trading.venues.recording_rules import NewRecording
from trading.venues.recordings import Piece
from trading.venues.rooms import RoomFacts
from trading.venues.rules import Equipment, FeeUnit, NewBooking, Purpose, Span

RECORDED = "演示数据：此文件代替开标、拍卖现场的录像。\n".encode()


def _room(number: str, name: str, place: str, capacity: int, fee_yuan: int, **facts: object) -> RoomFacts:
    usual: dict[str, object] = {
        "has_audio_recording": True,
        "has_video_recording": True,
        "screens": 1,
        "remote_seats": 0,
        "has_sign_in_terminal": False,
        "fee_unit": FeeUnit.HALF_DAY,
        "opens_minute": 0,  # a demonstration is started at any hour, and its auctions run then
        "closes_minute": 24 * 60,
        "set_up_minutes": 15,
        "clearing_minutes": 15,
    }
    return RoomFacts(number, name, place, capacity, fee_fen=fee_yuan * 100, **(usual | facts))  # type: ignore[arg-type]


ROOMS = (
    _room("101", "拍卖大厅", "交易中心主楼一层", 120, 800, screens=4, has_sign_in_terminal=True),
    _room("201", "第一开标室", "交易中心主楼二层", 60, 400, screens=2, has_sign_in_terminal=True),
    _room("202", "第二开标室", "交易中心主楼二层", 40, 300, screens=2, has_sign_in_terminal=True),
    _room("301", "第一评标室", "交易中心主楼三层（封闭区）", 15, 0, remote_seats=2, set_up_minutes=30),
    _room("305", "联审会议室", "交易中心主楼三层", 24, 0, has_video_recording=False, fee_unit=FeeUnit.HOUR),
)
_HALL, _FIRST, _SECOND, _EVALUATION, _MEETING = range(5)


async def lay_rooms(database: Database, cast: Cast, store: RecordingStore, now: datetime) -> None:
    """Five rooms and two weeks of bookings, at the first start."""
    officer = cast.actor(OFFICER)
    async with database.reading() as session:
        known = {venue.number: venue.id for venue in await service.venues(session)}
        lots = await projects.lots_in(session, (LotState.PUBLISHED, LotState.CONTEST, LotState.SOLD))
    if set(known) >= {room.number for room in ROOMS}:
        return
    async with database.work() as session:
        for room in ROOMS:
            if room.number not in known:
                venue = await rooms.add_venue(session, room, actor=officer, now=now)
                known[room.number] = venue.id
    ids = [known[room.number] for room in ROOMS]
    laying = _Laying(database, cast, ids, now)
    await laying.sold_yesterday(lots, store)
    await laying.coming(lots)
    await laying.ordinary_days()


@dataclass(frozen=True)
class _Laying:
    """Bookings being made, at one moment."""

    database: Database
    cast: Cast
    rooms: list[UUID]
    now: datetime

    async def sold_yesterday(self, lots: list[Lot], store: RecordingStore) -> None:
        """The hall in which yesterday's lot was sold, with its recording."""
        opened_at = opening_yesterday(self.now)
        lot = next((each for each in lots if each.state == LotState.SOLD and each.starts_at == opened_at), None)
        if lot is None:
            return
        span = Span(opened_at, opened_at + timedelta(hours=2))
        booked_at = opened_at - timedelta(days=5)
        booking_id = await self._book(_HALL, Purpose.AUCTION, span, lot=lot, people=40, at=booked_at)
        new = NewRecording("1 号机位，主席台", span, "拍卖现场-1号机位.mp4", len(RECORDED), _sha256(RECORDED))
        ended_at = span.ends_at + timedelta(minutes=10)
        async with self.database.work() as session:
            upload = await recordings.begin_upload(
                session, store, booking_id, new, largest_bytes=1024**3, actor=self.officer, now=ended_at
            )
        piece = Piece(0, len(RECORDED), _one(RECORDED))
        await recordings.take_piece(self.database, store, upload.token, piece, ended_at)

    async def coming(self, lots: list[Lot]) -> None:
        """The rooms of the lots whose day lies ahead, where an auctioneer leads or many come to watch."""
        places = iter((_HALL, _FIRST, _SECOND))
        days: set[object] = set()
        for lot in lots:
            is_led = lot.selling_method == "auction" and lot.starts_at > self.now
            if not is_led or lot.starts_at.date() in days:
                continue
            place = next(places, None)
            if place is None:
                return
            days.add(lot.starts_at.date())
            hours = _until_midnight(lot.starts_at)
            await self._book(place, Purpose.AUCTION, Span(lot.starts_at, lot.starts_at + hours), lot=lot, people=30)

    async def ordinary_days(self) -> None:
        """What a centre's week is made of."""
        monday = local_day(self.now) - timedelta(days=self.now.astimezone(SHANGHAI).weekday())
        week = (
            (_FIRST, Purpose.OPENING, 1, "09:00", "11:00", "县人民医院医疗设备采购开标", 25),
            (_EVALUATION, Purpose.EVALUATION, 1, "13:30", "17:30", "县人民医院医疗设备采购评标", 7),
            (_MEETING, Purpose.JOINT_MEETING, 2, "09:30", "11:30", "土地出让进场联审会议", 12),
            (_SECOND, Purpose.OPENING, 3, "14:30", "16:00", "农村公路养护工程开标", 20),
            (_EVALUATION, Purpose.EVALUATION, 4, "09:00", "17:00", "农村公路养护工程评标", 7),
            (_FIRST, Purpose.OTHER, 4, "14:00", "16:00", "电子投标培训", 45),
        )
        committee = ("周一评", "吴二评", "郑三评", "王四评", "冯五评")
        for number, (place, purpose, day, starts, ends, title, people) in enumerate(week * 2):
            date = monday + timedelta(days=day + 7 * (number >= len(week)))
            first, last = (datetime.combine(date, time.fromisoformat(at), SHANGHAI) for at in (starts, ends))
            secret = committee if purpose is Purpose.EVALUATION else ()
            at = min(self.now, first - timedelta(days=3))
            span = Span(first, last)
            await self._book(place, purpose, span, title=title, people=people, at=at, committee=secret)
        async with self.database.work() as session:
            closed = datetime.combine(monday + timedelta(days=8), time(8), SHANGHAI)
            span = Span(closed, closed + timedelta(days=1, hours=10))
            await service.close_venue(
                session, self.rooms[_SECOND], span, reason="音响设备检修", actor=self.officer, now=self.now
            )

    @property
    def officer(self) -> Actor:
        """Who books what is nobody's secret."""
        return self.cast.actor(OFFICER)

    async def _book(
        self,
        place: int,
        purpose: Purpose,
        span: Span,
        *,
        people: int,
        lot: Lot | None = None,
        title: str = "",
        at: datetime | None = None,
        committee: tuple[str, ...] = (),
    ) -> UUID:
        """Book a room; evaluations are the reviewer's, so that the officer sees them as a colleague does."""
        who = self.cast.actor(REVIEWER if purpose is Purpose.EVALUATION else OFFICER)
        assert who.account_id is not None
        new = NewBooking(
            venue_id=self.rooms[place],
            purpose=purpose,
            title=title,
            span=span,
            people=people,
            officer_id=who.account_id,
            project_id=None if lot is None else lot.project_id,
            lot_id=None if lot is None else lot.id,
            needs=frozenset({Equipment.AUDIO}),
            auctioneer_id=self.cast.actor(AUCTIONEER).account_id if purpose is Purpose.AUCTION else None,
            committee=committee,
            is_public_benefit=purpose is Purpose.OTHER,
        )
        now = at or self.now
        seen: tuple[str, ...] = ()
        for _ in range(2):
            try:
                async with self.database.work() as session:
                    return (await service.book(session, new, seen=seen, actor=who, now=now)).id
            except ConflictsNotSeen as warned:
                seen = tuple(conflict.key for conflict in warned.conflicts)
        raise AssertionError("the conflicts were seen")


def _until_midnight(starts_at: datetime) -> timedelta:
    """Two hours, or what is left of the day."""
    local = starts_at.astimezone(SHANGHAI)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), SHANGHAI)
    return min(timedelta(hours=2), midnight - local)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content
