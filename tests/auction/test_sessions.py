"""Several lots in one session: one after another or side by side."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from auction import presenting, selling_sessions, service
from auction.looking import auction_of, due_moments
from auction.models import AuctionSession
from auction.refused_powers import (
    LotHasItsOwnEnd,
    LotNotFreeForSession,
    SessionBegun,
    SessionNeedsLots,
    SessionNotFound,
    SessionOrder,
    SessionTitleMissing,
)
from auction.sale import Stage
from tests.auction.selling import Sale
from tests.auction.test_service import advance, hammer, on_sale
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.ids import new_id

SECOND = timedelta(seconds=1)
TITLE = "第三季度土地拍卖会"


async def arrange(
    database: Database, sales: list[Sale], now: datetime, *, one_after_another: bool = True, title: str = TITLE
) -> AuctionSession:
    async with database.work() as work:
        return await selling_sessions.create_session(
            work,
            title=title,
            lot_ids=[sale.lot_id for sale in sales],
            one_after_another=one_after_another,
            actor=sales[0].auctioneer,
            now=now,
        )


async def open_lot(database: Database, sale: Sale, at: datetime) -> None:
    async with database.work() as work:
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=at)


async def stages(database: Database, sales: list[Sale]) -> list[str]:
    async with database.reading() as session:
        return [(await auction_of(session, sale.lot_id)).stage for sale in sales]


async def order_of(database: Database, session_id: UUID) -> list[UUID]:
    async with database.reading() as session:
        return [auction.lot_id for auction in await selling_sessions.lots_of(session, session_id)]


async def test_lots_one_after_another_are_opened_only_when_those_before_have_ended(
    database: Database, now: datetime
) -> None:
    first, second = await on_sale(database, now), await on_sale(database, now)
    await arrange(database, [first, second], now)
    with pytest.raises(SessionOrder):
        await open_lot(database, second, now)
    await open_lot(database, first, now)
    with pytest.raises(SessionOrder):
        await open_lot(database, second, now)
    await hammer(database, first, None, 100_000_000, now + SECOND)
    await open_lot(database, second, now + 3 * SECOND)
    assert await stages(database, [first, second]) == [Stage.WITHDRAWN, Stage.OPEN]


async def test_the_clock_waits_for_the_lots_before_and_opens_the_next_one_by_itself(
    database: Database, now: datetime
) -> None:
    sales = [await on_sale(database, now, method="timed_bidding", bidders=1, window_s=60) for _ in range(3)]
    await arrange(database, list(reversed(sales)), now)
    third, second, first = sales
    assert await advance(database, now) == [first.lot_id]
    assert await advance(database, now + SECOND) == []
    async with database.reading() as session:
        assert {lot_id for lot_id, _ in await due_moments(session, now + SECOND)} == set()
    assert await advance(database, now + 61 * SECOND) == [first.lot_id]
    async with database.reading() as session:
        assert [lot_id for lot_id, _ in await due_moments(session, now + 61 * SECOND)] == [second.lot_id]
    assert await advance(database, now + 62 * SECOND) == [second.lot_id]
    assert await stages(database, [first, second, third]) == [Stage.WITHDRAWN, Stage.OPEN, Stage.WAITING]


async def test_the_page_of_a_lot_that_waits_names_the_lot_before_it(database: Database, now: datetime) -> None:
    first, second = await on_sale(database, now), await on_sale(database, now)
    await arrange(database, [first, second], now)

    async def told(sale: Sale) -> str | None:
        async with database.reading() as session:
            shown = await presenting.watching(session, await auction_of(session, sale.lot_id))
        waits_for: str | None = shown["live"]["waits_for"]
        return waits_for

    assert [await told(first), await told(second)] == [None, "城东第七号地块"]
    await open_lot(database, first, now)
    await hammer(database, first, None, 100_000_000, now + SECOND)
    assert await told(second) is None


async def test_lots_side_by_side_are_opened_in_any_order(database: Database, now: datetime) -> None:
    first, second = await on_sale(database, now), await on_sale(database, now, method="timed_bidding")
    await arrange(database, [first, second], now, one_after_another=False)
    assert await advance(database, now) == [second.lot_id]
    await open_lot(database, first, now)
    assert await stages(database, [first, second]) == [Stage.OPEN, Stage.OPEN]


async def test_a_lot_is_in_one_session_and_only_while_it_waits(database: Database, now: datetime) -> None:
    taken, other, begun, free = [await on_sale(database, now) for _ in range(4)]
    await arrange(database, [taken, other], now)
    await open_lot(database, begun, now)
    with pytest.raises(LotNotFreeForSession):
        await arrange(database, [free, taken], now)
    with pytest.raises(LotNotFreeForSession):
        await arrange(database, [free, begun], now)


async def test_a_session_needs_a_title_and_two_lots_each_once(database: Database, now: datetime) -> None:
    first, second = await on_sale(database, now), await on_sale(database, now)
    for sales in ([first], [first, first]):
        with pytest.raises(SessionNeedsLots):
            await arrange(database, sales, now)
    for title in ("", "  ", "长" * 81):
        with pytest.raises(SessionTitleMissing):
            await arrange(database, [first, second], now, title=title)


async def test_a_lot_whose_end_was_announced_waits_for_no_other(database: Database, now: datetime) -> None:
    auction = await on_sale(database, now)
    tender = await on_sale(database, now, method="tender", listing_ends_at=now + timedelta(hours=1))
    with pytest.raises(LotHasItsOwnEnd):
        await arrange(database, [auction, tender], now)
    await arrange(database, [auction, tender], now, one_after_another=False)


async def test_lots_are_added_taken_out_and_reordered_before_the_first_is_opened(
    database: Database, now: datetime
) -> None:
    first, second, third = [await on_sale(database, now) for _ in range(3)]
    arranged = await arrange(database, [first, second], now)

    async def rearrange(*sales: Sale) -> None:
        async with database.work() as work:
            await selling_sessions.rearrange_session(
                work,
                arranged.id,
                title="下午场",
                lot_ids=[sale.lot_id for sale in sales],
                actor=first.auctioneer,
                now=now,
            )

    await rearrange(third, second)
    assert await order_of(database, arranged.id) == [third.lot_id, second.lot_id]
    await open_lot(database, first, now)
    await open_lot(database, third, now)
    with pytest.raises(SessionBegun):
        await rearrange(second, third)
    assert await order_of(database, arranged.id) == [third.lot_id, second.lot_id]
    async with database.reading() as session:
        assert await journal_store.verify(session, f"session:{arranged.id}") is None
        facts = await journal_store.read(session, f"session:{arranged.id}")
        assert [(fact.kind, fact.body["title"]) for fact in facts] == [
            ("session_arranged", TITLE),
            ("session_rearranged", "下午场"),
        ]
        assert facts[1].body["lots"] == [str(third.lot_id), str(second.lot_id)]


async def test_a_lot_that_waits_is_taken_out_of_a_session_whose_first_lot_does_not_end(
    database: Database, now: datetime
) -> None:
    first, second = await on_sale(database, now), await on_sale(database, now)
    arranged = await arrange(database, [first, second], now)
    await open_lot(database, first, now)
    async with database.work() as work:
        with pytest.raises(LotNotFreeForSession):
            await selling_sessions.take_out(work, first.lot_id, actor=first.auctioneer, now=now)
        assert await selling_sessions.take_out(work, second.lot_id, actor=first.auctioneer, now=now) == arranged.id
    await open_lot(database, second, now)
    assert await order_of(database, arranged.id) == [first.lot_id]


async def test_the_list_shows_the_lots_of_a_session_together_in_its_order(database: Database, now: datetime) -> None:
    alone, first, second = [await on_sale(database, now + minute * timedelta(minutes=1)) for minute in range(3)]
    arranged = await arrange(database, [second, first], now)
    async with database.reading() as session:
        groups = await selling_sessions.grouped(session, await service.sessions(session))
        shown = [(group.session and group.session.id, [one.lot_id for one in group.auctions]) for group in groups]
        assert shown == [(None, [alone.lot_id]), (arranged.id, [second.lot_id, first.lot_id])]
        assert [one.lot_id for one in await selling_sessions.free_lots(session)] == [alone.lot_id]


async def test_a_session_that_does_not_exist_is_refused(database: Database, now: datetime) -> None:
    sale = await on_sale(database, now)
    async with database.work() as work:
        with pytest.raises(SessionNotFound):
            await selling_sessions.rearrange_session(
                work, new_id(), title=TITLE, lot_ids=[sale.lot_id], actor=sale.auctioneer, now=now
            )
