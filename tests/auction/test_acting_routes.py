"""Orders over a sale and what bidders send by forms, through the whole application."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from auction import selling_sessions, service
from auction.completing import Issuer
from auction.models import Auction
from auction.preparing import lock
from auction.sale import Stage
from auction.settling import settle
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from tests.conftest import Urls
from tests.projects.people import make_account
from tests.projects.visitor import Visitor, signed_in
from trading.accounts.models import Account
from trading.accounts.rules import Role
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.settings import Settings

pytestmark = pytest.mark.process

WHY = "与其他竞买人串通"


@pytest.fixture
async def now(database: Database) -> datetime:
    """The present: the application reads the database's own clock."""
    async with database.reading() as session:
        return await database_clock(session)


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


@pytest.fixture
async def auctioneer(client: AsyncTestClient[Litestar], database: Database, now: datetime) -> Visitor:
    return await signed_in(client, database, await make_account(database, "leader", now, Role.AUCTIONEER))


async def running(database: Database, now: datetime, **terms: object) -> Sale:
    """A sale that is open since a moment ago."""
    async with database.work() as work:
        sale = await publish_lot(work, now=now - timedelta(minutes=1), **terms)  # type: ignore[arg-type]
        await service.prepare(work, sale.lot_id, now)
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sale


async def waiting(database: Database, now: datetime) -> Sale:
    """A sale that begins in an hour."""
    async with database.work() as work:
        sale = await publish_lot(work, now=now + timedelta(hours=1))
        await service.prepare(work, sale.lot_id, now)
    return sale


async def auction_of(database: Database, lot_id: UUID) -> Auction:
    async with database.reading() as session:
        return await service.auction_of(session, lot_id)


async def person(client: AsyncTestClient[Litestar], database: Database, now: datetime, role: Role) -> Visitor:
    return await signed_in(client, database, await make_account(database, role, now, role))


async def test_the_auctioneer_changes_the_increment_as_it_was_typed_in_yuan(
    client: AsyncTestClient[Litestar], database: Database, now: datetime, auctioneer: Visitor
) -> None:
    sale = await running(database, now, increment_lowest_fen=INCREMENT, increment_highest_fen=4 * INCREMENT)
    address = f"/lots/{sale.lot_id}/console"
    answer = await auctioneer.post(f"{address}/increment", {"increment": "100,000"})
    assert (answer.status, answer.location) == (303, address)
    increment = (await auction_of(database, sale.lot_id)).state.phase.increment
    assert increment is not None
    assert increment.fen == 10_000_000
    for typed in ("", "ten", "0", "10万"):
        refused = await auctioneer.post(f"{address}/increment", {"increment": typed})
        assert refused.status == 422


async def test_an_officer_suspends_a_sale_and_lets_it_go_on_and_a_supervisor_has_a_desk_of_the_own(
    client: AsyncTestClient[Litestar], database: Database, now: datetime
) -> None:
    sale = await running(database, now, method="timed_bidding")
    address = f"/lots/{sale.lot_id}/console"
    supervisor = await person(client, database, now, Role.SUPERVISOR)
    officer = await person(client, database, now, Role.OFFICER)
    assert (await officer.post(f"{address}/suspend", {"reason": "短"})).status == 422
    answer = await officer.post(f"{address}/suspend", {"reason": "收到举报，需要核实"})
    assert (answer.status, answer.location) == (303, f"/lots/{sale.lot_id}/orders")
    assert (await auction_of(database, sale.lot_id)).stage == Stage.FROZEN
    for act in ("suspend", "resume", "withdraw", "disqualify"):
        assert (await supervisor.post(f"{address}/{act}", {"reason": WHY, "plate": "1"})).status == 403
    page = await officer.get(f"/lots/{sale.lot_id}/orders")
    assert "The sale of this lot is suspended." in page.text
    assert (await officer.post(f"{address}/resume", {"resumes_at": "soon"})).status == 422
    tomorrow = (now + timedelta(hours=33)).strftime("%Y-%m-%dT%H:%M")
    assert (await officer.post(f"{address}/resume", {"resumes_at": tomorrow, "reason": WHY})).status == 303
    announced = await auction_of(database, sale.lot_id)
    assert announced.stage == Stage.FROZEN
    assert announced.closes_at is not None
    assert timedelta(hours=24) < announced.closes_at - now < timedelta(hours=26), "typed as local time"
    page = await officer.get(f"/lots/{sale.lot_id}/orders")
    assert f"It goes on at {tomorrow.replace('T', ' ')}." in page.text
    assert (await officer.post(f"{address}/resume", {})).status == 303
    assert (await auction_of(database, sale.lot_id)).stage == Stage.OPEN


