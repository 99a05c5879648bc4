"""The language of announcement texts: a small, closed part of Jinja that an administrator may write safely. Pure.

A text is data, never a program. What may stand in it is listed (`_ALLOWED`), everything else is refused with its line
when the text is proposed: no calls, no arithmetic, no attributes of Python's objects, no imports, no macros, no
assignments. It sees the facts of the announcement by name and a few filters that write them down. It runs in Jinja's
immutable sandbox all the same, with strict names, and its output is read and written anew by `safe_text`.
"""

import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from archive.capital_words import capital_words
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.projects.problems import N_
from trading.publication.safe_text import BREAK, ELEMENTS, LONGEST_TEXT, TextFault, written_anew

LONGEST_SOURCE = 20_000
MOST_PARTS = 3_000
DEEPEST = 40
DEEPEST_LOOP = 2
LONGEST_LIST = 500
_FILE = "<template>"
_LIST = "(list)"

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
    nodes.Test,
    nodes.If,
    nodes.For,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Const,
)
_TESTS = frozenset({"none"})
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)(\s*/?)>")


def _moment(value: object) -> str:
    return read_fact_moment(value).astimezone(SHANGHAI).strftime("%Y年%-m月%-d日 %H:%M")


def _day(value: object) -> str:
    return read_fact_moment(value).astimezone(SHANGHAI).strftime("%Y年%-m月%-d日")


def _yuan(value: object) -> str:
    return _money(value).yuan


def _wan(value: object) -> str:
    return _money(value).wan


def _capital(value: object) -> str:
    return capital_words(_money(value))


