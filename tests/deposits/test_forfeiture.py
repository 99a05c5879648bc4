"""The deposit of a disqualified bidder: held until it is decided on, forfeited by two people, or returned."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.deposits.stage import ANNA, BORIS, DEPOSIT_FEN, OWNER, SYSTEM, Bidder, Stage
from trading.accounts.rules import Actor
from trading.deposits import forfeiting, ledger, presenting, service
from trading.deposits.forfeiture_rules import (
    DecisionWithoutReasons,
    Forfeiture,
    ForfeitureMovedOn,
    ForfeitureState,
    SaleStillRuns,
    SamePersonConfirms,
    confirm,
    decline,
)
from trading.deposits.refunding import request_refund
from trading.deposits.rules import DepositState
from trading.deposits.stages import BidderStage
from trading.kernel.errors import NotFound, NotPermitted
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects import rules as project_rules
from trading.projects import service as projects
from trading.registration import service as registrations
from trading.supervision.dossiers import ProjectDossiers

WHY = "与其他竞买人串通报价"
REASONS = "串通事实已查明，依竞买须知不予退还"


async def disqualified(stage: Stage) -> Bidder:
    """A bidder with a deposit who was disqualified while the sale ran."""
    bidder = await stage.qualified()
    async with stage.database.work() as session:
        await registrations.disqualify(session, bidder.registered, reason=WHY, actor=SYSTEM, now=stage.now)
    return bidder


async def end_sale(stage: Stage, winner: Bidder | None = None) -> None:
    """The sale ends, and its deposits are settled."""
    outcome: project_rules.Outcome = project_rules.CalledOff("by_order")
    if winner is not None:
        outcome = project_rules.Sold(winner.unit.name, winner.unit.credit_code, Money(500_000_00))
    async with stage.database.work() as session:
        await projects.open_contest(session, stage.lot_id, now=stage.now, actor=SYSTEM)
        await projects.conclude_lot(session, stage.lot_id, outcome=outcome, now=stage.now, actor=SYSTEM)
    await settle(stage, winner)


async def settle(stage: Stage, winner: Bidder | None) -> None:
    async with stage.database.work() as session:
        registration = None if winner is None else winner.registered
        await service.settle_lot(session, stage.lot_id, registration, stage.now, SYSTEM)


async def propose(stage: Stage, bidder: Bidder, actor: Actor = ANNA, reasons: str = REASONS) -> None:
    async with stage.database.work() as session:
        await forfeiting.propose_forfeiture(session, bidder.registered, reasons=reasons, actor=actor, now=stage.now)


async def confirm_it(stage: Stage, bidder: Bidder, actor: Actor = BORIS) -> None:
    async with stage.database.work() as session:
        await forfeiting.confirm_forfeiture(session, bidder.registered, actor=actor, now=stage.now)


async def give_back(stage: Stage, bidder: Bidder, actor: Actor = BORIS) -> None:
    async with stage.database.work() as session:
        await forfeiting.return_deposit(session, bidder.registered, reasons=REASONS, actor=actor, now=stage.now)


async def owed(stage: Stage, account: str) -> int:
    async with stage.database.reading() as session:
        return -await ledger.available_fen(session, account)


def test_who_proposed_a_forfeiture_does_not_confirm_it_but_may_take_it_back() -> None:
    proposed = Forfeiture(ForfeitureState.PROPOSED, "account:a")
    with pytest.raises(SamePersonConfirms):
        confirm(proposed, by="account:a")
    assert confirm(proposed, by="account:b").state is ForfeitureState.CONFIRMED
    assert decline(proposed, by="account:a").state is ForfeitureState.DECLINED
    for decided in (confirm(proposed, by="account:b"), decline(proposed, by="account:b")):
        for step in (confirm, decline):
            with pytest.raises(ForfeitureMovedOn):
                step(decided, by="account:c")


async def test_the_end_of_a_sale_returns_all_deposits_but_those_of_disqualified_bidders(stage: Stage) -> None:
    out, loser = await disqualified(stage), await stage.qualified()
    await end_sale(stage)
    await settle(stage, None)
    assert (await stage.deposit(out)).state == DepositState.HELD
    assert (await stage.deposit(loser)).state == DepositState.RETURNING
    assert [refund.registration_id for refund in await stage.refunds()] == [loser.registered]


async def test_two_people_forfeit_a_deposit_and_it_is_owed_to_the_owner_from_then_on(stage: Stage) -> None:
    bidder = await disqualified(stage)
    await end_sale(stage)
    await propose(stage, bidder)
    assert (await stage.deposit(bidder)).state == DepositState.HELD
    assert await owed(stage, f"held:{bidder.registered}") == DEPOSIT_FEN
    await confirm_it(stage, bidder)
    assert (await stage.deposit(bidder)).state == DepositState.FORFEITED
    assert await owed(stage, f"held:{bidder.registered}") == 0
    assert await owed(stage, f"forfeited:{stage.lot_id}") == DEPOSIT_FEN
    facts = (await stage.journal(f"deposit:{bidder.registered}"))[-2:]
    assert [(fact.kind, fact.actor) for fact in facts] == [
        ("forfeiture_proposed", ANNA.reference),
        ("deposit_forfeited", BORIS.reference),
    ]
    assert (facts[0].body["reasons"], facts[1].body["payee_name"]) == (REASONS, OWNER)
    async with stage.database.reading() as session:
        card = await presenting.card_of(session, await stage.registration(bidder), stage.now)
        assert (card.stage, card.is_over) == (BidderStage.DISQUALIFIED, True)
        assert card.forfeiture is not None
        assert (card.forfeiture.state, card.forfeiture.reasons) == (ForfeitureState.CONFIRMED, REASONS)
        assert await forfeiting.undecided(session) == []


async def test_one_person_alone_forfeits_nothing_and_the_database_refuses_it_too(stage: Stage) -> None:
    bidder = await disqualified(stage)
    await end_sale(stage)
    await propose(stage, bidder)
    with pytest.raises(SamePersonConfirms):
        await confirm_it(stage, bidder, ANNA)
    with pytest.raises(DBAPIError, match="two_people"):
        async with stage.database.work() as session:
            await session.execute(
                text("UPDATE forfeitures SET state = 'confirmed', decided_by = proposed_by, decided_at = now()")
            )
    assert (await stage.deposit(bidder)).state == DepositState.HELD


async def test_a_forfeited_deposit_can_neither_be_forfeited_again_nor_go_back(stage: Stage) -> None:
    bidder = await disqualified(stage)
    await end_sale(stage)
    await propose(stage, bidder)
    await confirm_it(stage, bidder)
    for again in (propose, confirm_it, give_back):
        with pytest.raises(ForfeitureMovedOn):
            await again(stage, bidder)
    receipt = await stage.receipt((await stage.deposit(bidder)).receipt_reference or "")
    with pytest.raises(DBAPIError, match="does not hold"):
        async with stage.database.work() as session:
            await request_refund(session, receipt, "disqualified", SYSTEM, stage.now)


async def test_a_deposit_that_is_returned_instead_goes_the_way_of_every_refund(stage: Stage) -> None:
    bidder = await disqualified(stage)
    await end_sale(stage)
    await propose(stage, bidder)
    await give_back(stage, bidder)
    (refund,) = await stage.refunds()
    assert (refund.reason, (await stage.deposit(bidder)).state) == ("disqualified", DepositState.RETURNING)
    with pytest.raises(ForfeitureMovedOn):
        await confirm_it(stage, bidder)
    await stage.approve_and_release([refund.id])
    await stage.send()
    assert await stage.paid_back(bidder) == [DEPOSIT_FEN]
    assert (await stage.deposit(bidder)).state == DepositState.RETURNED
    assert "deposit_not_forfeited" in await stage.journal_kinds(bidder)


async def test_nothing_is_decided_while_the_sale_runs_or_without_reasons_or_by_somebody_else(stage: Stage) -> None:
    bidder = await disqualified(stage)
    for decide in (propose, give_back):
        with pytest.raises(SaleStillRuns):
            await decide(stage, bidder)
    await end_sale(stage)
    with pytest.raises(DecisionWithoutReasons):
        await propose(stage, bidder, reasons="四字理由")
    for decide in (propose, confirm_it, give_back):
        with pytest.raises(NotPermitted):
            await decide(stage, bidder, actor=SYSTEM)
    with pytest.raises(NotFound):
        await propose(stage, Bidder(bidder.unit, new_id()))


async def test_the_deposit_of_a_bidder_in_good_standing_is_never_forfeited(stage: Stage) -> None:
    bidder = await stage.qualified()
    async with stage.database.work() as session:
        await projects.open_contest(session, stage.lot_id, now=stage.now, actor=SYSTEM)
    with pytest.raises(ForfeitureMovedOn):
        await propose(stage, bidder)


async def test_a_disqualified_winner_whose_bids_stand_pays_with_the_deposit(stage: Stage) -> None:
    """The deposit is not decided on between the end of the sale and its settlement."""
    winner = await disqualified(stage)
    async with stage.database.work() as session:
        await projects.open_contest(session, stage.lot_id, now=stage.now, actor=SYSTEM)
        sold = project_rules.Sold(winner.unit.name, winner.unit.credit_code, Money(500_000_00))
        await projects.conclude_lot(session, stage.lot_id, outcome=sold, now=stage.now, actor=SYSTEM)
    with pytest.raises(ForfeitureMovedOn):
        await propose(stage, winner)
    await settle(stage, winner)
    assert (await stage.deposit(winner)).state == DepositState.PRICE
    async with stage.database.reading() as session:
        card = await presenting.card_of(session, await stage.registration(winner), stage.now)
    assert card.stage is BidderStage.WON


async def test_the_dossier_has_a_table_of_what_was_decided_on_deposits_of_disqualified_bidders(stage: Stage) -> None:
    forfeiting_of, returning_to = await disqualified(stage), await disqualified(stage)
    await end_sale(stage)

    async def tables() -> dict[str, bytes]:
        async with stage.database.reading() as session:
            project_id = (await projects.get_lot(session, stage.lot_id)).project_id
            return {each.file_name: each.content for each in await ProjectDossiers().records(session, project_id)}

    assert not [name for name in await tables() if "不予退还" in name]
    for bidder in (forfeiting_of, returning_to):
        await propose(stage, bidder)
    await confirm_it(stage, forfeiting_of)
    await give_back(stage, returning_to)
    pages = PdfReader(BytesIO((await tables())["04-保证金不予退还.pdf"])).pages
    told = "".join("".join(page.extract_text().split()) for page in pages)
    for bidder, decision in ((forfeiting_of, "不予退还"), (returning_to, "予以退还")):
        plate = (await stage.registration(bidder)).plate
        assert f"{bidder.unit.name}{plate}100,000.00{OWNER}{REASONS}{decision}" in told


async def test_the_page_of_deposits_lists_what_was_forfeited_and_to_whom(stage: Stage) -> None:
    forfeiting_of, proposed = await disqualified(stage), await disqualified(stage)
    await end_sale(stage)
    for bidder in (forfeiting_of, proposed):
        await propose(stage, bidder)
    await confirm_it(stage, forfeiting_of)
    async with stage.database.reading() as session:
        [line] = (await presenting.finance_day(session, ANNA, stage.now, stage.now)).forfeited
    assert (line.unit_name, line.row.amount_fen, line.row.payee_name) == (forfeiting_of.unit.name, DEPOSIT_FEN, OWNER)