async def test_an_officer_disqualifies_a_plate_and_withdraws_the_lot_which_is_announced_with_its_reason(
    client: AsyncTestClient[Litestar], database: Database, now: datetime
) -> None:
    sale = await running(database, now)
    address = f"/lots/{sale.lot_id}/console"
    officer = await person(client, database, now, Role.OFFICER)
    assert (await officer.get(f"/lots/{sale.lot_id}/orders")).status == 200
    assert (await officer.post(f"{address}/disqualify", {"plate": "two", "reason": WHY})).status == 422
    assert (await officer.post(f"{address}/disqualify", {"plate": "7", "reason": WHY})).status == 404
    assert (await officer.post(f"{address}/disqualify", {"plate": "2", "reason": WHY})).status == 303
    assert (await auction_of(database, sale.lot_id)).state.phase.excluded == (2,)
    assert (await officer.post(f"{address}/withdraw", {"reason": "规划条件调整，终止出让"})).status == 303
    assert (await auction_of(database, sale.lot_id)).stage == Stage.WITHDRAWN
    async with database.work() as work:
        await lock(work, sale.lot_id)
        await service.complete_concluded(work, now, issuer=Issuer("中心", "http://127.0.0.1"), lot_id=sale.lot_id)
    found = await officer.get("/announcements?kind=calling_off")
    announcement = found.text.split('href="/announcements/')[1].split('"')[0]
    page = (await officer.get(f"/announcements/{announcement}")).text
    assert "依决定终止" in page  # the text of an announcement is Chinese, whatever a reader speaks
    assert "规划条件调整，终止出让" in page


async def test_only_those_who_lead_or_watch_over_a_sale_may_order_anything(
    client: AsyncTestClient[Litestar], database: Database, now: datetime
) -> None:
    sale = await running(database, now)
    finance = await person(client, database, now, Role.FINANCE)
    for act in ("increment", "suspend", "resume", "withdraw", "disqualify", "leave-session"):
        answer = await finance.post(f"/lots/{sale.lot_id}/console/{act}", {"reason": WHY, "plate": "1"})
        assert answer.status == 403, act
    for act in ("declare", "number"):
        assert (await finance.post(f"/lots/{sale.lot_id}/room/{act}", {"number": "1"})).status == 403
    assert (await finance.post("/auctioneer/sessions", {"title": "x"})).status == 403
    assert (await auction_of(database, sale.lot_id)).stage == Stage.OPEN


async def test_a_bidder_who_quoted_declares_for_timed_bidding_under_the_own_plate(
    client: AsyncTestClient[Litestar], database: Database, now: datetime
) -> None:
    begun = now - timedelta(hours=1)
    async with database.work() as work:
        sale = await publish_lot(
            work,
            now=begun,
            profile="land-timed-suzhou",  # quoting stops an hour before the end of the listing
            method="listing",
            listing_ends_at=now + timedelta(minutes=30),
        )
        await service.prepare(work, sale.lot_id, begun)
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=begun)
        await settle(work, [sale.bidders[0].bids(START, now - timedelta(minutes=40))])
    async with database.work() as work:
        await lock(work, sale.lot_id)
        await service.advance_due(work, now, lot_id=sale.lot_id)
    assert (await auction_of(database, sale.lot_id)).stage == Stage.DECLARING
    quoted = await signed_in(client, database, sale.bidders[0].account)
    silent = await signed_in(client, database, sale.bidders[1].account)
    same_unit = await make_account(database, "colleague", now, Role.BIDDER)
    async with database.work() as work:
        (await work.get_one(Account, same_unit.id)).unit_id = sale.bidders[0].account.unit_id
    colleague = await signed_in(client, database, same_unit)
    assert (await colleague.post(f"/lots/{sale.lot_id}/room/declare", {})).status == 403
    answer = await quoted.post(f"/lots/{sale.lot_id}/room/declare", {})
    assert (answer.status, answer.location) == (303, f"/lots/{sale.lot_id}/room")
    assert (await silent.post(f"/lots/{sale.lot_id}/room/declare", {})).status == 403
    assert (await auction_of(database, sale.lot_id)).state.phase.willing == (1,)


