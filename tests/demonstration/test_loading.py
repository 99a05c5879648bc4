"""Demonstration data, laid on a real database and in the real bank's books."""

import itertools
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from auction import service as auctions
from auction.sale import Stage
from trading.accounts import service as accounts
from trading.bank_simulator.faults import Faults
from trading.bank_simulator.ledger import Ledger
from trading.demonstration import collusion, loading, yesterday
from trading.demonstration.books import bank_folder
from trading.demonstration.people import BIDDERS, PASSWORD, ROBOTS, STAFF, VISITOR
from trading.deposits import service as deposits
from trading.deposits.rules import DepositState, RefundState
from trading.kernel import journal_store
from trading.kernel.clock import Clock, fixed_clock
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import Cluster
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.profiles import SellingMethod
from trading.projects.rules import LotState, ProjectState
from trading.publication import service as publication
from trading.registration import service as registrations
from trading.settings import Settings
from trading.supervision import alerts

pytestmark = pytest.mark.process

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


async def lay(database: Database, settings: Settings, now: datetime) -> loading.Demonstration:
    """Lay the demonstration as if it were started at `now`."""
    clock: Clock = fixed_clock(now)
    with pytest.MonkeyPatch.context() as told:
        told.setattr(loading, "database_clock", clock)
        return await loading.load(database, settings, lambda _: None)


def settings_in(folder: Path) -> Settings:
    return Settings.from_environment({"TRADING_DATA_FOLDER": str(folder), "TRADING_DEMONSTRATION": "1"})


async def administer(cluster: Cluster, statement: str) -> None:
    engine = create_async_engine(cluster.superuser_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@dataclass
class Laid:
    """A database in which the demonstration has been laid at START, and may be laid again."""

    database: Database
    settings: Settings
    first: loading.Demonstration

    async def again(self, now: datetime) -> loading.Demonstration:
        return await lay(self.database, self.settings, now)


@pytest.fixture(scope="module")
async def laid_once(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Path, loading.Demonstration]]:
    """The demonstration, laid in a database that tests copy."""
    await administer(cluster, f"CREATE DATABASE demonstration_laid TEMPLATE {template} OWNER trading_owner")
    folder = tmp_path_factory.mktemp("laid")
    database = Database(cluster.running_url.replace("/trading?", "/demonstration_laid?"))
    first = await lay(database, settings_in(folder), START)
    await database.close()
    yield folder, first
    await administer(cluster, "DROP DATABASE demonstration_laid")


@pytest.fixture
async def laid(cluster: Cluster, laid_once: tuple[Path, loading.Demonstration], tmp_path: Path) -> AsyncIterator[Laid]:
    """A copy of the laid demonstration for one test: database, bank's books and documents."""
    name = f"laid_{next(_numbers)}"
    await administer(cluster, f"CREATE DATABASE {name} TEMPLATE demonstration_laid OWNER trading_owner")
    shutil.copytree(laid_once[0], tmp_path / "data")
    database = Database(cluster.running_url.replace("/trading?", f"/{name}?"))
    yield Laid(database, settings_in(tmp_path / "data"), laid_once[1])
    await database.close()
    await administer(cluster, f"DROP DATABASE {name} WITH (FORCE)")


_numbers = itertools.count(1)


async def test_yesterdays_lot_has_had_its_whole_life(laid: Laid) -> None:
    async with laid.database.reading() as session:
        project = await projects.get_project(session, yesterday.PROJECT_ID)
        [lot] = await projects.lots_of(session, project.id)
        deal = await projects.deal_of(session, lot.id)
        assert (lot.state, project.state, project.is_demonstration) == (LotState.SOLD, ProjectState.FILED, True)
        assert deal is not None
        assert (deal.final_fen, deal.winner_name) == (Money.from_yuan("26400000").fen, ROBOTS[0].unit.name)
        assert deal.concluded_at == datetime(2026, 11, 22, 2, 5, tzinfo=UTC)
        bids = await auctions.bids_of(session, lot.id)
        assert [bid.refusal_code for bid in bids if not bid.accepted] == ["bid_too_low", "already_leading"]
        plates = [registration.plate for registration in await registrations.qualified(session, lot.id)]
        assert plates == [1, 2, 3, 4]
        kinds = [announcement.kind for announcement in await publication.announcements_of(session, project.id)]
        assert kinds == ["sale", "result"]


async def test_yesterdays_dossier_holds_letter_and_bid_record(laid: Laid) -> None:
    async with laid.database.reading() as session:
        filed = await session.execute(
            text("SELECT kind, size_bytes FROM documents WHERE project_id = :id"), {"id": yesterday.PROJECT_ID}
        )
        documents = {row.kind: row.size_bytes for row in filed}
    assert min(documents["confirmation_letter"], documents["bid_record"]) > 10_000


async def test_yesterdays_losers_have_their_money_back_and_the_winners_is_part_of_the_price(laid: Laid) -> None:
    async with laid.database.reading() as session:
        [lot] = await projects.lots_of(session, yesterday.PROJECT_ID)
        refunds = await deposits.refunds_of_lot(session, lot.id)
        states = await session.scalars(text("SELECT state FROM deposits WHERE lot_id = :lot").bindparams(lot=lot.id))
        assert Counter(states) == {DepositState.PRICE: 1, DepositState.RETURNED: 3}
        today = await deposits.today(session, START)
    assert {refund.state for refund in refunds} == {RefundState.DONE}
    assert all(refund.approved_by != refund.released_by for refund in refunds)
    assert today.difference == Money(0)
    assert bank_total_fen(laid.settings) == 0


