"""What pages show of projects: words for states and choices, the terms of a lot as facts, problems in words."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from trading.kernel.i18n import gettext as _
from trading.projects.problems import N_, Problem
from trading.projects.profiles import LandUse, RuleProfile, SellingMethod

PROJECT_KINDS: Mapping[str, str] = {
    "land": N_("Land"),
    "government_procurement": N_("Government procurement"),
    "agency_selection": N_("Agency selection"),
    "fixed_price_selection": N_("Fixed-price selection"),
}

PROJECT_STATES: Mapping[str, tuple[str, str]] = {
    "draft": (N_("Draft"), "neutral"),
    "submitted": (N_("In review"), "info"),
    "entered": (N_("Entered"), "success"),
    "published": (N_("Published"), "info"),
    "concluded": (N_("Concluded"), "success"),
    "filed": (N_("Filed"), "neutral"),
    "terminated": (N_("Terminated"), "warning"),
}
"""The word for each state and the kind of badge that carries it."""

LOT_STATES: Mapping[str, tuple[str, str]] = {
    "entered": (N_("Entered"), "neutral"),
    "published": (N_("Announced"), "info"),
    "contest": (N_("Live now"), "live"),
    "sold": (N_("Sold"), "success"),
    "withdrawn": (N_("Withdrawn without a sale"), "warning"),
    "called_off": (N_("Called off"), "warning"),
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
}


def in_words(problem: Problem) -> str:
    """One problem in the language of the request, with the source of the rule behind it."""
    said = _(problem.message).format(**{name: _shown(value) for name, value in problem.facts.items()})
    return said if not problem.source else f"{said} {_('Source: {source}.').format(source=problem.source)}"


def errors_by_field(problems: Iterable[Problem]) -> dict[str, str]:
    """All problems of a form by field, several of one field in one text."""
    errors: dict[str, str] = {}
    for problem in problems:
        before = f"{errors[problem.field]} " if problem.field in errors else ""
        errors[problem.field] = before + in_words(problem)
    return errors


def readable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as pages use them: what is a moment (`…_at`) becomes a datetime, everything else stays as it is."""
    return {
        name: _moment(value) if name.endswith("_at") and isinstance(value, str) else value
        for name, value in facts.items()
    }


def land_use_words(value: str) -> str:
    """A land use in words; a text that is none of ours stays as it is."""
    return _(LAND_USES[LandUse(value)]) if value in set(LandUse) else value


def method_words(value: str) -> str:
    """A way of selling in words."""
    return _(SELLING_METHODS[SellingMethod(value)][0]) if value in set(SellingMethod) else value


def profile_words(profile: RuleProfile) -> str:
    """The title of a rule profile."""
    return _(profile.title)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