async def test_bidders_give_their_numbers_to_a_draw_by_lot(
    client: AsyncTestClient[Litestar], database: Database, now: datetime
) -> None:
    cap = START + 5 * INCREMENT
    sale = await running(database, now, method="timed_bidding", cap_fen=cap, cap_rule="draw_by_lot")
    async with database.work() as work:
        await settle(work, [sale.bidders[0].bids(cap + INCREMENT, now)])
    assert (await auction_of(database, sale.lot_id)).stage == Stage.DRAWING
    second = await signed_in(client, database, sale.bidders[1].account)
    assert (await second.post(f"/lots/{sale.lot_id}/room/number", {"number": ""})).status == 422
    assert (await second.post(f"/lots/{sale.lot_id}/room/number", {"number": "八月十五 88"})).status == 303
    assert (await auction_of(database, sale.lot_id)).state.phase.numbers == ((2, "八月十五 88"),)


async def test_the_auctioneer_arranges_a_session_reorders_it_and_reads_what_is_wrong(
    client: AsyncTestClient[Litestar], database: Database, now: datetime, auctioneer: Visitor
) -> None:
    first, second = await waiting(database, now), await waiting(database, now)
    page = await auctioneer.get("/auctioneer/sessions/new")
    assert f"place-{first.lot_id}" in page.text
    places = {f"place-{first.lot_id}": "2", f"place-{second.lot_id}": ""}
    wrong = await auctioneer.post("/auctioneer/sessions", {"title": "上午场", "order": "one_after_another"} | places)
    assert wrong.status == 422
    assert "上午场" in wrong.text
    assert "A session has at least 2 lots" in wrong.text
    places[f"place-{second.lot_id}"] = "1"
    answer = await auctioneer.post("/auctioneer/sessions", {"title": "上午场", "order": "one_after_another"} | places)
    assert answer.status == 303
    session_id = UUID(answer.location.rsplit("/", 1)[1])

    async def order() -> list[UUID]:
        async with database.reading() as session:
            return [auction.lot_id for auction in await selling_sessions.lots_of(session, session_id)]

    assert await order() == [second.lot_id, first.lot_id]
    assert "上午场" in (await auctioneer.get("/auctioneer")).text
    swapped = {f"place-{first.lot_id}": "1", f"place-{second.lot_id}": "5", "title": "上午场"}
    assert (await auctioneer.post(answer.location, swapped)).status == 303
    assert await order() == [first.lot_id, second.lot_id]
    assert (await auctioneer.post(answer.location, swapped | {f"place-{first.lot_id}": "x"})).status == 422
    assert (await auctioneer.post(f"/lots/{first.lot_id}/console/leave-session", {})).status == 303
    assert await order() == [second.lot_id]


async def test_a_program_gets_the_new_stage_or_the_refusal_as_json(
    client: AsyncTestClient[Litestar], database: Database, now: datetime, auctioneer: Visitor
) -> None:
    sale = await running(database, now)
    headers = {"accept": "application/json", "cookie": "; ".join(f"{k}={v}" for k, v in auctioneer.cookies.items())}
    form = {"reason": WHY, "_csrf_token": auctioneer.cookies["csrftoken"]}
    done = await client.post(f"/lots/{sale.lot_id}/console/suspend", data=form, headers=headers)
    assert (done.status_code, done.json()["stage"]) == (200, "frozen")
    again = await client.post(f"/lots/{sale.lot_id}/console/suspend", data=form, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "already_frozen")
