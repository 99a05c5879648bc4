"""What a second round (再次拍卖) is bound to: sold in the same way, its starting price cut by at most so much. Pure.

Source: 法释〔2016〕18号 art. 26 (a lot that nobody bid for is sold again on the same platform, for at most 20 percent
less than before). The valuation bounds the first round's price (art. 10); the first price bounds the second round's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from trading.kernel.errors import Outdated, Refusal
from trading.kernel.money import Money
from trading.projects.form_reading import Form
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.kinds.judging import Judged, judge_form
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import Ruled, RuleProfile, SellingMethod
from trading.projects.rules import ProjectKind
from trading.projects.typed_values import read_amount


@dataclass(eq=False)
class NoSecondRound(Refusal):
    """Only a lot that nobody bid for in the first round of an online auction is announced again this way."""

    message: ClassVar[str] = "This lot cannot be announced again in a second round."
    advice: ClassVar[str] = (
        "That is for a lot that nobody bid for in an online auction, and only once. Enter a new project instead."
    )


@dataclass(eq=False)
class SecondRoundBegun(Outdated):
    """The second round of this lot has been begun before."""

    message: ClassVar[str] = "The second round of this lot has been begun already."
    advice: ClassVar[str] = "Go on with its project; it is in your list. Nothing was changed by this attempt."


@dataclass(eq=False)
class CutOutOfBounds(Refusal):
    """The starting price of a second round lies between the cut that the profile allows and the first one's."""

    message: ClassVar[str] = "In a second round the starting price is between {least} and {first}."
    advice: ClassVar[str] = "Cut the first starting price by at most {percent} %."
    least: Money
    first: Money
    percent: int


@dataclass(eq=False)
class SecondRoundUnreadable(Refusal):
    """The starting price that was typed is no amount."""

    message: ClassVar[str] = "The starting price of the second round is not an amount."
    advice: ClassVar[str] = "Write the amount in yuan with digits only, for example 3820000 or 3,820,000.00."


@dataclass(frozen=True, slots=True)
class Bounds:
    """What binds the starting price of a second round: the first round's, and the deepest cut in percent."""

    first: Money
    cut_percent: Ruled[int]

    @property
    def least(self) -> Money:
        """The lowest starting price, rounded up to the fen."""
        return Money(-(-self.first.fen * (100 - self.cut_percent.value) // 100))

    def check(self, starting: Money) -> None:
        """Refuse with `CutOutOfBounds`."""
        if not self.least <= starting <= self.first:
            raise CutOutOfBounds(self.least, self.first, self.cut_percent.value)


def judge_second_round(
    form: Form,
    profiles: Mapping[str, RuleProfile],
    now: datetime,
    bounds: Bounds,
    *,
    sealed: Money | None = None,
    kind: ProjectKind = ProjectKind.LAND,
) -> Judged:
    """Judge the entry of a second round: as `judge_form`, with the cut in the place of the valuation."""
    unvalued = {name: _without_valuation(profile) for name, profile in profiles.items()}
    judged = judge_form(kind, form, now, demonstration=False, sealed=sealed, of_sales=unvalued)
    found = [*judged.problems, *_of_second_round(form, bounds)]
    if len(found) == len(judged.problems):
        return judged
    order = KIND_FORMS[kind].names(1)
    return Judged(None, tuple(sorted(found, key=lambda problem: order.index(problem.field))))


def _of_second_round(form: Form, bounds: Bounds) -> list[Problem]:
    found = []
    if form.get("selling_method", "") not in ("", SellingMethod.ONLINE_AUCTION):
        found.append(Problem("selling_method", N_("A second round is sold in the same way as the first.")))
    starting = read_amount(form.get("starting_price", ""))
    if isinstance(starting, Money) and not bounds.least <= starting <= bounds.first:
        message = N_("In a second round the starting price is between {least} and {first}.")
        facts = {"least": bounds.least, "first": bounds.first}
        found.append(Problem("starting_price", message, facts, bounds.cut_percent.source))
    return found


def _without_valuation(profile: RuleProfile) -> RuleProfile:
    if profile.online is None:
        return profile
    share = replace(profile.online.lowest_start_percent_of_valuation, value=0)
    return replace(profile, online=replace(profile.online, lowest_start_percent_of_valuation=share))
