"""What the page of the entry form shows: the fields of a kind in words, its choices, and what the rules ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.formats import period, yuan
from trading.kernel.i18n import gettext as _
from trading.kernel.typed import whole_number
from trading.projects import service
from trading.projects.kinds.catalogue import KIND_FORMS, profiles_of, sale_profiles
from trading.projects.kinds.parts import (
    LOT_COUNT,
    MOST_LOTS,
    Field,
    FieldType,
    Group,
    KindForm,
    lot_count_of,
    lot_field,
)
from trading.projects.models import Project, ProjectDraft
from trading.projects.presenting import field_labels, profile_words
from trading.projects.profiles import PROFILES, RuleProfile, SellingMethod
from trading.projects.purchase_profiles import Period, PurchaseProfile
from trading.projects.rules import ProjectKind
from trading.projects.selling_entry import proposed
from trading.projects.typed_values import Wrong, read_amount

_USUAL = {"selling_method": SellingMethod.AUCTION.value, "has_reserve": "no", "green_channel": "no"}


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field in the language of the request, with the name it has on the form."""

    name: str
    field: Field
    label: str
    hint: str
    unit: str
    options: list[tuple[str, str, str]]

    @property
    def is_radios(self) -> bool:
        """Whether all options are in view."""
        return self.field.is_in_full_view and self.name not in ("rule_profile", "cap_rule")


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Fields under a heading. `lot` is the number of the lot that they belong to, 0 for none."""

    title: str
    explanation: str
    fields: list[ShownField]
    lot: int = 0


def fresh_form(kind: ProjectKind, *, demonstration: bool) -> dict[str, str]:
    """What stands in an empty form: the usual choices, and the demonstration's own profile in a demonstration."""
    offered = profiles_of(kind, demonstration=demonstration)
    usual = next((name for name, profile in offered.items() if profile.is_demonstration), next(iter(offered)))
    form = {"rule_profile": usual, LOT_COUNT: "1"}
    fields = {field.name: field for field in KIND_FORMS[kind].own_fields}
    form |= {name: value for name, value in _USUAL.items() if name in fields}
    if kind.is_sale:
        methods = _offered_methods(kind, demonstration=demonstration)
        form["selling_method"] = methods[0]
    return form


def with_lots_changed(form: Mapping[str, str]) -> dict[str, str]:
    """The form after a lot was added (`then` is `add_lot`) or taken out (`remove_lot_2`); else as it is."""
    then, count = form.get("then", ""), lot_count_of(form)
    changed = dict(form) | {LOT_COUNT: str(count)}
    if then == "add_lot" and count < MOST_LOTS:
        changed[LOT_COUNT] = str(count + 1)
    if not then.startswith("remove_lot_") or count == 1:
        return changed
    gone = whole_number(then.removeprefix("remove_lot_"), digits=2) or 0
    if not 1 <= gone <= count:
        return changed
    for number in range(gone, count + 1):
        own = [name for name in changed if name.startswith(f"lot{number}_")]
        for name in own:
            changed[name] = changed.get(lot_field(number + 1, name.partition("_")[2]), "")
    return changed | {LOT_COUNT: str(count - 1)}


def anchor_of(form: Mapping[str, str]) -> str:
    """Where on its page a form goes on after a lot was added or taken out; nowhere special else."""
    has_changed = form.get("then", "").startswith(("add_lot", "remove_lot_"))
    return f"#lot-{lot_count_of(form)}" if has_changed else ""


def form_context(kind: ProjectKind, form: Mapping[str, str], *, demonstration: bool) -> dict[str, Any]:
    """The fields of a kind's form with their choices in words, and empty problems."""
    form_of = KIND_FORMS[kind]
    count = lot_count_of(form)
    offered = profiles_of(kind, demonstration=demonstration)
    choices = {"rule_profile": [(name, profile_words(profile), "") for name, profile in offered.items()]}
    if kind.is_sale:
        methods = _offered_methods(kind, demonstration=demonstration)
        [selling] = [field for field in form_of.own_fields if field.name == "selling_method"]
        choices["selling_method"] = [option for option in _options(selling) if option[0] in methods]
    return {
        "is_new": False,
        "kind": kind.value,
        "kind_name": _(form_of.name),
        "sentence": _(form_of.sentence),
        "groups": _shown_groups(form_of, count, choices, _hints(form)),
        "lot_count": count if form_of.lot is not None else 0,
        "may_add_lot": form_of.lot is not None and count < MOST_LOTS,
        "labels": field_labels(kind, lot_count=count),
        "errors": {},
        "missing": {},
        "project": None,
        "reasons": "",
        "copied_from": None,
        "profile_rules": [_rules_in_words(profile) for profile in offered.values() if isinstance(profile, RuleProfile)],
        "purchase_rules": [
            _purchase_rules(profile, form_of) for profile in offered.values() if isinstance(profile, PurchaseProfile)
        ],
    }


