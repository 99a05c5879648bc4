"""What entry forms are made of: fields, groups of fields, a form for each kind of project. Pure data, and reading it.

A field says what it is called, what it means, how it is read, and when it counts. The page, the workbook for import,
the judgement and the announcement are all made from the same declaration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trading.accounts.rules import CreditCodeInvalid, credit_code_of
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.kernel.typed import whole_number
from trading.projects.form_reading import Form, FormReading
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind
from trading.projects.typed_values import REQUIRED

MOST_LOTS = 30
"""The lots (packages) of one purchase; more are split over several projects."""

GREEN_CHANNEL, GREEN_CHANNEL_REASON, LOT_COUNT = "green_channel", "green_channel_reason", "lot_count"


class FieldType(StrEnum):
    """How a field is typed and read."""

    LINE = "line"
    LINES = "lines"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    WHOLE_NUMBER = "whole_number"
    MOMENT = "moment"
    CHOICE = "choice"
    TRUTH = "truth"
    CREDIT_CODE = "credit_code"


@dataclass(frozen=True, slots=True)
class Option:
    """One possibility of a choice: its value, and message ids of its name and explanation."""

    value: str
    words: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `label`, `explanation` and `unit` are message ids.

    `only_if`: it counts only while other fields have certain values, `name=value,value name=value`; else what stands in
    it is ignored. `longest` counts characters of texts, `decimals` those of quantities.
    """

    name: str
    type: FieldType
    label: str
    explanation: str = ""
    is_required: bool = True
    longest: int = 120
    decimals: int = 2
    unit: str = ""
    options: tuple[Option, ...] = ()
    only_if: str = ""

    @property
    def is_in_full_view(self) -> bool:
        """Whether all options are shown at once: few, or each with its explanation."""
        return len(self.options) <= 3 or any(option.explanation for option in self.options)

    def counts(self, form: Form) -> bool:
        """Whether the field counts for the choices made in a form."""
        conditions = (condition.partition("=") for condition in self.only_if.split())
        return all(form.get(name, "") in values.split(",") for name, _, values in conditions)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together under a heading."""

    title: str
    fields: tuple[Field, ...]
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class KindForm:
    """The form of one kind of project: message ids of its name and what it is for, and its fields in their order.

    `lot` are the fields of each lot of a purchase. `owner` is the word for whoever sells or buys.
    """

    kind: ProjectKind
    name: str
    sentence: str
    owner: str
    groups: tuple[Group, ...]
    lot: Group | None = None

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """All fields but those of the lots."""
        return tuple(field for group in self.groups for field in group.fields)

    def fields(self, lot_count: int) -> Iterator[tuple[str, Field]]:
        """Every field with its name on the form, those of `lot_count` lots before the last group (the dates)."""
        for group in self.groups[:-1]:
            yield from ((field.name, field) for field in group.fields)
        if self.lot is not None:
            for number in range(1, lot_count + 1):
                yield from ((lot_field(number, field.name), field) for field in self.lot.fields)
        yield from ((field.name, field) for field in self.groups[-1].fields)

    def names(self, lot_count: int) -> list[str]:
        """The names of all fields in the order of the form."""
        return [name for name, _ in self.fields(lot_count)]


def lot_field(number: int, name: str) -> str:
    """The name of a lot's field on the form; lots are counted from 1."""
    return f"lot{number}_{name}"


def lot_count_of(form: Form) -> int:
    """How many lots a form describes: at least one."""
    return min(max(whole_number(form.get(LOT_COUNT, ""), digits=3) or 1, 1), MOST_LOTS)


Read = Money | Decimal | int | datetime | str | bool


def read_field(reading: FormReading, field: Field, name: str = "") -> Read | None:
    """The value of a field; None when it was left empty and may be, does not count, or is wrong (then it is noted)."""
    name = name or field.name
    is_empty = not reading.typed(name).strip()
    if not field.counts(reading.form) or (is_empty and not field.is_required):
        return None
    match field.type:
        case FieldType.LINE:
            return reading.line(name, field.longest)
        case FieldType.LINES:
            if is_empty:
                reading.problem(name, REQUIRED)
                return None
            return reading.lines(name, field.longest)
        case FieldType.AMOUNT:
            return reading.amount(name)
        case FieldType.QUANTITY:
            return reading.quantity(name, decimals=field.decimals)
        case FieldType.WHOLE_NUMBER:
            return reading.whole_number(name)
        case FieldType.MOMENT:
            return reading.moment(name)
        case FieldType.TRUTH:
            return reading.truth(name)
        case FieldType.CREDIT_CODE:
            return _credit_code(reading, name)
        case FieldType.CHOICE:
            return _choice(reading, field, name)


def as_fact(name: str, value: Read) -> tuple[str, Any]:
    """A value that was read as a fact for the journal and the lot: amounts in fen, moments as UTC text."""
    match value:
        case Money():
            return f"{name}_fen", value.fen
        case datetime():
            return (name if name.endswith("_at") else f"{name}_at"), iso(value)
        case Decimal():
            return name, str(value)
        case _:
            return name, value


def facts_of(values: Mapping[str, Read | None]) -> dict[str, Any]:
    """All values that are there, as facts."""
    return dict(as_fact(name, value) for name, value in values.items() if value is not None)


def _credit_code(reading: FormReading, name: str) -> str | None:
    typed = reading.line(name, 40)
    if typed is None:
        return None
    try:
        return credit_code_of(typed)
    except CreditCodeInvalid:
        message = N_("This is no unified social credit code: 18 characters, the last of which checks the others.")
        reading.problem(name, message, source="GB 32100-2015")
        return None


def _choice(reading: FormReading, field: Field, name: str) -> str | None:
    typed = reading.typed(name)
    if any(option.value == typed for option in field.options):
        return typed
    reading.problem(name, N_("Choose one of the possibilities.") if typed.strip() else REQUIRED)
    return None
