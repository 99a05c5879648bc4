"""Procurement results: what may be recorded, and that it becomes a deal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.rules import (
    AwardAboveBudget,
    AwardNotPositive,
    BudgetMissing,
    LegalBasisMissing,
    NotConcludedYet,
    NotProcurement,
    PriceWasFixed,
    ProcurementResult,
    ResultIncomplete,
    check_result,
    saved,
)
from procurement.service import record_result
from tests.projects.people import CODES
from trading.accounts.rules import Actor, CreditCodeInvalid
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.money import LARGEST_FEN, Money
from trading.projects import service as projects
from trading.projects.rules import ProjectKind

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

GOODS = ProcurementResult(
    kind=ProjectKind.GOVERNMENT_PROCUREMENT,
    title="办公设备采购",
    buyer_name="合江县演示局",
    winner_name="合江演示商贸有限公司",
    winner_credit_code="12510522MB0000014N",
    budget=Money.from_wan("50"),
    award=Money.from_wan("41.5"),
    concluded_at=NOW - timedelta(days=1),
)
BASIS, DECIDED_BY = "合江县演示规则第一条", "合江县演示局办公会"
AGENCY = replace(GOODS, kind=ProjectKind.AGENCY_SELECTION, legal_basis=BASIS, decided_by=DECIDED_BY)
FIXED = replace(AGENCY, kind=ProjectKind.FIXED_PRICE_SELECTION, budget=None)


@pytest.mark.parametrize("result", [GOODS, AGENCY, FIXED, replace(GOODS, award=Money.from_wan("50"))])
def test_a_result_that_says_what_it_must_may_be_recorded(result: ProcurementResult) -> None:
    check_result(result, NOW)


@pytest.mark.parametrize(
    ("result", "refusal"),
    [
        (replace(GOODS, kind=ProjectKind.LAND), NotProcurement),
        (replace(GOODS, title=" "), ResultIncomplete),
        (replace(GOODS, buyer_name=""), ResultIncomplete),
        (replace(GOODS, winner_name=""), ResultIncomplete),
        (replace(AGENCY, legal_basis=" "), LegalBasisMissing),
        (replace(AGENCY, decided_by=""), LegalBasisMissing),
        (replace(FIXED, legal_basis=""), LegalBasisMissing),
        (replace(GOODS, award=Money(0)), AwardNotPositive),
        (replace(GOODS, award=Money(-1)), AwardNotPositive),
        (replace(GOODS, budget=None), BudgetMissing),
        (replace(GOODS, budget=Money(0)), BudgetMissing),
        (replace(FIXED, budget=Money(1)), PriceWasFixed),
        (replace(GOODS, award=Money.from_wan("50") + Money(1)), AwardAboveBudget),
        (replace(GOODS, concluded_at=NOW + timedelta(seconds=1)), NotConcludedYet),
        (replace(GOODS, winner_credit_code="12510522MB00000140"), CreditCodeInvalid),
    ],
)
def test_a_result_that_may_not_be_recorded_says_why(result: ProcurementResult, refusal: type[Refusal]) -> None:
    """财政部令87号 art. 63 (unconfirmed) for an award above the budget."""
    with pytest.raises(refusal) as raised:
        check_result(result, NOW)
    assert "{" not in str(raised.value)


@given(budget=st.integers(1, LARGEST_FEN), award=st.integers(1, LARGEST_FEN))
def test_what_is_saved_and_what_is_awarded_make_the_budget(budget: int, award: int) -> None:
    rest = saved(Money(budget), Money(award))
    assert rest is not None
    assert rest + Money(award) == Money(budget)
    assert saved(None, Money(award)) is None


async def test_a_recorded_selection_is_a_deal_that_tells_its_basis_and_who_decided(database: Database) -> None:
    async with database.work() as session:
        deal = await record_result(session, FIXED, CODES, actor=Actor.system("test"), now=NOW)
    async with database.reading() as session:
        basis = await projects.selection_basis_of(session, deal.project_id)
        project = await projects.get_public_project(session, deal.project_id)
    assert (deal.category, deal.baseline_fen, deal.final_fen) == ("fixed_price_selection", None, 41_500_000)
    assert basis is not None
    assert (basis.legal_basis, basis.decided_by) == (BASIS, DECIDED_BY)
    assert project.owner_name == FIXED.buyer_name


async def test_a_refused_result_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(LegalBasisMissing):
        async with database.work() as session:
            await record_result(session, replace(AGENCY, legal_basis=""), CODES, actor=Actor.system("test"), now=NOW)
    async with database.reading() as session:
        assert await projects.latest_deals(session) == []


async def test_a_government_procurement_needs_no_basis_of_its_own(database: Database) -> None:
    async with database.work() as session:
        deal = await record_result(session, GOODS, CODES, actor=Actor.system("test"), now=NOW)
    async with database.reading() as session:
        assert await projects.selection_basis_of(session, deal.project_id) is None
    assert deal.winner_credit_code == GOODS.winner_credit_code