async def drafting(session: AsyncSession, project: Project, draft: ProjectDraft) -> dict[str, Any]:
    """What the form's page knows of a draft that exists already."""
    reviews = await service.reviews_of(session, project.id)
    return {
        "project": project,
        "reasons": reviews[0].reasons if reviews and not reviews[0].agreed else "",
        "reserve_is_sealed": await service.has_sealed_reserve(session, draft.lot_id),
        "copied_from": None if draft.copied_from is None else await service.get_project(session, draft.copied_from),
    }


def _shown_groups(
    form_of: KindForm, count: int, choices: Mapping[str, list[tuple[str, str, str]]], hints: Mapping[str, str]
) -> list[ShownGroup]:
    def shown(group: Group, number: int = 0) -> ShownGroup:
        fields = []
        for field in group.fields:
            name = lot_field(number, field.name) if number else field.name
            hint = hints.get(field.name, _(field.explanation) if field.explanation else "")
            options = choices.get(field.name) or _options(field)
            fields.append(ShownField(name, field, _(field.label), hint, _(field.unit) if field.unit else "", options))
        explanation = _(group.explanation) if group.explanation else ""
        return ShownGroup(_(group.title).format(number=number), explanation, fields, number)

    lots = [] if form_of.lot is None else [shown(form_of.lot, number) for number in range(1, count + 1)]
    return [*(shown(group) for group in form_of.groups[:-1]), *lots, shown(form_of.groups[-1])]


def _options(field: Field) -> list[tuple[str, str, str]]:
    return [(one.value, _(one.words), _(one.explanation) if one.explanation else "") for one in field.options]


def _offered_methods(kind: ProjectKind, *, demonstration: bool) -> list[str]:
    """The ways of selling that any of the offered profiles provides for; the demonstration's own adds some to land."""
    found = sale_profiles(kind, demonstration=demonstration and kind is ProjectKind.LAND)
    return [method.value for method in SellingMethod if any(method in one.selling_methods for one in found.values())]


def _hints(form: Mapping[str, str]) -> dict[str, str]:
    """What the fields of a price cap mean when they are left empty, once profile and starting price are there."""
    usual = _("Left empty, it is what the rule profile's share gives.")
    told = {"cap": usual, "cap_ceiling": usual}
    profile, starting = PROFILES.get(form.get("rule_profile", "")), read_amount(form.get("starting_price", ""))
    if profile is not None and profile.cap is not None and not isinstance(starting, Wrong):
        shares = {"cap": profile.cap.cap_percent.value, "cap_ceiling": profile.cap.ceiling_percent.value}
        words = _("Left empty, it is {amount} yuan ({percent} % above the starting price).")
        told = {
            name: words.format(amount=yuan(proposed(starting, percent)), percent=percent)
            for name, percent in shares.items()
        }
    meaning = {
        "cap": _("A bid above it stops the bidding."),
        "cap_ceiling": _("With sealed quotes above the cap: none may be higher."),
    }
    return {name: f"{meaning[name]} {words}" for name, words in told.items()}


def _rules_in_words(profile: RuleProfile) -> dict[str, Any]:
    """What a profile asks of the dates and the deposit, for the help beside the form."""
    listing, cap, online = profile.listing, profile.cap, profile.online
    working_days = profile.announcement_working_days
    return {
        "title": profile_words(profile),
        "announcement_days": profile.announcement_days.value,
        "announcement_working_days": 0 if working_days is None else working_days.value,
        "closing_days": profile.registration_closes_working_days_before.value,
        "deposit_share": f"{profile.deposit_share_percent.value} %",
        "window_s": profile.timed_window_s.value if SellingMethod.TIMED_BIDDING in profile.selling_methods else 0,
        "listing_days": 0 if listing is None else listing.working_days.value,
        "stops_before": _length(0 if listing is None else listing.quoting_stops_s_before.value),
        "cap_percent": "" if cap is None else f"{cap.cap_percent.value} %",
        "ceiling_percent": "" if cap is None else f"{cap.ceiling_percent.value} %",
        "valuation_percent": "" if online is None else f"{online.lowest_start_percent_of_valuation.value} %",
        "reserve_opens_before": _length(profile.reserve.opens_s_before.value),
        "reserve_locks_before": _length(profile.reserve.locks_s_before.value),
    }


def _purchase_rules(profile: PurchaseProfile, form_of: KindForm) -> dict[str, Any]:
    """What a profile asks of a purchase by each method that the form offers: (method, bids, documents, source)."""
    named = {
        option.value: _(option.words)
        for field in form_of.own_fields
        if field.name == "method" and field.type is FieldType.CHOICE
        for option in field.options
    }
    rows = [
        (
            named.get(method.value, ""),
            _days(rules.bids.value),
            "" if rules.documents is None else _days(rules.documents.value),
            rules.bids.source,
        )
        for method, rules in profile.methods.items()
        if (method.value in named or not named) and not profile.is_demonstration
    ]
    deposit = profile.most_deposit_percent
    return {
        "title": profile_words(profile),
        "rows": rows[:1] if not named else rows,
        "deposit_share": "" if deposit is None else f"{deposit.value} %",
    }


def _days(length: Period) -> str:
    words = _("{days} working days") if length.in_working_days else _("{days} days")
    return words.format(days=length.length)


def _length(seconds: int | None) -> str:
    return period(timedelta(seconds=seconds)) if seconds else ""