async def test_a_deposit_one_fen_short_waits_for_finance_to_send_it_back(laid: Laid) -> None:
    async with laid.database.reading() as session:
        waiting = await deposits.refunds_in(session, RefundState.REQUESTED)
        [refund] = [each for each in waiting if each.reason == "short"]
        assert len(waiting) == 7, "three more are overdue or soon due, three of the lot with signs of collusion"
        assert refund.lot_id is not None
        lot = await projects.get_lot(session, refund.lot_id)
        assert await registrations.qualified(session, lot.id) == []
    assert (refund.reason, refund.amount_fen) == ("short", lot.deposit_fen - 1)


async def test_what_happens_today_is_ready(laid: Laid) -> None:
    laid_out = laid.first
    assert laid_out.starts_at == START + timedelta(minutes=2)
    async with laid.database.reading() as session:
        live = [await auctions.auction_of(session, lot_id) for lot_id in laid_out.live_lots]
        assert {sale.method for sale in live} == set(SellingMethod)
        for sale in live:
            assert (sale.stage, sale.starts_at) == (Stage.WAITING, START + timedelta(minutes=2))
            units = {registration.unit_id for registration in await registrations.qualified(session, sale.lot_id)}
            assert len(units) == len(BIDDERS)
        assert {project.state for project in await projects.projects_to_review(session)} == {ProjectState.SUBMITTED}
        open_lots = [
            lot
            for lot in await projects.lots_in(session, [LotState.PUBLISHED])
            if lot.registration_opens_at <= START < lot.registration_closes_at - timedelta(days=1)
        ]
        assert open_lots
        visitor = await accounts.account_named(session, VISITOR.person.sign_in_name)
        await registrations.check_may_register(session, open_lots[0].id, visitor.unit_id, START)  # type: ignore[arg-type]  # it has one


async def test_two_lots_of_today_are_a_session_one_after_another(laid: Laid) -> None:
    async with laid.database.reading() as session:
        live = [await auctions.auction_of(session, lot_id) for lot_id in laid.first.live_lots]
    together = [sale for sale in live if sale.session_id is not None]
    assert len({sale.session_id for sale in together}) == 1
    assert sorted(sale.session_position or 0 for sale in together) == [1, 2]
    assert sum(sale.terms.way.cap is not None for sale in live) == 1


async def test_everybody_can_sign_in(laid: Laid) -> None:
    for person in (STAFF[0], VISITOR.person):
        async with laid.database.work() as session:
            account = await accounts.check_sign_in(session, person.sign_in_name, PASSWORD, now=START)
            assert account is not None
            assert account.is_demonstration
            assert frozenset(account.roles) == person.roles


async def test_every_chain_of_the_journal_is_whole(laid: Laid) -> None:
    async with laid.database.reading() as session:
        streams = list(await session.scalars(text("SELECT stream FROM journal_heads")))
        assert len(streams) > 20
        for stream in streams:
            assert await journal_store.verify(session, stream) is None


async def test_a_second_start_goes_on_with_the_same_data_and_adds_one_live_lot(laid: Laid) -> None:
    first = laid.first
    before = await _counts(laid.database)
    second = await laid.again(START + timedelta(minutes=1))
    after = await _counts(laid.database)
    assert {name: after[name] - before[name] for name in before} == {
        "accounts": 0,
        "lots": 1,
        "deals": 0,
        "projects": 1,
        "registrations": len(BIDDERS),
        "bids": 0,
        "refunds": 0,
    }
    assert set(first.live_lots) < set(second.live_lots)
    assert second.starts_at == START + timedelta(minutes=3)


async def test_a_start_days_later_offers_something_open_again(laid: Laid) -> None:
    first = laid.first
    second = await laid.again(START + timedelta(days=30))
    still = START + timedelta(days=31)
    async with laid.database.reading() as session:
        offered = [sale for sale in await auctions.sessions(session) if sale.registration_closes_at > still]
    assert len(offered) == 1
    assert not set(second.live_lots) <= set(first.live_lots)


async def test_an_interrupted_laying_is_taken_up_where_it_stopped(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(Exception):
        pass

    async def cut(*_: object, **__: object) -> None:
        raise PowerCut

    for step in ("_hold_auction", "_refund_losers"):
        with monkeypatch.context() as during:
            during.setattr(yesterday, step, cut)
            with pytest.raises(PowerCut):
                await lay(database, settings, START)
    await lay(database, settings, START + timedelta(days=2))
    async with database.reading() as session:
        [lot] = await projects.lots_of(session, yesterday.PROJECT_ID)
        assert lot.state == LotState.SOLD
        assert lot.starts_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
        done = [refund.state for refund in await deposits.refunds_of_lot(session, lot.id)].count(RefundState.DONE)
    assert done == 3
    assert bank_total_fen(settings) == 0


def bank_total_fen(settings: Settings) -> int:
    ledger = Ledger(bank_folder(settings.data_folder) / "bank.sqlite3", Faults(allowed=False))
    try:
        return ledger.total_fen()
    finally:
        ledger.close()


async def _counts(database: Database) -> dict[str, int]:
    names = ("accounts", "lots", "deals", "projects", "registrations", "bids", "refunds")
    async with database.reading() as session:
        return {name: (await session.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in names}


async def test_the_platform_finds_the_signs_of_collusion_that_were_laid(laid: Laid) -> None:
    await laid.again(START + timedelta(minutes=1))
    async with laid.database.reading() as session:
        found = [each.alert for each in await alerts.alerts(session)]
    assert [(alert.kind, alert.severity) for alert in found] == [("same_payer", "red"), ("regular_steps", "yellow")]
    assert {alert.project_id for alert in found} == {collusion.PROJECT_ID}
