"""The pages of bidders and finance through the whole application: what they say, and what they refuse."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.deposits.stage import DEPOSIT_FEN, SYSTEM, Bidder, Stage
from trading.accounts import service as accounts
from trading.accounts.access import SESSION_COOKIE
from trading.accounts.rules import Role
from trading.accounts.service import NewAccount
from trading.app import create_app
from trading.deposits import service
from trading.deposits.rules import RefundState
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.projects.rules import CalledOff
from trading.registration import service as registrations
from trading.settings import Settings

pytestmark = pytest.mark.process

HTML = {"accept": "text/html"}


@pytest.fixture
async def now(database: Database) -> datetime:
    """The present: the application reads the database's own clock."""
    async with database.reading() as session:
        return await database_clock(session)


@pytest.fixture
async def client(stage: Stage, settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """The application, with connections of its own, at the bank of this test."""
    own = replace(settings, bank_url=stage.bank.url, bank_secret=stage.bank.secret.decode())
    async with AsyncTestClient(create_app(own, Database(urls.running))) as opened:
        yield opened


class Person:
    """Somebody signed in, with a browser of their own."""

    def __init__(self, client: AsyncTestClient[Litestar], token: str) -> None:
        self._client = client
        self._cookies = {SESSION_COOKIE: token, "language": "en"}
        self._csrf = ""

    async def see(self, path: str, *, status: int = 200) -> str:
        """The text of a page."""
        self._sit_down()
        answer = await self._client.get(path, headers=HTML, follow_redirects=False)
        assert answer.status_code == status, answer.text[:400]
        self._cookies |= dict(answer.cookies)
        if found := re.search(r'name="_csrf_token" value="([^"]+)"', answer.text):
            self._csrf = found[1]
        return answer.text

    async def send(self, path: str, form: dict[str, str | list[str]]) -> tuple[int, str]:
        """Status, and the address that follows or the text."""
        self._sit_down()
        content = {"_csrf_token": self._csrf} | form
        answer = await self._client.post(path, data=content, headers=HTML, follow_redirects=False)
        return answer.status_code, answer.headers.get("location", answer.text)

    def _sit_down(self) -> None:
        """The test's one client takes this person's cookies, and nobody else's."""
        self._client.cookies.clear()
        for name, value in self._cookies.items():
            self._client.cookies.set(name, value)


async def person(
    stage: Stage, client: AsyncTestClient[Litestar], name: str, role: Role, bidder: Bidder | None
) -> Person:
    """A signed-in account, of a unit when it bids."""
    async with stage.database.work() as session:
        new = NewAccount(name, name, "four words make one", frozenset({role}))
        unit = bidder.unit if bidder else None
        account = await accounts.create_account(session, new, unit=unit, actor=SYSTEM, now=stage.now)
        return Person(client, await accounts.open_session(session, account, now=stage.now))


async def test_bidder_registers_sees_where_to_pay_and_then_the_plate(
    client: AsyncTestClient[Litestar], stage: Stage
) -> None:
    bidder = await stage.bidder()
    somebody = await person(stage, client, "bidder", Role.BIDDER, bidder)
    address = f"/lots/{stage.lot_id}/registration"
    assert "100,000.00" in await somebody.see(address)
    form: dict[str, str | list[str]] = {"contact_name": "张三", "phone": "08305551234", "undertaking": "yes"}
    assert await somebody.send(address, form) == (303, address)
    async with stage.database.reading() as session:
        registration = await registrations.registration_of(session, stage.lot_id, bidder.unit.id)
    assert registration is not None
    bidder.registration_id = registration.id
    bidder.account_number = (await stage.deposit(bidder)).account_number or ""
    page = await somebody.see(address)
    assert bidder.account_number in re.sub(r"</?span>", "", page)
    rehearsal = f'href="/lots/{stage.lot_id}/rehearsal"'
    waiting = await somebody.see("/my/lots")
    assert "Deposit to be paid" in waiting
    assert rehearsal in waiting
    await stage.pay(bidder)
    await stage.reconcile()
    assert "The deposit has arrived. You take part." in await somebody.see(address)
    qualified = await somebody.see("/my/lots")
    assert "You are qualified" in qualified
    assert rehearsal in qualified
    assert (await somebody.send(address, form))[0] == 409


async def test_form_keeps_what_was_typed_and_names_everything_that_is_missing(
    client: AsyncTestClient[Litestar], stage: Stage
) -> None:
    somebody = await person(stage, client, "bidder", Role.BIDDER, await stage.bidder())
    address = f"/lots/{stage.lot_id}/registration"
    await somebody.see(address)
    status, page = await somebody.send(address, {"contact_name": "李四演示", "phone": "12"})
    assert status == 422
    assert "李四演示" in page
    assert "Please give a phone number" in page
    assert "Please read and accept the undertaking." in page
    async with stage.database.reading() as session:
        assert await registrations.registrations_of_lot(session, stage.lot_id) == []


async def test_bidder_reads_why_a_payment_did_not_count(client: AsyncTestClient[Litestar], stage: Stage) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder, DEPOSIT_FEN - 1)
    await stage.reconcile()
    somebody = await person(stage, client, "bidder", Role.BIDDER, bidder)
    page = await somebody.see("/my/lots")
    assert "Less than the deposit" in page
    assert "0.01" in page
    assert "99,999.99" in page


