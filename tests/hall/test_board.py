"""Today's sessions, as the hall's board tells them to everybody."""

from datetime import datetime, timedelta

from auction import service as auctions
from auction.desk import BidDesk
from tests.auction.selling import START, Sale, publish_lot
from tests.auction.test_settling import open_lot
from tests.venues.stage import LARGE_ROOM, add_room, book, make_project, officer, on_day, wanted
from trading.accounts.rules import Role
from trading.hall.board import Now, Session, sessions_of_today
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.venues.rules import Purpose


async def board(database: Database, now: datetime) -> list[Session]:
    async with database.reading() as session:
        return await sessions_of_today(session, now)


async def waiting_lot(database: Database, now: datetime, starts_at: datetime) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now, starts_at=starts_at)
        await auctions.prepare(work, sale.lot_id, now)
    return sale


async def test_a_running_sale_has_its_room_and_its_price(database: Database, now: datetime) -> None:
    sale = await open_lot(database, now)
    actor = await officer(database, "zhang", now)
    room = await add_room(database, now, LARGE_ROOM)
    span = on_day(now, 0, "09:00", "17:00")
    facts = {"purpose": Purpose.AUCTION, "project_id": sale.project_id, "lot_id": sale.lot_id}
    await book(database, wanted(room, actor, span, **facts), actor, now - timedelta(days=1))
    [before] = await board(database, now)
    assert (before.now, before.room, before.price) == (Now.RUNNING, "101 拍卖大厅", None)
    assert before.starting_price == Money(START)
    desk = BidDesk(database)
    await desk.place(sale.bidders[0].bids(START, at=now))
    await desk.close()
    [after] = await board(database, now)
    assert (after.price, after.title) == (Money(START), "城东第七号地块")


async def test_running_ones_come_first_then_by_time_and_tomorrow_is_not_today(
    database: Database, now: datetime
) -> None:
    late = await waiting_lot(database, now, now + timedelta(hours=3))
    soon = await waiting_lot(database, now, now + timedelta(hours=1))
    await waiting_lot(database, now, now + timedelta(days=1))
    running = await open_lot(database, now)
    told = await board(database, now)
    assert [one.lot_id for one in told] == [running.lot_id, soon.lot_id, late.lot_id]
    assert [one.now for one in told] == [Now.RUNNING, Now.COMING, Now.COMING]
    assert told[1].room is None


async def test_a_day_ends_at_midnight_in_shanghai(database: Database, now: datetime) -> None:
    midnight = on_day(now, 1, "00:00", "01:00").starts_at
    last = await waiting_lot(database, now, midnight - timedelta(seconds=1))
    await waiting_lot(database, now, midnight)
    assert [one.lot_id for one in await board(database, now)] == [last.lot_id]


async def test_a_suspended_sale_says_so_and_a_withdrawn_one_shows_no_price(database: Database, now: datetime) -> None:
    sale = await open_lot(database, now)
    desk = BidDesk(database)
    await desk.place(sale.bidders[0].bids(START, at=now))
    await desk.close()
    supervisor = await officer(database, "sun", now, Role.OFFICER)
    moment = now + timedelta(seconds=1)
    async with database.work() as work:
        await auctions.suspend_lot(work, sale.lot_id, reason="设备故障。", actor=supervisor, now=moment)
    [suspended] = await board(database, moment)
    assert (suspended.now, suspended.price, suspended.starting_price) == (Now.SUSPENDED, Money(START), None)
    async with database.work() as work:
        await auctions.withdraw_lot(work, sale.lot_id, reason="土地有争议。", actor=supervisor, now=moment)
    [withdrawn] = await board(database, moment)
    assert (withdrawn.now, withdrawn.price) == (Now.NOT_SOLD, None)


async def test_of_an_evaluation_the_public_learns_that_there_is_one_and_where(
    database: Database, now: datetime
) -> None:
    actor = await officer(database, "zhang", now)
    room = await add_room(database, now)
    public = await make_project(database, now, actor.account_id, title="教学设备采购", kind="government_procurement")
    draft = await make_project(
        database, now, actor.account_id, title="未公告项目", kind="works", state="entered", published_at=None
    )
    before = now - timedelta(days=1)
    times = [("13:00", "13:30"), ("15:00", "15:30"), ("17:00", "17:20")]
    spans = [on_day(now, 0, *clock) for clock in times]
    await book(database, wanted(room, actor, spans[0], project_id=public), actor, before)
    await book(database, wanted(room, actor, spans[1], project_id=public, purpose=Purpose.EVALUATION), actor, before)
    await book(database, wanted(room, actor, spans[2], project_id=draft), actor, before)
    told = await board(database, now)
    assert [(one.purpose, one.title) for one in told] == [
        (Purpose.OPENING, "教学设备采购"),
        (Purpose.EVALUATION, None),
        (Purpose.OPENING, None),
    ]
    assert all(one.room and one.room.endswith("开标室") for one in told)
    during, after = spans[0].starts_at, spans[0].ends_at
    assert (await board(database, during))[0].now == Now.RUNNING
    assert next(one for one in await board(database, after) if one.title).now == Now.OVER
