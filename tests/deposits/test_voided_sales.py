"""The result of a sale declared void by two officers: what becomes of winner, deposit, figures and announcement."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient

from archive import files
from auction import budgets, service
from auction.completing import Issuer
from auction.refusals import EndBeingDecided
from auction.settling import BidRequest, settle
from auction.voiding import void_result
from auction.way import SETTLE_DELAY
from tests.deposits.stage import ANNA, BORIS, DEPOSIT_FEN, Bidder, Stage
from tests.projects.people import make_account, make_officer
from tests.projects.visitor import signed_in
from trading.accounts.rules import Actor, Role
from trading.app import create_app
from trading.deposits import forfeiting, ledger, presenting
from trading.deposits.rules import DepositState
from trading.deposits.stages import BidderStage
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects import voiding
from trading.projects.rules import LotState, ProjectState, ReasonsMissing
from trading.projects.voiding import ResultStands, SameOfficerConfirms, VoidingMovedOn
from trading.publication import service as publication
from trading.reports import service as reports
from trading.reports.rules import year_to_date
from trading.settings import Settings
from trading.supervision.dossiers import ProjectDossiers

ISSUER = Issuer("合江县公共资源交易中心", "http://127.0.0.1:8000")
START = 500_000_00
WHY = "竞得人提供虚假文件"


@pytest.fixture(autouse=True)
async def store(tmp_path: Path) -> AsyncIterator[None]:
    """The archive keeps its files in the test's own folder."""
    before = files._store
    files.use_folder(tmp_path / "files")
    yield
    files._store = before


@dataclass
class Sold:
    """A lot that was sold, whose sale is not completed yet, and two officers."""

    stage: Stage
    winner: Bidder
    loser: Bidder
    first: Actor
    second: Actor

    async def complete(self) -> None:
        async with self.stage.database.work() as work:
            assert await service.complete_concluded(work, self.stage.now, issuer=ISSUER) == [self.stage.lot_id]

    async def propose(self, reasons: str = WHY) -> None:
        async with self.stage.database.work() as work:
            await voiding.propose_voiding(work, self.stage.lot_id, reasons, actor=self.first, now=self.stage.now)

    async def confirm(self, actor: Actor | None = None) -> None:
        async with self.stage.database.work() as work:
            await void_result(work, self.stage.lot_id, actor=actor or self.second, now=self.stage.now)

    async def take_back(self) -> None:
        async with self.stage.database.work() as work:
            await voiding.take_back_voiding(work, self.stage.lot_id, actor=self.second, now=self.stage.now)

    async def lot_state(self) -> str:
        async with self.stage.database.reading() as session:
            return (await projects.get_lot(session, self.stage.lot_id)).state

    async def gaps(self) -> tuple[str, ...]:
        async with self.stage.database.reading() as session:
            lot = await projects.get_lot(session, self.stage.lot_id)
            return (await ProjectDossiers().parts(session, lot.project_id)).gaps


@pytest.fixture
async def sold(stage: Stage) -> Sold:
    """Timed bidding with two bidders, the first of whom won."""
    winner, loser = await stage.qualified(), await stage.qualified()
    starts_at = stage.now + timedelta(hours=2)
    first, second = [await make_officer(stage.database, name, stage.now) for name in ("first", "second")]
    async with stage.database.work() as work:
        lot = await projects.lock_lot(work, stage.lot_id)
        lot.selling_method, lot.window_s, lot.deal_code = "timed_bidding", 5, "C01-TEST"
        project = await projects.get_project(work, lot.project_id)
        project.entry_code, project.entered_at = "JC-TEST", stage.now
        await budgets.set_budget(work, winner.unit.id, Money(START), actor=first, now=stage.now)
        await service.prepare(work, stage.lot_id, stage.now)
    async with stage.database.work() as work:
        await service.advance_due(work, starts_at)
        registration = await stage.registration(winner)
        bid = BidRequest(
            lot_id=stage.lot_id,
            account_id=registration.account_id or first.account_id or new_id(),
            registration_id=registration.id,
            plate=registration.plate,
            key=new_id(),
            price=Money(START),
            given=str(START),
            arrived_at=starts_at,
        )
        [decision] = await settle(work, [bid])
        assert decision
    stage.now = starts_at + timedelta(seconds=5) + SETTLE_DELAY
    async with stage.database.work() as work:
        assert await service.advance_due(work, stage.now) == [stage.lot_id]
    return Sold(stage, winner, loser, first, second)


async def counted(stage: Stage) -> tuple[int, int]:
    """How many deals the year's report and the list of the latest ones know."""
    async with stage.database.reading() as session:
        report = await reports.report_of(session, year_to_date(stage.now.date()))
        return sum(each.count for each in report.categories), len(await projects.latest_deals(session))


