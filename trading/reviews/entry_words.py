"""How the fields of an entry and its problems are called, as the pages of projects call them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from trading.kernel.i18n import gettext as _
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects.kinds.catalogue import field_of
from trading.projects.kinds.parts import FieldType
from trading.projects.models import Project
from trading.projects.presenting import errors_by_field, field_labels, typed_in_words
from trading.projects.problems import Problem
from trading.projects.rules import ProjectKind
from trading.projects.typed_values import Wrong, read_amount, read_moment, read_quantity

LONG = 60
MOST_DECIMALS = 10


def labels(kind: ProjectKind) -> dict[str, str]:
    """The fields of the form of a kind of project, in its order and in the language of the request."""
    return field_labels(kind)


def typed(kind: ProjectKind, form: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """An entry as it was typed, in the form's order: label, words with their unit, and whether they are long."""
    names = labels(kind)
    shown = typed_in_words(form, kind)
    rows = []
    for name, words in shown.items():
        field = field_of(kind, name)
        said = words
        if field is not None and field.type is FieldType.AMOUNT:
            amount = read_amount(words)
            said = words if isinstance(amount, Wrong) else _("{amount} yuan").format(amount=amount.yuan)
        elif field is not None and field.unit and not field.options:
            said = f"{words} {_(field.unit)}"
        rows.append((names.get(name, name), said, len(said) > LONG))
    return rows


def value(kind: ProjectKind, name: str, typed: str) -> str:
    """What a field means, so that the same amount, moment or number typed in another way is no change."""
    field = field_of(kind, name)
    if field is None:
        return typed
    read: object = typed
    match field.type:
        case FieldType.AMOUNT:
            read = read_amount(typed)
        case FieldType.MOMENT:
            read = read_moment(typed)
        case FieldType.QUANTITY | FieldType.WHOLE_NUMBER:
            read = read_quantity(typed, decimals=MOST_DECIMALS)
    if isinstance(read, Money):
        return f"{read.fen}"
    if isinstance(read, datetime):
        return iso(read)
    return str(read.normalize()) if isinstance(read, Decimal) else " ".join(typed.split())


def problems(project: Project, found: Iterable[Problem]) -> dict[str, str]:
    """Problems in words by the name of their field."""
    names = labels(ProjectKind(project.kind))
    return {names.get(field, field): words for field, words in errors_by_field(found).items()}
