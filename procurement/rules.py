"""What a procurement result must state before it is recorded, and what it saved. Pure.

Three kinds are counted apart: government procurement (政府采购), agency selection (代理机构比选) and fixed-price
selection (固定价比选). The last two have no national text. Buyers choose their agencies freely, and a draw that limits
the number of bidders counts as interference with competition; so these methods are used only with a stated legal basis,
and it is recorded who decided. See docs/laws.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from trading.accounts.rules import credit_code_of
from trading.kernel.errors import Refusal
from trading.kernel.money import Money
from trading.projects.rules import SELECTIONS, ProjectKind


@dataclass(frozen=True, slots=True)
class ProcurementResult:
    """How a procurement ended. `budget` is None where the price was fixed beforehand; `award` is what is paid."""

    kind: ProjectKind
    title: str
    buyer_name: str
    winner_name: str
    winner_credit_code: str | None
    budget: Money | None
    award: Money
    concluded_at: datetime
    legal_basis: str = ""
    decided_by: str = ""
    is_demonstration: bool = False


@dataclass(eq=False)
class NotProcurement(Refusal):
    """Land and what else is sold here is not procured: its deals come out of a sale."""

    message: ClassVar[str] = "This kind of project is not a procurement."
    advice: ClassVar[str] = "Enter a project of its kind instead; its deal is made by the sale."


@dataclass(eq=False)
class ResultIncomplete(Refusal):
    """A title, a buyer or a winner is missing."""

    message: ClassVar[str] = "The result does not say what was procured, by whom, and from whom."
    advice: ClassVar[str] = "State the title, the buyer and the winner."


@dataclass(eq=False)
class LegalBasisMissing(Refusal):
    """A selection by lot or by price without a stated legal basis, or without the name of whoever decided."""

    message: ClassVar[str] = "A selection by lot or by price needs a stated legal basis and the name of who decided."
    advice: ClassVar[str] = (
        "State both. Where there is no legal basis, the buyer chooses freely and no draw may be held."
    )


@dataclass(eq=False)
class BudgetMissing(Refusal):
    """Only a price that was fixed beforehand goes without a budget."""

    message: ClassVar[str] = "A budget above zero is needed, because what is saved is counted from it."
    advice: ClassVar[str] = "State the budget in yuan."


@dataclass(eq=False)
class PriceWasFixed(Refusal):
    """A fixed-price selection has no budget to save from."""

    message: ClassVar[str] = "The price of a fixed-price selection is fixed beforehand: it has no budget beside it."
    advice: ClassVar[str] = "State the fixed price only."


@dataclass(eq=False)
class AwardNotPositive(Refusal):
    """An award of nothing, or less."""

    message: ClassVar[str] = "The award must be more than zero."
    advice: ClassVar[str] = "State what is paid, in yuan."


@dataclass(eq=False)
class AwardAboveBudget(Refusal):
    """A bid above the budget is invalid, so it cannot have won. Source: 财政部令87号 art. 63 (unconfirmed)."""

    message: ClassVar[str] = "The award of {award} is above the budget of {budget}."
    advice: ClassVar[str] = "Check both amounts: a bid above the budget cannot win."

    award: Money
    budget: Money


@dataclass(eq=False)
class NotConcludedYet(Refusal):
    """A result that lies in the future."""

    message: ClassVar[str] = "The day of conclusion lies in the future."
    advice: ClassVar[str] = "Record the result once it is there."


def check_result(result: ProcurementResult, now: datetime) -> None:
    """Refuse a result that may not be recorded.

    Refusals: NotProcurement, ResultIncomplete, LegalBasisMissing, AwardNotPositive, BudgetMissing, PriceWasFixed,
    AwardAboveBudget, NotConcludedYet, and CreditCodeInvalid of accounts.
    """
    if result.kind.is_sale:
        raise NotProcurement
    if not (result.title.strip() and result.buyer_name.strip() and result.winner_name.strip()):
        raise ResultIncomplete
    if result.kind in SELECTIONS and not (result.legal_basis.strip() and result.decided_by.strip()):
        raise LegalBasisMissing
    _check_amounts(result)
    if result.concluded_at > now:
        raise NotConcludedYet
    if result.winner_credit_code is not None:
        credit_code_of(result.winner_credit_code)


def saved(budget: Money | None, award: Money) -> Money | None:
    """What was saved: budget - award. None where the price was fixed beforehand."""
    return None if budget is None else budget - award


def _check_amounts(result: ProcurementResult) -> None:
    if result.award.fen <= 0:
        raise AwardNotPositive
    if result.kind is ProjectKind.FIXED_PRICE_SELECTION:
        if result.budget is not None:
            raise PriceWasFixed
        return
    if result.budget is None or result.budget.fen <= 0:
        raise BudgetMissing
    if result.award > result.budget:
        raise AwardAboveBudget(result.award, result.budget)
