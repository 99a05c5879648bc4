"""Reading a form field by field: a reader returns the value, or None after it has noted what is wrong. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from trading.kernel.money import Money
from trading.projects.problems import N_, Problem
from trading.projects.typed_values import (
    REQUIRED,
    Wrong,
    read_amount,
    read_line,
    read_lines,
    read_moment,
    read_quantity,
    read_whole_number,
)

Form = Mapping[str, str]

V = TypeVar("V")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class FormReading:
    """A form being read, and the problems found so far."""

    form: Form
    problems: list[Problem]

    def typed(self, field: str) -> str:
        """What was typed, as it was typed."""
        return self.form.get(field, "")

    def problem(self, field: str, message: str, facts: Mapping[str, object] | None = None, source: str = "") -> None:
        """Note that something is wrong with a field."""
        self.problems.append(Problem(field, message, facts or {}, source))

    def amount(self, field: str) -> Money | None:
        """An amount above zero, typed in yuan."""
        read = self._kept(field, read_amount(self.typed(field)))
        if read is not None and read.fen == 0:
            self.problem(field, N_("This amount must be more than zero."))
            return None
        return read

    def quantity(self, field: str, *, decimals: int) -> Decimal | None:
        """A quantity above zero."""
        return self._kept(field, read_quantity(self.typed(field), decimals=decimals))

    def whole_number(self, field: str) -> int | None:
        """A whole number above zero."""
        return self._kept(field, read_whole_number(self.typed(field)))

    def moment(self, field: str) -> datetime | None:
        """A moment in UTC, typed as local time."""
        return self._kept(field, read_moment(self.typed(field)))

    def line(self, field: str, longest: int) -> str | None:
        """A line of text that must not be empty."""
        return self._kept(field, read_line(self.typed(field), longest=longest))

    def lines(self, field: str, longest: int) -> str | None:
        """Several lines of text that may be empty."""
        return self._kept(field, read_lines(self.typed(field), longest=longest))

    def choice(self, field: str, choices: type[Choice]) -> Choice | None:
        """One of the members of an enumeration."""
        typed = self.typed(field)
        if typed in set(choices):
            return choices(typed)
        self.problem(field, N_("Choose one of the possibilities.") if typed else REQUIRED)
        return None

    def truth(self, field: str) -> bool | None:
        """`yes` or `no`."""
        typed = self.typed(field)
        if typed in ("yes", "no"):
            return typed == "yes"
        self.problem(field, N_("Choose one of the possibilities.") if typed else REQUIRED)
        return None

    def _kept(self, field: str, read: V | Wrong) -> V | None:
        if isinstance(read, Wrong):
            self.problem(field, read.message)
            return None
        return read
