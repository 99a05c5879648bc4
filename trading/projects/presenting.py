"""What pages show of projects: words for states and choices, the terms of a lot as facts, problems in words."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from trading.kernel.formats import law, moment, period, yuan
from trading.kernel.i18n import gettext as _
from trading.projects.choice_words import CAP_RULES, LAND_USES, SELLING_METHODS
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.kinds.parts import (
    GREEN_CHANNEL,
    GREEN_CHANNEL_REASON,
    MOST_LOTS,
    Field,
    FieldType,
    KindForm,
    lot_count_of,
)
from trading.projects.kinds.sold import SALE
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import RuleProfile
from trading.projects.profiles import PROFILES, CapRule, LandUse, SellingMethod
from trading.projects.purchase_profiles import PURCHASE_PROFILES, PurchaseProfile
from trading.projects.rules import ProjectKind

LOT_ENDINGS: Mapping[str, str] = {
    "sold": N_("Sold"),
    "withdrawn": N_("Withdrawn without a sale"),
    "called_off": N_("Called off"),
    "voided": N_("Result declared void"),
}

PROJECT_KINDS: Mapping[ProjectKind, str] = {kind: form.name for kind, form in KIND_FORMS.items()}

_LOT_FIELD = re.compile(r"lot(\d+)_(\w+)", re.ASCII)


def field_labels(kind: ProjectKind | None = None, *, lot_count: int = MOST_LOTS) -> dict[str, str]:
    """The names of a form's fields in its order and in the language of the request; those of all kinds when none is
    named.
    """
    if kind is None:
        found: dict[str, str] = {}
        for each in KIND_FORMS:
            found = field_labels(each, lot_count=lot_count) | found
        return found
    form = KIND_FORMS[kind]
    return {name: label_of(form, name, field) for name, field in form.fields(lot_count)}


def label_of(form: KindForm, name: str, field: Field) -> str:
    """What a field is called; those of a lot say of which: `Lot 2: Budget`."""
    of_lot = _LOT_FIELD.fullmatch(name)
    if of_lot is None or form.lot is None:
        return _(field.label)
    return _(form.lot.title).format(number=of_lot[1]) + _(": ") + _(field.label)


def in_words(problem: Problem) -> str:
    """One problem in the language of the request, with the source of the rule behind it."""
    said = _(problem.message).format(**{name: _shown(value) for name, value in problem.facts.items()})
    if not problem.source:
        return said
    behind = _("Source: {source}.").format(source=law(problem.source))
    return f"{said} {behind}"


def errors_by_field(problems: Iterable[Problem]) -> dict[str, str]:
    """All problems of a form by field, several of one field in one text."""
    errors: dict[str, str] = {}
    for problem in problems:
        before = f"{errors[problem.field]} " if problem.field in errors else ""
        errors[problem.field] = before + in_words(problem)
    return errors


def shown_terms(facts: Mapping[str, Any], kind: ProjectKind | None = None) -> dict[str, Any]:
    """The terms of a lot as pages show them: moments as moments, choices in words, areas without idle zeros.

    With its kind of project also `rows`, what only this kind asks (`fact_rows`).
    """
    periods = {name: value for name, value in facts.items() if name.endswith("_s") and value}
    shown = shown_moments(facts) | {
        name.removesuffix("_s") + "_words": period(timedelta(seconds=value)) for name, value in periods.items()
    }
    for name, words in _WORDS_OF_CHOICES.items():
        if facts.get(name):
            shown[f"{name}_words"] = words(str(facts[name]))
    if facts.get("selling_method"):
        shown["method_words"] = method_words(str(facts["selling_method"]))
    shown["rows"] = [] if kind is None or kind is ProjectKind.LAND else fact_rows(kind, facts)
    return shown | {name: plain_number(str(facts[name])) for name in ("area_m2", "area_mu") if facts.get(name)}


def fact_rows(kind: ProjectKind, facts: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """What only this kind of project asks, in the order of its form: label, words, and whether they are long.

    `facts` are typed as in `Lot.facts`, or frozen in an announcement. Land and the terms of sale have their own parts
    of the page.
    """
    form = KIND_FORMS[kind]
    rows = []
    fields = (*form.own_fields, *(form.lot.fields if form.lot is not None else ()))
    for field in fields:
        if field.name in _SHOWN_ELSEWHERE:
            continue
        name = next((name for name in _names_of_fact(field) if facts.get(name) not in (None, "")), None)
        if name is not None:
            rows.append((_(field.label), fact_words(field, facts[name]), field.type is FieldType.LINES))
    return rows


def fact_words(field: Field, value: Any) -> str:
    """The value of a fact in words: amounts with their unit, moments as local time, choices and truths by name."""
    named = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    if field.options:
        return next((_(option.words) for option in field.options if option.value == named), str(value))
    match field.type:
        case FieldType.AMOUNT:
            return _("{amount} yuan").format(amount=yuan(int(value)))
        case FieldType.MOMENT:
            return moment(_moment(str(value)))
        case FieldType.QUANTITY | FieldType.WHOLE_NUMBER:
            return f"{plain_number(str(value))} {_(field.unit)}".strip()
        case _:
            return str(value)


def shown_moments(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts with every moment (`…_at`) as a datetime; everything else stays as it is."""
    return {
        name: _moment(value) if name.endswith("_at") and isinstance(value, str) else value
        for name, value in facts.items()
    }


def typed_in_words(form: Mapping[str, str], kind: ProjectKind = ProjectKind.LAND) -> dict[str, str]:
    """A form as it was typed, its choices in words; fields that were left empty, or do not count, are left out."""
    shown = {}
    for name, field in KIND_FORMS[kind].fields(lot_count_of(form)):
        if form.get(name) and field.counts(form):
            shown[name] = fact_words(field, form[name]) if field.options else form[name]
    if form.get("rule_profile"):
        shown["rule_profile"] = profile_title(form["rule_profile"])
    return shown


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


def profile_words(profile: RuleProfile | PurchaseProfile) -> str:
    """The title of a rule profile."""
    return _(profile.title)


def profile_title(name: str) -> str:
    """The title of the profile of this name; the name itself when there is none."""
    profile = PROFILES.get(name) or PURCHASE_PROFILES.get(name)
    return name if profile is None else profile_words(profile)


_WORDS_OF_CHOICES: Mapping[str, Callable[[str], str]] = {"cap_rule": cap_rule_words, "land_use": land_use_words}

_SHOWN_ELSEWHERE = frozenset(
    {
        *("title", "owner_name", "rule_profile", GREEN_CHANNEL, GREEN_CHANNEL_REASON, "conditions", "location"),
        *("documents_open_at", "documents_close_at", "bids_close_at", "opening_at", "warning_read"),
        *(field.name for group in SALE for field in group.fields),
    }
)


def _names_of_fact(field: Field) -> tuple[str, ...]:
    return (f"{field.name}_fen",) if field.type is FieldType.AMOUNT else (field.name, f"{field.name}_at")


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
