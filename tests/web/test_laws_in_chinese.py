"""Where a rule is written is said in Chinese on Chinese pages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import trading
from trading.complaints import procedures
from trading.kernel.formats import law
from trading.kernel.i18n import load_catalogues, use_language
from trading.limits import declared
from trading.projects import profiles, purchase_profiles
from trading.projects.profile_types import Ruled


@pytest.fixture(autouse=True)
def catalogues() -> None:
    load_catalogues([room / "locale" for room in Path(trading.__path__[0]).iterdir()])


def ruled_in(value: Any) -> Iterator[Ruled[Any]]:
    """Every ruled value inside another."""
    if isinstance(value, Ruled):
        yield value
    if isinstance(value, Mapping):
        inner = list(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, field.name) for field in fields(value)]
    else:
        inner = []
    for each in inner:
        yield from ruled_in(each)


@pytest.mark.parametrize("module", [procedures, declared, profiles, purchase_profiles], ids=lambda each: each.__name__)
def test_no_source_of_a_rule_is_left_in_english(module: ModuleType) -> None:
    use_language("zh")
    values = [value for name, value in vars(module).items() if not name.startswith("__")]
    sources = {ruled.source for value in values for ruled in ruled_in(value)}
    assert len(sources) > 5
    assert {source: law(source) for source in sources if re.search("[A-Za-z]{2}", law(source))} == {}


def test_an_article_is_named_as_the_law_names_it() -> None:
    use_language("zh")
    assert (
        law("政府采购质疑和投诉办法 (财政部令94号) art. 26, 27; own")
        == "政府采购质疑和投诉办法（财政部令94号）第26、27条；自定"
    )
    use_language("en")
    assert law("拍卖法 art. 37; own") == "拍卖法 art. 37; own"
    use_language("zh")