def _period(value: object) -> str:
    if type(value) is not int:
        raise TypeError("not a number of seconds")
    parts = [(value // 86400, "日"), (value // 3600 % 24, "小时"), (value // 60 % 60, "分钟"), (value % 60, "秒")]
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0秒"


FILTERS: Mapping[str, tuple[Callable[[object], str], str, str]] = {
    "yuan": (_yuan, N_("An amount in yuan with separators"), "{{ final_fen | yuan }}"),
    "wan": (_wan, N_("An amount in ten thousands of yuan with two decimals"), "{{ final_fen | wan }}"),
    "capital": (_capital, N_("An amount in capital words"), "{{ final_fen | capital }}"),
    "moment": (_moment, N_("A moment in Beijing time"), "{{ starts_at | moment }}"),
    "day": (_day, N_("The day of a moment"), "{{ starts_at | day }}"),
    "period": (_period, N_("A length of time in words"), "{{ window_s | period }}"),
}
"""The filters that a text may use: what each does, and an example."""


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with nothing in it: names are facts, and only facts have parts."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A part of a fact. Objects of Python have none."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=None, name=attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing can be called."""
        return False


def _list(value: object) -> list[Any]:
    """What a loop may run over: a list of facts, not the characters of a text."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    if len(value) > LONGEST_LIST:
        raise TextFault(N_("A list has more than {found} items."), 1, str(LONGEST_LIST))
    return value


def _written(value: object) -> object:
    """How a value is written: nothing as a dash, line breaks as line breaks."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str) and "\n" in value:
        return Markup("<br>").join(escape(line) for line in value.splitlines())
    return value


def _environment() -> _Environment:
    made = _Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_written,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,
        cache_size=0,
    )
    made.globals.clear()
    made.tests = {name: test for name, test in made.tests.items() if name in _TESTS}
    made.filters = {name: written for name, (written, _, _) in FILTERS.items()} | {_LIST: _list}
    return made


_ENVIRONMENT = _environment()


def check(source: str, known: frozenset[str]) -> None:
    """Whether a text is written in this language and names only facts that are known. Raises `TextFault`."""
    if len(source) > LONGEST_SOURCE:
        raise TextFault(N_("The template is longer than {found} characters."), 1, str(LONGEST_SOURCE))
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise TextFault(N_("This could not be read: {found}"), error.lineno, str(error.message)) from error
    except (RecursionError, ValueError, OverflowError) as error:
        raise TextFault(N_("This could not be read: {found}"), 1, type(error).__name__) from error
    _Checker(known).check(tree)


@dataclass
class _Checker:
    """Walks through a parsed text."""

    known: frozenset[str]
    parts: int = 0

    def check(self, tree: nodes.Template) -> None:
        self._look(tree, frozenset(), loops=0, depth=0)

    def _look(self, node: nodes.Node, own: frozenset[str], *, loops: int, depth: int) -> None:
        self.parts += 1
        if self.parts > MOST_PARTS or depth > DEEPEST:
            raise TextFault(N_("The template has too many parts, or parts within parts."), node.lineno or 1)
        if not isinstance(node, _ALLOWED):
            raise TextFault(N_("{found} is not allowed in a template."), node.lineno or 1, type(node).__name__)
        _check_one(node, self.known | own)
        if isinstance(node, nodes.For):
            own, loops = self._loop(node, own, loops)
        for child in node.iter_child_nodes():
            if isinstance(node, nodes.For) and child is node.target:
                continue
            self._look(child, own, loops=loops, depth=depth + 1)

    def _loop(self, node: nodes.For, own: frozenset[str], loops: int) -> tuple[frozenset[str], int]:
        if loops == DEEPEST_LOOP:
            raise TextFault(N_("Loops stand within loops {found} deep at most."), node.lineno, str(DEEPEST_LOOP))
        if node.recursive or not isinstance(node.target, nodes.Name) or node.target.name.startswith("_"):
            raise TextFault(N_("A loop names one thing and is not recursive."), node.lineno)
        return own | {node.target.name}, loops + 1


def _check_one(node: nodes.Node, names: frozenset[str]) -> None:
    match node:
        case nodes.Name() if node.name not in names:
            raise TextFault(N_("{found} is not a fact of this kind of announcement."), node.lineno, node.name)
        case nodes.Getattr() if node.attr.startswith("_"):
            raise TextFault(N_("{found} is not allowed in a template."), node.lineno, node.attr)
        case nodes.Filter() if node.name not in FILTERS or node.node is None or _has_arguments(node):
            raise TextFault(N_("{found} is not among the filters."), node.lineno, str(node.name))
        case nodes.Test() if node.name not in _TESTS or _has_arguments(node):
            raise TextFault(N_("{found} is not allowed in a template."), node.lineno, str(node.name))
        case nodes.Const() if not isinstance(node.value, str | int | None):
            raise TextFault(N_("{found} is not allowed in a template."), node.lineno, str(node.value))
        case nodes.TemplateData():
            _check_data(node)
        case _:
            return


def _has_arguments(node: nodes.Filter | nodes.Test) -> bool:
    return bool(node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)


def _check_data(node: nodes.TemplateData) -> None:
    """Every `<` begins one of the elements that a text may have, without attributes."""
    for found in re.finditer("<", node.data):
        tag = _TAG.match(node.data, found.start())
        if tag is None or tag[2].lower() not in ELEMENTS | {BREAK}:
            line = node.lineno + node.data.count("\n", 0, found.start())
            said = node.data[found.start() : found.start() + 20].split("\n")[0]
            raise TextFault(N_("{found} is not an element that a template may have, or has attributes."), line, said)


def render(source: str, facts: Mapping[str, Any]) -> str:
    """The text that a template makes of facts, as closed markup. Every known fact is named, None when it is not stated.

    Raises `TextFault`, whose line is the template's, or the line of the text when its elements do not fit together.
    """
    try:
        made = "".join(_bounded(_compiled(source).generate(**facts)))
    except TextFault:
        raise
    except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise TextFault(N_("This could not be written: {found}"), _line_of(error), str(error)[:200]) from error
    return written_anew(made)


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    tree = _ENVIRONMENT.parse(source)
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, _LIST, [], [], None, None, lineno=loop.lineno)
    tree.set_environment(_ENVIRONMENT)
    return _ENVIRONMENT.from_string(tree)


def _bounded(parts: Iterator[str]) -> Iterator[str]:
    length = 0
    for part in parts:
        length += len(part)
        if length > LONGEST_TEXT:
            raise TextFault(N_("The template writes more than {found} characters."), 1, str(LONGEST_TEXT))
        yield part


def _line_of(error: BaseException) -> int:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _FILE]
    return lines[-1] or 1 if lines else 1


def read_fact_moment(value: object) -> datetime:
    """The moment that a fact tells as UTC text. Raises TypeError, ValueError."""
    if not isinstance(value, str):
        raise TypeError("not a moment")
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _money(value: object) -> Money:
    if type(value) is not int:
        raise TypeError("not an amount in fen")
    return Money(value)
