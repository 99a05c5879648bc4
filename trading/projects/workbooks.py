"""The workbook for entering several projects of one kind: made as a template, and read back row by row. Pure.

A column is a field of the kind's form; a row is a project, a purchase with its first lot. What stands in a cell is
text: a formula is not taken, and a number is read by its digits.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineWorkbook

from trading.kernel.errors import Refusal
from trading.kernel.i18n import gettext as _
from trading.projects.kinds.catalogue import KIND_FORMS, profiles_of
from trading.projects.kinds.parts import Field, FieldType, KindForm
from trading.projects.presenting import label_of
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind
from trading.projects.workbook_checks import MOST_ROWS, NotAWorkbook, check_workbook, column_letters

FORMULA = N_("This cell holds a formula. Type its value.")
NEVER_IMPORTED = frozenset({"reserve_price"})
LONGEST_LIST = 255
"""Excel takes no longer list of possibilities in a drop-down; longer ones stand on the second sheet."""


@dataclass(eq=False)
class WorkbookNotOfThisKind(Refusal):
    """The first sheet lacks a column that the kind needs: it was not made from this template."""

    message: ClassVar[str] = "The column {column} is missing on the first sheet."
    advice: ClassVar[str] = "Use the template of this kind of project, and leave its first row as it is."

    column: str


@dataclass(eq=False)
class WorkbookEmpty(Refusal):
    """There is no filled row below the headings."""

    message: ClassVar[str] = "The workbook has no row with a project."
    advice: ClassVar[str] = "Fill in one row for each project, below the headings."


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row: its number in the sheet, the form that it makes, and what could not be taken, as (field, message id).

    `columns` are the letters of the columns by field.
    """

    number: int
    form: dict[str, str]
    faults: tuple[tuple[str, str], ...]
    columns: dict[str, str]


def template_workbook(kind: ProjectKind, *, demonstration: bool) -> bytes:
    """An empty workbook for a kind, in the language of the request: headings, drop-downs, a sheet of explanations."""
    form = KIND_FORMS[kind]
    columns = _columns(form)
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#F6F7F9", "border": 1})
    plain, wrapped = book.add_format({"num_format": "@"}), book.add_format({"text_wrap": True, "valign": "top"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet, told = book.add_worksheet(_("Projects")), book.add_worksheet(_("Explanations"))
    sheet.freeze_panes(1, 1)
    told.set_column(0, 0, 30)
    told.set_column(1, 3, 60)
    for place, words in enumerate((_("Column"), _("Meaning"), _("How to fill it in"), _("Possibilities"))):
        told.write_string(0, place, words, heading)
    for place, (name, field) in enumerate(columns):
        label = label_of(form, name, field)
        sheet.write_string(0, place, f"{label} *" if _is_always_asked(field) else label, heading)
        sheet.set_column(place, place, 22, moment if field.type is FieldType.MOMENT else plain)
        options = [words for _value, words in _possibilities(kind, field, demonstration=demonstration)]
        if options and len(",".join(options)) <= LONGEST_LIST and not any("," in words for words in options):
            sheet.data_validation(1, place, MOST_ROWS, place, {"validate": "list", "source": options})
        explanation = _(field.explanation) if field.explanation else ""
        for column, words in enumerate((label, explanation, _how(field), "\n".join(options))):
            told.write_string(place + 1, column, words, wrapped)
    book.close()
    return content.getvalue()


def read_workbook(content: bytes, kind: ProjectKind, *, demonstration: bool) -> list[ReadRow]:
    """The filled rows of the first sheet. Refuses with `NotAWorkbook`, `WorkbookTooLarge`, `WorkbookTooLong`,
    `WorkbookNotOfThisKind`, `WorkbookEmpty`.
    """
    formulas = check_workbook(content)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise NotAWorkbook from error
    fields = _fields_by_column(kind, rows[0] if rows else [])
    columns = {name: column_letters(place + 1) for place, (name, _field) in fields.items()}
    found = []
    for number, cells in enumerate(rows[1:], start=2):
        form, faults = {"kind": kind.value}, []
        for place, (name, field) in fields.items():
            value = cells[place] if place < len(cells) else ""
            if (number, place + 1) in formulas:
                faults.append((name, FORMULA))
            else:
                form[name] = _typed(kind, field, value, demonstration=demonstration)
        if faults or any(value for name, value in form.items() if name != "kind"):
            found.append(ReadRow(number, form, tuple(faults), columns))
    if not found:
        raise WorkbookEmpty
    return found


def _columns(form: KindForm) -> list[tuple[str, Field]]:
    return [(name, field) for name, field in form.fields(1) if field.name not in NEVER_IMPORTED]


def _is_always_asked(field: Field) -> bool:
    return field.is_required and not field.only_if


def _fields_by_column(kind: ProjectKind, headings: Iterable[Any]) -> dict[int, tuple[str, Field]]:
    """The fields by the place of their column: a heading is the label in the user's language or in English."""
    form = KIND_FORMS[kind]
    known: dict[str, tuple[str, Field]] = {}
    for name, field in _columns(form):
        for words in (name, field.label, label_of(form, name, field)):
            known.setdefault(words, (name, field))
    found: dict[int, tuple[str, Field]] = {}
    for place, heading in enumerate(headings):
        words = str(heading).strip().removesuffix("*").strip()
        if words in known and known[words] not in found.values():
            found[place] = known[words]
    for name, field in _columns(form):
        if _is_always_asked(field) and (name, field) not in found.values():
            raise WorkbookNotOfThisKind(label_of(form, name, field))
    return found


def _possibilities(kind: ProjectKind, field: Field, *, demonstration: bool) -> list[tuple[str, str]]:
    """The values of a choice with their words in the language of the request."""
    if field.name == "rule_profile":
        offered = profiles_of(kind, demonstration=demonstration)
        return [(name, _(profile.title)) for name, profile in offered.items()]
    return [(option.value, _(option.words)) for option in field.options if option.value]


def _how(field: Field) -> str:
    words = {
        FieldType.AMOUNT: N_("An amount in yuan with digits only."),
        FieldType.QUANTITY: N_("A number with digits only."),
        FieldType.WHOLE_NUMBER: N_("A whole number with digits only."),
        FieldType.MOMENT: N_("Date and time, for example 2026-12-21 09:30."),
        FieldType.CHOICE: N_("One of the possibilities."),
        FieldType.TRUTH: N_("One of the possibilities."),
        FieldType.CREDIT_CODE: N_("18 characters."),
        FieldType.LINES: N_("Text of several lines."),
        FieldType.LINE: N_("Text."),
    }[field.type]
    asked = _("Needed.") if _is_always_asked(field) else _("Needed only for some choices.")
    return f"{_(words)} {asked if field.is_required else _('May be empty.')}"


def _typed(kind: ProjectKind, field: Field, value: Any, *, demonstration: bool) -> str:
    """What a cell says, as it would have been typed into the field."""
    text = _text(value)
    if field.type not in (FieldType.CHOICE, FieldType.TRUTH):
        return text
    english = {option.words: option.value for option in field.options}
    named = {words: name for name, words in _possibilities(kind, field, demonstration=demonstration)}
    return named.get(text.strip(), english.get(text.strip(), text))


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
        case date():
            return f"{value.isoformat()} 00:00"
        case float() | int():
            return f"{Decimal(repr(value)).normalize():f}" if value == value else ""
        case _:
            return str(value)
