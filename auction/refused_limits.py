"""Why a limit that a bidder set itself is refused, or forbids a bid: a secret maximum, a unit's own budget."""

from dataclasses import dataclass

from trading.kernel.errors import Refusal
from trading.kernel.money import Money


@dataclass(eq=False)
class NoMaximumHere(Refusal):
    message = "This sale takes no maximum: the platform does not bid for anybody here."
    advice = "Bid the price itself."


@dataclass(eq=False)
class MaximumTooLow(Refusal):
    """What was offered is not among the facts of a refused maximum: it stays the bidder's secret."""

    message = "Your maximum is below the lowest valid price {lowest}."
    advice = "Set a maximum of at least {lowest}."
    lowest: Money


@dataclass(eq=False)
class MaximumNotRaised(Refusal):
    message = "A maximum can only be raised: above the one you set before, and above the price with which you lead."
    advice = "Set a higher maximum, or leave it as it is. Nothing was changed by this attempt."


@dataclass(eq=False)
class MaximumNotWholeMultiple(Refusal):
    message = "Your maximum is not a whole number of increments of {increment} above the starting price."
    advice = "Set the next lower or higher amount that is."
    increment: Money


@dataclass(eq=False)
class BudgetExceeded(Refusal):
    """The unit's own protection. The bid's amount is no fact of it: it may be a secret maximum or a sealed quote."""

    message = "This bid would go beyond your unit's own budget of {budget}; other lots bind {bound} of it."
    advice = "Bid less, or change the budget under “My lots”. Nobody else learns of it."
    budget: Money
    bound: Money


@dataclass(eq=False)
class BudgetNotPositive(Refusal):
    message = "A budget is an amount above zero."
    advice = "Write the amount in yuan, or leave the field empty to lift the budget."
