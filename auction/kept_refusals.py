"""Refusals as they are kept beside a bid, and told again later: in anybody's language, with the facts of that time."""

import re
from datetime import datetime
from typing import Any

from auction import refusals, refused_limits
from trading.kernel.errors import Refusal
from trading.kernel.moments import iso
from trading.kernel.money import Money


def facts_as_json(refusal: Refusal) -> dict[str, Any]:
    """The facts of a refusal as JSON values that `refusal_from` reads back."""
    return {name: _kept(value) for name, value in vars(refusal).items()}


def refusal_from(code: str, facts: dict[str, Any]) -> Refusal:
    """The refusal that was kept, to be told again in anybody's language."""
    return _BY_CODE[code](**{name: _read(value) for name, value in facts.items()})


def _kept(value: Any) -> Any:
    if isinstance(value, Money):
        return {"fen": value.fen}
    if isinstance(value, datetime):
        return {"moment": iso(value)}
    return value


def _read(value: Any) -> Any:
    match value:
        case {"fen": fen}:
            return Money(fen)
        case {"moment": moment}:
            return datetime.fromisoformat(moment)
        case _:
            return value


_BY_CODE: dict[str, type[Refusal]] = {
    re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower(): kind
    for module in (refusals, refused_limits)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind.__module__ == module.__name__
}
