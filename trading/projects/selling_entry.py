"""Judging how a lot is sold: what each way of selling asks of the entry beyond price, increment and deposit. Pure.

The way of selling decides which fields count. What stands in the others is ignored: a form that was filled in for one
way and then changed to another is not wrong for it.
"""

from dataclasses import dataclass

from trading.kernel.money import Money
from trading.projects.form_reading import FormReading
from trading.projects.problems import N_
from trading.projects.profile_types import CapRule, CapRules, RuleProfile, SellingMethod

LONGEST_WINDOW_S = 3600
"""A countdown longer than an hour is a typing error: it is reset by every bid."""

WITH_COUNTDOWN = frozenset({SellingMethod.TIMED_BIDDING, SellingMethod.LISTING})
"""Where a countdown runs: a listing has one in the timed bidding that may follow it."""

WITH_CAP = WITH_COUNTDOWN
"""Where a price cap may be set. Source: the local rules of selling land online."""


@dataclass(frozen=True, slots=True)
class Cap:
    """A price cap: above `price` bidding stops; `ceiling` bounds the one-price round, None for a draw by lot."""

    price: Money
    ceiling: Money | None
    rule: CapRule

    @property
    def highest(self) -> Money:
        """The most for which the lot can be sold: what is drawn by lot goes at the cap itself."""
        return self.ceiling or self.price


@dataclass(frozen=True, slots=True)
class IncrementRange:
    """Within what the auctioneer may change the increment."""

    lowest: Money
    highest: Money


@dataclass(frozen=True, slots=True)
class Selling:
    """How the lot is sold. What its way does not have is None; `window_s` is the countdown of timed bidding."""

    method: SellingMethod
    window_s: int | None = None
    cap: Cap | None = None
    increments: IncrementRange | None = None
    valuation: Money | None = None


def judge_selling(
    reading: FormReading, profile: RuleProfile | None, *, starting: Money | None, increment: Money | None
) -> Selling | None:
    """Read the way of selling and what belongs to it; None when something is wrong, which `reading` then knows."""
    method = reading.choice("selling_method", SellingMethod)
    if method is not None and profile is not None and method not in profile.selling_methods:
        reading.problem("selling_method", N_("The chosen rule profile does not provide for this way of selling."))
        return None
    if method is None:
        return None
    before = len(reading.problems)
    selling = Selling(
        method,
        window_s=_judge_window(reading, profile) if method in WITH_COUNTDOWN else None,
        cap=_judge_cap(reading, profile, starting) if method in WITH_CAP else None,
        increments=_judge_increments(reading, increment) if method is SellingMethod.AUCTION else None,
        valuation=_judge_valuation(reading, profile, starting) if method is SellingMethod.ONLINE_AUCTION else None,
    )
    return selling if len(reading.problems) == before else None


def proposed(starting: Money, percent: int) -> Money:
    """An amount that lies `percent` above the starting price, rounded down to the fen."""
    return Money(starting.fen * (100 + percent) // 100)


def _judge_window(reading: FormReading, profile: RuleProfile | None) -> int | None:
    window_s = reading.whole_number("window_s")
    if window_s is None:
        return None
    shortest = None if profile is None else profile.timed_window_s
    if shortest is not None and window_s < shortest.value:
        message = N_("The countdown must have at least {seconds} seconds.")
        reading.problem("window_s", message, {"seconds": shortest.value}, shortest.source)
    if window_s > LONGEST_WINDOW_S:
        message = N_("The countdown can have at most {seconds} seconds; every bid starts it anew.")
        reading.problem("window_s", message, {"seconds": LONGEST_WINDOW_S})
    return window_s


def _judge_cap(reading: FormReading, profile: RuleProfile | None, starting: Money | None) -> Cap | None:
    """No rule chosen means no cap. Amounts that are left empty are the ones that the profile's percentages give."""
    if not reading.typed("cap_rule"):
        return None
    rule = reading.choice("cap_rule", CapRule)
    if rule is None or profile is None:
        return None
    if profile.cap is None:
        reading.problem("cap_rule", N_("The chosen rule profile does not provide for a price cap."))
        return None
    price = _amount_or(reading, "cap", starting, profile.cap.cap_percent.value)
    ceiling = None
    if rule is CapRule.ONE_PRICE:
        ceiling = _amount_or(reading, "cap_ceiling", starting, profile.cap.ceiling_percent.value)
    if price is None or starting is None:
        return None
    _compare_cap(reading, profile.cap, starting, Cap(price, ceiling, rule))
    return Cap(price, ceiling, rule)


def _amount_or(reading: FormReading, field: str, starting: Money | None, percent: int) -> Money | None:
    if reading.typed(field).strip():
        return reading.amount(field)
    return None if starting is None else proposed(starting, percent)


def _compare_cap(reading: FormReading, rules: CapRules, starting: Money, cap: Cap) -> None:
    highest = proposed(starting, rules.ceiling_percent.value)
    facts = {"percent": rules.ceiling_percent.value, "highest": highest}
    if cap.price <= starting:
        reading.problem(
            "cap", N_("The price cap must lie above the starting price of {starting} yuan."), {"starting": starting}
        )
    elif cap.price >= highest:
        message = N_("The price cap must lie below {percent} % above the starting price, that is {highest} yuan.")
        reading.problem("cap", message, facts, rules.ceiling_percent.source)
    if cap.ceiling is None:
        return
    if cap.ceiling <= cap.price:
        reading.problem(
            "cap_ceiling", N_("The highest quote must lie above the price cap of {cap} yuan."), {"cap": cap.price}
        )
    elif cap.ceiling > highest:
        message = N_("The highest quote lies at most {percent} % above the starting price, that is {highest} yuan.")
        reading.problem("cap_ceiling", message, facts, rules.ceiling_percent.source)


def _judge_increments(reading: FormReading, increment: Money | None) -> IncrementRange | None:
    """Both bounds or none: without them the auctioneer may not change the increment."""
    typed = [name for name in ("increment_lowest", "increment_highest") if reading.typed(name).strip()]
    if not typed:
        return None
    lowest, highest = reading.amount("increment_lowest"), reading.amount("increment_highest")
    if lowest is None or highest is None or increment is None:
        return None
    facts = {"increment": increment}
    if lowest > increment:
        reading.problem(
            "increment_lowest", N_("The lowest increment cannot exceed the one of {increment} yuan."), facts
        )
    if highest < increment:
        message = N_("The highest increment cannot be less than the one of {increment} yuan.")
        reading.problem("increment_highest", message, facts)
    return IncrementRange(lowest, highest)


def _judge_valuation(reading: FormReading, profile: RuleProfile | None, starting: Money | None) -> Money | None:
    valuation = reading.amount("valuation")
    if valuation is None or starting is None or profile is None or profile.online is None:
        return valuation
    share = profile.online.lowest_start_percent_of_valuation
    least = Money(-(-valuation.fen * share.value // 100))
    if starting < least:
        message = N_("The starting price must be at least {percent} % of the valuation, that is {least} yuan.")
        reading.problem("starting_price", message, {"percent": share.value, "least": least}, share.source)
    return valuation
