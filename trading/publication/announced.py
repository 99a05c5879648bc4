"""What a project says of itself in an announcement: the facts from which the officer's draft is made.

The facts that only one kind of project has stand as `particulars`, each with the label of its field, in Chinese.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.formats import moment
from trading.kernel.i18n import current_language, gettext, use_language
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.kinds.catalogue import KIND_FORMS
from trading.projects.kinds.parts import Field, FieldType
from trading.projects.models import Lot, Project
from trading.projects.rules import ProjectKind
from trading.publication.kind_types import AnnouncementKind
from trading.publication.models import Announcement
from trading.publication.text_language import read_fact_moment

_SAID_ELSEWHERE = frozenset(
    {"title", "owner_name", "method", "budget", "deal_code", "number", "location", "conditions", "term_years"}
)


async def sale_facts(session: AsyncSession, project: Project, lot: Lot) -> dict[str, Any]:
    """What the sale announcement of a lot says. Nothing of the reserve but whether there is one."""
    facts = {
        **await _first_round(session, lot),
        **projects.announced_terms(lot, projects.any_profile(project.rule_profile)),
        "entry_code": project.entry_code,
        "lot_title": lot.title,
        "owner_name": project.owner_name,
        "rule_profile": project.rule_profile,
    }
    own = particulars(project, lot.facts or {})
    return facts | {"particulars": own} if own else facts


def tender_facts(project: Project, lots: Iterable[Lot]) -> dict[str, Any]:
    """What the announcement of a purchase says: what all lots have in common, and of each lot what only it has."""
    profile = projects.any_profile(project.rule_profile)
    terms = [(lot, projects.announced_terms(lot, profile)) for lot in lots]
    first = terms[0][1]
    shared = {name: value for name, value in first.items() if all(each.get(name) == value for _, each in terms)}
    shared = {
        name: value for name, value in shared.items() if name not in {"number", "title", "deal_code", "budget_fen"}
    }
    budgets = [lot.budget_fen for lot, _ in terms if lot.budget_fen is not None]
    of_lots = [
        {
            "lot": str(lot.id),
            "number": lot.number,
            "title": lot.title,
            "deal_code": lot.deal_code,
            "budget_fen": lot.budget_fen,
            "particulars": particulars(project, {name: each[name] for name in each if name not in shared}),
        }
        for lot, each in terms
    ]
    return {
        **shared,
        "entry_code": project.entry_code,
        "owner_name": project.owner_name,
        "budget_fen": sum(budgets) if budgets else None,
        "particulars": particulars(project, shared),
        "lots": of_lots,
    }


def particulars(project: Project, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """The facts that only this kind of project has, with the labels of its form, in the form's order, in Chinese."""
    form = KIND_FORMS[ProjectKind(project.kind)]
    fields = (*form.own_fields, *(form.lot.fields if form.lot is not None else ()))
    language = current_language()
    use_language("zh")
    try:
        return [
            {"label": gettext(field.label), "value": _in_words(field, facts[name])}
            for field in fields
            if field.name not in _SAID_ELSEWHERE and (name := _fact_name(field)) in facts and facts[name] != ""
        ]
    finally:
        use_language(language)


def _fact_name(field: Field) -> str:
    match field.type:
        case FieldType.AMOUNT:
            return f"{field.name}_fen"
        case FieldType.MOMENT if not field.name.endswith("_at"):
            return f"{field.name}_at"
        case _:
            return field.name


def _in_words(field: Field, value: Any) -> str:
    unit = f" {gettext(field.unit)}" if field.unit else ""
    match field.type:
        case FieldType.AMOUNT if isinstance(value, int):
            return f"{Money(value).yuan} 元"
        case FieldType.MOMENT:
            return moment(read_fact_moment(value))
        case FieldType.TRUTH:
            return "是" if value else "否"
        case FieldType.CHOICE:
            return next((gettext(option.words) for option in field.options if option.value == value), str(value))
        case _:
            return f"{value}{unit}"


async def _first_round(session: AsyncSession, lot: Lot) -> dict[str, Any]:
    """What the announcement of a second round (再次拍卖) says of the first one; of any other lot nothing."""
    if lot.second_round_of is None:
        return {}
    first = await projects.get_lot(session, lot.second_round_of)
    told = {"lot": str(first.id), "deal_code": first.deal_code, "starting_price_fen": first.starting_price_fen}
    sale = select(Announcement.number).where(Announcement.lot_id == first.id)
    number = await session.scalar(sale.where(Announcement.kind == AnnouncementKind.SALE))
    return {"second_round_of": told | {"number": number}}
