"""The page of a unit's own budget."""

from datetime import datetime
from uuid import UUID

from auction import budgets
from auction.settling import settle
from tests.auction.selling import START
from tests.auction.test_budgets import lots_of_one_unit
from tests.web.conftest import browsing, token_of
from trading.accounts import service as accounts
from trading.accounts.access import SESSION_COOKIE
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.settings import Settings


async def test_a_bidder_sets_changes_and_lifts_the_budget(
    settings: Settings, database: Database, now: datetime
) -> None:
    [sale] = await lots_of_one_unit(database, now, count=1, method="auction")
    own = sale.bidders[0]
    async with database.work() as work:
        await settle(work, [own.bids(START)])
        token = await accounts.open_session(work, own.account, now=await database_clock(work))
    async with browsing(create_app(settings, database)) as client:
        client.cookies.set(SESSION_COOKIE, token)
        page = await client.get("/my/budget")
        assert page.status_code == 200
        assert "1,000,000.00" in page.text, "what is bound is told without a budget as well"
        form = await token_of(client, "/my/budget")
        for typed, told in [("3,000,000", "<dd>2,000,000.00"), ("500000", "<dd>0.00")]:
            answer = await client.post("/my/budget", data={**form, "amount": typed})
            assert answer.status_code == 200
            assert told in answer.text
        for typed in ("0", "-5", "many", "300万"):
            answer = await client.post("/my/budget", data={**form, "amount": typed})
            assert (answer.status_code, typed in answer.text) == (422, True)
        assert await _kept(database, own.registration.unit_id) == Money(50_000_000)
        await client.post("/my/budget", data={**form, "amount": ""})
        assert await _kept(database, own.registration.unit_id) is None
        linked = await client.get("/my/lots")
        assert 'href="/my/budget"' in linked.text


async def _kept(database: Database, unit_id: UUID) -> Money | None:
    async with database.reading() as session:
        return await budgets.budget_of(session, unit_id)