async def test_two_officers_declare_a_result_void_and_nobody_is_awarded_the_lot_instead(sold: Sold) -> None:
    """39号 art. 25."""
    stage = sold.stage
    await sold.complete()
    assert (await stage.deposit(sold.winner)).state == DepositState.PRICE
    assert await counted(stage) == (1, 1)
    await sold.propose(f"{WHY}。")
    assert "A second officer has to decide whether the result is void." in await sold.gaps()
    with pytest.raises(SameOfficerConfirms):
        await sold.confirm(sold.first)
    assert (await sold.lot_state(), await counted(stage)) == (LotState.SOLD, (1, 1))
    await sold.confirm()
    assert (await sold.lot_state(), await counted(stage)) == (LotState.VOIDED, (0, 0))
    async with stage.database.reading() as session:
        assert await projects.deal_of(session, stage.lot_id) is None
        assert await budgets.bound_lots(session, sold.winner.unit.id, stage.now) == []
        winner = await stage.registration(sold.winner)
        assert (winner.state, winner.disqualified_because) == ("disqualified", f"{WHY}。")
        cards = [
            (await presenting.card_of(session, await stage.registration(bidder), stage.now)).stage
            for bidder in (sold.winner, sold.loser)
        ]
        told = await publication.announcements_of(session, (await projects.get_lot(session, stage.lot_id)).project_id)
    assert cards == [BidderStage.DISQUALIFIED, BidderStage.NOT_WON]
    assert [(each.kind, each.corrects_id) for each in told] == [("result", None), ("correction", told[0].id)]
    assert f"原因：{WHY}。本标的" in publication.facts_of(told[1])["correction"]
    kinds = [entry.kind for entry in await stage.journal(f"lot:{stage.lot_id}")]
    assert kinds[-2:] == ["voiding_proposed", "sale_voided"]


async def test_the_winners_deposit_is_held_again_and_its_forfeiture_proposed(sold: Sold) -> None:
    stage = sold.stage
    await sold.complete()
    await sold.propose()
    await sold.confirm()
    assert (await stage.deposit(sold.winner)).state == DepositState.HELD
    assert "A deposit is not settled." in await sold.gaps()
    async with stage.database.reading() as session:
        proposed = await forfeiting.forfeiture_of(session, sold.winner.registered)
        assert proposed is not None
        assert (proposed.state, proposed.reasons, proposed.amount_fen) == ("proposed", WHY, DEPOSIT_FEN)
        assert await ledger.available_fen(session, f"price:{stage.lot_id}") == 0
        assert [deposit.registration_id for deposit, _ in await forfeiting.undecided(session)] == [
            sold.winner.registered
        ]
    async with stage.database.work() as work:
        await forfeiting.confirm_forfeiture(work, sold.winner.registered, actor=ANNA, now=stage.now)
    assert (await stage.deposit(sold.winner)).state == DepositState.FORFEITED
    assert BORIS.reference not in str(await stage.journal(f"deposit:{sold.winner.registered}"))


async def test_a_result_is_void_once_and_never_without_reasons_or_before_the_sale_is_completed(sold: Sold) -> None:
    with pytest.raises(ReasonsMissing):
        await sold.propose("  ")
    with pytest.raises(VoidingMovedOn):
        await sold.take_back()
    await sold.propose()
    with pytest.raises(VoidingMovedOn):
        await sold.propose()
    with pytest.raises(EndBeingDecided):
        await sold.confirm()
    await sold.complete()
    await sold.take_back()
    with pytest.raises(VoidingMovedOn):
        await sold.confirm()
    await sold.propose()
    await sold.confirm()
    for again in (sold.propose, sold.confirm, sold.take_back):
        with pytest.raises(ResultStands):
            await again()


@pytest.mark.parametrize("is_filed", [True, False])
async def test_the_result_of_a_filed_dossier_or_of_a_lot_that_was_not_sold_stands(sold: Sold, is_filed: bool) -> None:
    async with sold.stage.database.work() as work:
        lot = await projects.lock_lot(work, sold.stage.lot_id)
        if is_filed:
            (await projects.lock_project(work, lot.project_id)).state = ProjectState.FILED
        else:
            lot.state = LotState.WITHDRAWN
    with pytest.raises(ResultStands):
        await sold.propose()


async def test_the_page_of_orders_takes_one_officer_after_the_other(sold: Sold, settings: Settings) -> None:
    stage = sold.stage
    await sold.complete()
    address = f"/lots/{stage.lot_id}/orders"
    async with AsyncTestClient(create_app(settings, Database(stage.database.url))) as client:
        one, other, auctioneer = [
            await signed_in(client, stage.database, await make_account(stage.database, name, stage.now, role))
            for name, role in (("one", Role.OFFICER), ("other", Role.OFFICER), ("leader", Role.AUCTIONEER))
        ]
        assert (await auctioneer.post(f"{address}/voiding", {"reason": WHY})).status == 403
        assert "Declare the result void" not in (await auctioneer.get(address)).text
        assert (await one.post(f"{address}/voiding", {"reason": WHY})).status == 303
        own = (await one.get(address)).text
        assert WHY in own
        assert "/voiding/confirmation" not in own
        assert "/voiding/confirmation" in (await other.get(address)).text
        assert (await one.post(f"{address}/voiding/take-back", {})).status == 303
        assert (await other.post(f"{address}/voiding", {"reason": WHY})).status == 303
        assert (await other.post(f"{address}/voiding/confirmation", {})).status == 403
        assert (await one.post(f"{address}/voiding/confirmation", {})).status == 303
        for page in (address, f"/lots/{stage.lot_id}", f"/lots/{stage.lot_id}/watch"):
            assert (await one.get(page)).text.count("The result of this sale is void.") == 1, page
        public = (await one.get(f"/lots/{stage.lot_id}")).text
        assert "Result declared void" in public
        assert public.count("更正公告</a>") == 2, "beside the void result, and among the announcements"
        assert WHY in (await one.get(address)).text
    assert await sold.lot_state() == LotState.VOIDED