async def test_account_without_a_unit_is_told_so(client: AsyncTestClient[Litestar], stage: Stage) -> None:
    somebody = await person(stage, client, "bidder", Role.BIDDER, None)
    assert "acts for a unit" in await somebody.see("/my/lots", status=403)


async def losers(stage: Stage, count: int) -> list[UUID]:
    """The refunds of so many bidders whose lot was not sold."""
    bidders = [await stage.registered() for _ in range(count)]
    for bidder in bidders:
        await stage.pay(bidder)
    await stage.reconcile()
    async with stage.database.work() as session:
        await service.settle_lot(session, stage.lot_id, None, stage.now, SYSTEM)
    return [refund.id for refund in await stage.refunds()]


async def test_two_people_in_finance_let_the_losers_deposits_go(
    client: AsyncTestClient[Litestar], stage: Stage
) -> None:
    waiting = [str(refund_id) for refund_id in await losers(stage, 3)]
    anna = await person(stage, client, "anna", Role.FINANCE, None)
    boris = await person(stage, client, "boris", Role.FINANCE, None)
    assert "3 wait for approval" in await anna.see("/finance")
    page = await anna.see("/finance/refunds")
    assert all(refund_id in page for refund_id in waiting)
    assert "300,000.00" in page
    assert await anna.send("/finance/refunds/approval", {"refund": waiting}) == (
        303,
        "/finance/refunds?decided=approved&count=3",
    )
    own = await anna.see("/finance/refunds")
    assert "3 refunds that you approved wait for a colleague." in own
    assert (await anna.send("/finance/refunds/release", {"refund": waiting}))[0] == 422
    await boris.see("/finance/refunds")
    assert (await boris.send("/finance/refunds/release", {"refund": waiting}))[0] == 303
    assert (await boris.send("/finance/refunds/release", {"refund": waiting}))[0] == 409
    assert {refund.state for refund in await stage.refunds()} == {RefundState.DONE}


@pytest.mark.parametrize(("ticked", "status"), [([], 422), (["no-uuid"], 422)])
async def test_decision_without_a_refund_is_refused(
    client: AsyncTestClient[Litestar], stage: Stage, ticked: list[str], status: int
) -> None:
    await losers(stage, 1)
    anna = await person(stage, client, "anna", Role.FINANCE, None)
    await anna.see("/finance/refunds")
    assert (await anna.send("/finance/refunds/approval", {"refund": ticked}))[0] == status
    assert {refund.state for refund in await stage.refunds()} == {RefundState.REQUESTED}


async def test_pages_of_finance_are_for_finance_only(client: AsyncTestClient[Litestar], stage: Stage) -> None:
    somebody = await person(stage, client, "bidder", Role.BIDDER, await stage.bidder())
    for path in ("/finance", "/finance/refunds"):
        await somebody.see(path, status=403)


async def test_two_people_forfeit_the_deposit_of_a_disqualified_bidder_who_reads_why(
    client: AsyncTestClient[Litestar], stage: Stage
) -> None:
    bidder = await stage.qualified()
    async with stage.database.work() as session:
        why = "与其他竞买人串通"
        await registrations.disqualify(session, bidder.registered, reason=why, actor=SYSTEM, now=stage.now)
    anna = await person(stage, client, "anna", Role.FINANCE, None)
    boris = await person(stage, client, "boris", Role.FINANCE, None)
    somebody = await person(stage, client, "bidder", Role.BIDDER, bidder)
    day = await anna.see("/finance")
    assert "Disqualified, to be decided" in day
    assert "Forfeited deposits" not in day
    assert "The sale of this lot has not ended." in await anna.see("/finance/refunds")
    async with stage.database.work() as session:
        outcome = CalledOff("by_order")
        await projects.conclude_lot(session, stage.lot_id, outcome=outcome, now=stage.now, actor=SYSTEM)
    step = f"/finance/forfeitures/{bidder.registered}/"
    assert "Propose to forfeit it" in await anna.see("/finance/refunds")
    assert (await anna.send(step + "proposal", {"reasons": "短"}))[0] == 422
    assert (await anna.send(step + "proposal", {"reasons": "串通属实，不予退还"}))[0] == 303
    assert "A colleague has to confirm it." in await anna.see("/finance/refunds?decided=proposed&count=1")
    assert (await anna.send(step + "confirmation", {}))[0] == 422
    page = await boris.see("/finance/refunds")
    assert "anna proposed to forfeit it to" in page
    assert "串通属实，不予退还" in page
    assert (await boris.send(step + "confirmation", {}))[0] == 303
    assert "The deposit was forfeited." in await boris.see("/finance/refunds?decided=forfeited&count=1")
    assert "Forfeited deposits" in await boris.see("/finance")
    for address in ("/my/lots", f"/lots/{stage.lot_id}/registration"):
        page = await somebody.see(address)
        assert "与其他竞买人串通" in page
        assert "串通属实，不予退还" in page
        assert "Forfeited to the owner of the lot" in page
    assert (await somebody.send(step + "return", {"reasons": "请退还给我"}))[0] == 403
