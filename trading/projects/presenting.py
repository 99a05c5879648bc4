"""What pages show of projects: words for states and choices, the terms of a lot as facts, problems in words."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from trading.kernel.formats import period
from trading.kernel.i18n import gettext as _
from trading.projects.problems import N_, Problem
from trading.projects.profiles import PROFILES, CapRule, LandUse, RuleProfile, SellingMethod

PROJECT_KINDS: Mapping[str, str] = {
    "land": N_("Land"),
    "government_procurement": N_("Government procurement"),
    "agency_selection": N_("Agency selection"),
    "fixed_price_selection": N_("Fixed-price selection"),
}

LOT_ENDINGS: Mapping[str, str] = {
    "sold": N_("Sold"),
    "withdrawn": N_("Withdrawn without a sale"),
    "called_off": N_("Called off"),
    "voided": N_("Result declared void"),
}

LAND_USES: Mapping[LandUse, str] = {
    LandUse.HOUSING: N_("Housing"),
    LandUse.INDUSTRY: N_("Industry"),
    LandUse.EDUCATION: N_("Education, science, culture, health, sport"),
    LandUse.COMMERCE: N_("Commerce, tourism, leisure"),
    LandUse.OTHER: N_("Other or mixed use"),
}

SELLING_METHODS: Mapping[SellingMethod, tuple[str, str]] = {
    SellingMethod.AUCTION: (
        N_("Auction"),
        N_("Led by an auctioneer, who calls each price three times before the hammer."),
    ),
    SellingMethod.TIMED_BIDDING: (
        N_("Timed bidding"),
        N_("A countdown that every valid bid starts anew; the highest bid at its end wins."),
    ),
    SellingMethod.LISTING: (
        N_("Listing"),
        N_("Quotes over days; when several bidders remain at its end, timed bidding follows."),
    ),
    SellingMethod.TENDER: (
        N_("Tender"),
        N_("One sealed quote a bidder; all are opened together, and the highest wins."),
    ),
    SellingMethod.ONLINE_AUCTION: (
        N_("Online auction"),
        N_("Property rights, open for a day or more; late bids extend it, and secret maxima may be set."),
    ),
}

CAP_RULES: Mapping[CapRule, str] = {
    CapRule.ONE_PRICE: N_("One sealed quote each, the closest to the average wins"),
    CapRule.DRAW_BY_LOT: N_("A draw by lot in public, at the price cap"),
}
"""What follows when somebody bids above the price cap."""


FIELD_LABELS: Mapping[str, str] = {
    "title": N_("Project title"),
    "owner_name": N_("Owner"),
    "rule_profile": N_("Rule profile"),
    "parcel_number": N_("Parcel number"),
    "location": N_("Location"),
    "area_m2": N_("Area in m²"),
    "area_mu": N_("Area in mu"),
    "land_use": N_("Land use"),
    "term_years": N_("Term of use"),
    "conditions": N_("Conditions"),
    "selling_method": N_("Way of selling"),
    "window_s": N_("Countdown"),
    "starting_price": N_("Starting price"),
    "valuation": N_("Valuation"),
    "increment": N_("Increment"),
    "increment_lowest": N_("Lowest increment"),
    "increment_highest": N_("Highest increment"),
    "cap_rule": N_("What follows above a price cap"),
    "cap": N_("Price cap"),
    "cap_ceiling": N_("Highest quote"),
    "deposit": N_("Deposit"),
    "has_reserve": N_("Reserve price or none"),
    "reserve_price": N_("Reserve price"),
    "registration_opens_at": N_("Registration opens"),
    "registration_closes_at": N_("Registration closes"),
    "starts_at": N_("Sale starts"),
    "listing_ends_at": N_("End of the listing or of quotes"),
}
"""What each field of the entry form is called."""


def field_labels() -> dict[str, str]:
    """The names of the form's fields in the language of the request."""
    return {name: _(words) for name, words in FIELD_LABELS.items()}


def in_words(problem: Problem) -> str:
    """One problem in the language of the request, with the source of the rule behind it."""
    said = _(problem.message).format(**{name: _shown(value) for name, value in problem.facts.items()})
    if not problem.source:
        return said
    behind = _("Source: {source}.").format(source=problem.source)
    return f"{said} {behind}"


def errors_by_field(problems: Iterable[Problem]) -> dict[str, str]:
    """All problems of a form by field, several of one field in one text."""
    errors: dict[str, str] = {}
    for problem in problems:
        before = f"{errors[problem.field]} " if problem.field in errors else ""
        errors[problem.field] = before + in_words(problem)
    return errors


def shown_terms(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of a land lot as pages show them: moments as moments, choices in words, areas without idle zeros."""
    periods = {name: value for name, value in facts.items() if name.endswith("_s") and value}
    words = {name.removesuffix("_s") + "_words": period(timedelta(seconds=value)) for name, value in periods.items()}
    if "cap_rule" in facts:
        words["cap_rule_words"] = cap_rule_words(facts["cap_rule"])
    return (
        shown_moments(facts)
        | words
        | {
            "land_use_words": land_use_words(facts["land_use"]),
            "method_words": method_words(facts["selling_method"]),
            "area_m2": plain_number(facts["area_m2"]),
            "area_mu": plain_number(facts["area_mu"]),
        }
    )


def shown_moments(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts with every moment (`…_at`) as a datetime; everything else stays as it is."""
    return {
        name: _moment(value) if name.endswith("_at") and isinstance(value, str) else value
        for name, value in facts.items()
    }


def typed_in_words(form: Mapping[str, str]) -> dict[str, str]:
    """A form as it was typed, its choices in words; fields that were left empty are left out."""
    shown = {name: form[name] for name in FIELD_LABELS if form.get(name)}
    choices: dict[str, Callable[[str], str]] = {
        "rule_profile": lambda name: profile_words(PROFILES[name]) if name in PROFILES else name,
        "land_use": land_use_words,
        "selling_method": method_words,
        "cap_rule": cap_rule_words,
        "has_reserve": lambda typed: _("There is a reserve price") if typed == "yes" else _("No reserve price"),
    }
    return {name: choices[name](typed) if name in choices else typed for name, typed in shown.items()}


def plain_number(text: str) -> str:
    """A decimal number with separators and without idle zeros: `6,093.36`, `9.14`, `1,000`."""
    number = Decimal(text)
    shown = f"{number:,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def land_use_words(value: str) -> str:
    """A land use in words; a text that is none of ours stays as it is."""
    return _(LAND_USES[LandUse(value)]) if value in set(LandUse) else value


def method_words(value: str) -> str:
    """A way of selling in words."""
    return _(SELLING_METHODS[SellingMethod(value)][0]) if value in set(SellingMethod) else value


def cap_rule_words(value: str) -> str:
    """What follows above a price cap, in words."""
    return _(CAP_RULES[CapRule(value)]) if value in set(CapRule) else value


def profile_words(profile: RuleProfile) -> str:
    """The title of a rule profile."""
    return _(profile.title)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
