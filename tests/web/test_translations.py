"""Everything that the product can say is said in Chinese too, in one voice, and every template is a whole page."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2 import Environment

from trading import app
from trading.kernel.errors import Refusal

ROOT = Path(__file__).parents[2]
PACKAGES = ("trading", "auction", "procurement", "archive")
ROOMS = [room.folder for room in app._ROOMS]
TEMPLATES = sorted(path for room in ROOMS for path in room.glob("templates/**/*.html"))
CATALOGUES = sorted(path for room in ROOMS for path in room.glob("locale/zh.po"))
SCRIPTS = sorted(path for room in ROOMS for path in room.glob("static/**/*.js"))
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "bank_simulator" not in path.parts
)
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
SHARED = {"base.html", "components.html"}
CHINESE = re.compile("[一-鿿]")
PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def name_in_room(path: Path) -> Path:
    """The name by which a template is asked for."""
    return path.relative_to(next(room / "templates" for room in ROOMS if path.is_relative_to(room / "templates")))


def chinese_by_message() -> dict[str, str]:
    """The merged catalogues."""
    found = {}
    for path in CATALOGUES:
        for message in messages_in(path):
            found[one(message.id)] = one(message.string)
    return found


def messages_in(path: Path) -> Iterator[Message]:
    with path.open("rb") as source:
        yield from (message for message in read_po(source, locale="zh") if message.id)


def one(value: object) -> str:
    """The only or first form of a message: Chinese does not tell one from many."""
    return str(value[0] if isinstance(value, list | tuple) else value)


def said_in(path: Path) -> set[str]:
    """The message ids that a template or a module names."""
    method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
    options = {"extensions": "jinja2.ext.do", "silent": "false", "trimmed": "false"} if path.suffix == ".html" else {}
    source = BytesIO(path.read_bytes())
    return {one(found[1]) for found in extract(method, source, keywords=KEYWORDS, options=options) if one(found[1])}


def refusals() -> list[type[Refusal]]:
    """Every refusal class of the product."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            if not found.name.endswith("__main__") and ".migrations." not in found.name:
                importlib.import_module(found.name)
    known: list[type[Refusal]] = [Refusal]
    for kind in known:
        known += [sub for sub in kind.__subclasses__() if sub not in known and sub.__module__.startswith(PACKAGES)]
    return known[1:]


@pytest.mark.parametrize("path", [*TEMPLATES, *SOURCES], ids=name_of)
def test_every_sentence_has_a_chinese_translation(path: Path) -> None:
    missing = said_in(path) - set(chinese_by_message())
    assert not missing, f"no translation in any locale/zh.po: {sorted(missing)}"


def test_every_refusal_says_in_both_languages_what_happened_and_what_to_do() -> None:
    chinese = chinese_by_message()
    found = refusals()
    assert len(found) > 40
    silent = [kind.__name__ for kind in found if not kind.message or not kind.advice]
    untranslated = {text for kind in found for text in (kind.message, kind.advice) if text and text not in chinese}
    assert not silent
    assert not untranslated


def test_the_words_of_a_refusal_name_only_facts_that_it_carries() -> None:
    wrong = []
    for kind in refusals():
        assert is_dataclass(kind)
        named = set(re.findall(r"\{(\w*)\}", kind.message + kind.advice))
        if not named <= set(kind.__dataclass_fields__):
            wrong.append((kind.__name__, named))
    assert not wrong


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_translations_keep_their_placeholders_and_use_chinese_punctuation(path: Path) -> None:
    for message in messages_in(path):
        english, chinese = one(message.id), one(message.string)
        assert chinese, f"{english!r} is not translated"
        assert not message.fuzzy, english
        assert set(PLACEHOLDER.findall(chinese)) == set(PLACEHOLDER.findall(english)), english
        assert not re.search("[一-鿿][,;:?!]|[,;:?!][一-鿿]", chinese), f"half-width punctuation: {chinese}"
        assert "！" not in chinese, f"no exclamation marks: {chinese}"


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_two_rooms_never_translate_one_message_differently(path: Path) -> None:
    merged = chinese_by_message()
    different = {one(m.id): (one(m.string), merged[one(m.id)]) for m in messages_in(path)}
    assert {english: pair for english, pair in different.items() if pair[0] != pair[1]} == {}


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_page_scripts_take_their_words_from_the_page(path: Path) -> None:
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub("[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整]", "", text)  # the digits of amounts in words are a notation
    assert not CHINESE.search(text)
    sentences = re.findall(r"""(["'`])([A-Z][a-z]+ [a-z][^"'`]*)\1""", text)
    assert not sentences, f"English sentences in a script: {sentences}"


def bare_words_in(template: str) -> set[str]:
    """The words that a template would say in every language alike: outside expressions, tags and comments."""
    shown = re.sub(
        r"{% block body_class %}.*?{% endblock %}|<(script|style|code)\b.*?</\1>", "", template, flags=re.DOTALL
    )
    data = "".join(text for _, kind, text in Environment(autoescape=True).lex(shown) if kind == "data")
    text = re.sub(r"<!--.*?-->|<[^>]*>|&\w+;| aria-\w+=\S+", " ", data, flags=re.DOTALL)
    return set(re.findall("[一-鿿]+|[A-Za-z]{3,}", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_say_nothing_outside_the_catalogue(path: Path) -> None:
    names = {"English", "中文", "SHA", "CSV", "JSON", "PDF", "Atom", "Feed", "iCalendar"}
    assert bare_words_in(path.read_text(encoding="utf-8")) - names == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_page_has_a_title_and_one_main_heading(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    extends_this = f'{{% extends "{name_in_room(path)}" %}}'
    if "{% extends" not in text or any(extends_this in other.read_text(encoding="utf-8") for other in TEMPLATES):
        return  # a part of pages, or the frame of some
    assert "{% block title %}" in text
    parts = [path, *(other for other in TEMPLATES if f'"{name_in_room(other)}"' in text and other.name not in SHARED)]
    headings = [re.search(r"<h1\b|page_heading\((?!title, lead=)", part.read_text(encoding="utf-8")) for part in parts]
    assert any(headings)


def test_the_search_for_sentences_finds_them(tmp_path: Path) -> None:
    template, module = tmp_path / "a.html", tmp_path / "a.py"
    template.write_text('{% do x() %}{{ _("Alpha") }}{{ ngettext("One", "Many", 2) }}{% trans %}Beta{% endtrans %}')
    module.write_text('A = N_("Gamma")\ndef f(): return gettext("Delta {x}")\n')
    assert said_in(template) == {"Alpha", "One", "Beta"}
    assert said_in(module) == {"Gamma", "Delta {x}"}


def test_the_search_for_bare_words_finds_them() -> None:
    template = '<p title="{{ _("x") }}" {% if a > b %}class="y"{% endif %}>{{ _("Said") }} bare 裸 {# comment #}</p>'
    assert bare_words_in(template) == {"bare", "裸"}
