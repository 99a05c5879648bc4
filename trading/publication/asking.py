"""A search in the address: what the list, the feeds and the subscriptions understand alike.

What cannot be understood is left out of the search and told beside its field; nothing typed is lost.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from trading.kernel.i18n import gettext as _
from trading.kernel.money import LARGEST_FEN, Money
from trading.kernel.typed import page_number
from trading.projects.rules import ProjectKind
from trading.projects.stages import Stage
from trading.publication.finding import Order, Search
from trading.publication.rules import AnnouncementKind

NAMES = ("q", "kind", "project", "region", "stage", "lowest", "highest", "from", "to", "order")
Choice = TypeVar("Choice", bound=StrEnum)
LONGEST_TEXT = 100
_LONGEST_ADDRESS = 2000


def search_of(typed: Mapping[str, str]) -> tuple[Search, dict[str, str]]:
    """What was looked for, and by field in words what of it could not be understood."""
    errors: dict[str, str] = {}
    prices: dict[str, Money | None] = {}
    days: dict[str, date | None] = {}
    for name in ("lowest", "highest"):
        prices[name] = _price(typed.get(name, ""))
        if typed.get(name, "").strip() and prices[name] is None:
            errors[name] = _("Write an amount in wan yuan, for example 382.5.")
    for name in ("from", "to"):
        days[name] = _day(typed.get(name, ""))
        if typed.get(name, "").strip() and days[name] is None:
            errors[name] = _("Choose a day, for example 2026-11-23.")
    search = Search(
        typed=_text(typed.get("q", "")),
        kind=_one_of(AnnouncementKind, typed.get("kind", "")),
        project_kind=_one_of(ProjectKind, typed.get("project", "")) or "",
        region=_text(typed.get("region", "")),
        stage=_one_of(Stage, typed.get("stage", "")),
        lowest=prices["lowest"],
        highest=prices["highest"],
        first_day=days["from"],
        last_day=days["to"],
        order=_one_of(Order, typed.get("order", "")) or Order.NEWEST,
        page=page_number(typed.get("page", "")),
    )
    return search, errors | _contradictions(search, errors)


def values_of(search: Search) -> dict[str, str]:
    """The search as the fields of its form, in one order; what was not asked for is an empty text."""
    return {
        "q": search.typed,
        "kind": search.kind or "",
        "project": search.project_kind,
        "region": search.region,
        "stage": search.stage or "",
        "lowest": _wan(search.lowest),
        "highest": _wan(search.highest),
        "from": "" if search.first_day is None else search.first_day.isoformat(),
        "to": "" if search.last_day is None else search.last_day.isoformat(),
        "order": "" if search.order is Order.NEWEST else search.order,
    }


def address_of(search: Search, **changed: str) -> str:
    """The part of the list's address after the question mark, always written the same way; empty for everything.

    `changed` replaces fields of the form. The page is not part of it.
    """
    stated = {name: value for name, value in (values_of(search) | changed).items() if value}
    return urlencode(stated)


def search_at(address: str) -> Search:
    """The search that such an address asks for, on its first page."""
    return replace(search_of(dict(parse_qsl(address[:_LONGEST_ADDRESS])))[0], page=1)


def _contradictions(search: Search, errors: Mapping[str, str]) -> dict[str, str]:
    """Ranges that hold nothing."""
    found = {}
    if search.lowest is not None and search.highest is not None and search.lowest > search.highest:
        found["highest"] = _("The highest price is below the lowest.")
    if search.first_day is not None and search.last_day is not None and search.first_day > search.last_day:
        found["to"] = _("The last day lies before the first.")
    return {name: words for name, words in found.items() if name not in errors}


def _one_of(choices: type[Choice], typed: str) -> Choice | None:
    return next((choice for choice in choices if choice == typed), None)


def _text(typed: str) -> str:
    """One line without characters that no title has and no database takes."""
    return "".join(letter if letter.isprintable() else " " for letter in typed).strip()[:LONGEST_TEXT]


def _price(typed: str) -> Money | None:
    plain = typed.strip().replace(",", "")
    try:
        price = Money.from_wan(plain)
    except ValueError:
        return None
    return price if 0 <= price.fen <= LARGEST_FEN else None


def _wan(price: Money | None) -> str:
    """Plain 万元 without separators or idle zeros, as it can be typed again."""
    if price is None:
        return ""
    whole, part = divmod(price.fen, 1_000_000)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None
