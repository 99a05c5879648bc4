"""The language of announcement texts: what it refuses, with the line; what comes out whatever the facts hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.publication.default_texts import TEXTS
from trading.publication.examples import HOSTILE, examples
from trading.publication.kind_types import AnnouncementKind
from trading.publication.safe_text import ELEMENTS, LONGEST_TEXT, TextFault, plain, written_anew
from trading.publication.text_language import LONGEST_LIST, LONGEST_SOURCE, check, render
from trading.publication.wording import named, spoken

KNOWN = frozenset({"a", "parts", "final_fen", "starts_at", "inner"})


def fault_of(source: str, facts: dict[str, Any] | None = None) -> TextFault:
    try:
        check(source, KNOWN)
        render(source, dict.fromkeys(KNOWN) | (facts or {}))
    except TextFault as fault:
        return fault
    raise AssertionError("this template has no fault")


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ a.__class__ }}</p>",
        "<p>{{ a['__class__'] }}</p>",
        "<p>{{ ''.__class__.__mro__ }}</p>",
        "<p>{{ a|attr('__class__') }}</p>",
        "<p>{{ self.__init__ }}</p>",
        "{{ range(10**9) }}",
        "{% for i in range(999999999) %}<p>x</p>{% endfor %}",
        "<p>{{ 'x' * 999999999 }}</p>",
        "<p>{{ 9 ** 9 ** 9 }}</p>",
        "<p>{{ '%999999999d' % 1 }}</p>",
        "<p>{{ '%s' | format(a) }}</p>",
        "{% include '/etc/passwd' %}",
        "{% import 'x' as x %}",
        "{% extends 'base.html' %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% block x %}{{ self.x() }}{% endblock %}",
        "{% for x in parts recursive %}{{ loop(x) }}{% endfor %}",
        "{% set a = 1 %}<p>x</p>",
        "{% call a() %}{% endcall %}",
        "{% filter yuan %}1{% endfilter %}",
        "{% autoescape false %}<p>x</p>{% endautoescape %}",
        "{% with x = 1 %}<p>x</p>{% endwith %}",
        "{% do a.append(1) %}",
        "<p>{{ cycler('a') }}{{ lipsum() }}{{ joiner }}</p>",
        "<p>{{ a | safe }}</p>",
        "<p>{{ [1, 2] }}{{ {'a': 1} }}</p>",
        "<p>{{ a ~ a }}</p>",
        "<p>{{ a[0:2] }}</p>",
        "<p>{{ a is callable }}</p>",
        "<p>{{ nobody_knows }}</p>",
        "<p>{{ a('x') }}</p>",
        "<p>{{ parts.pop() }}</p>",
        "<p>{{ 1.5 }}</p>",
        "{% for _x in parts %}<p>x</p>{% endfor %}",
        "{% for x, y in parts %}<p>x</p>{% endfor %}",
        "{% for x in parts %}{% for y in parts %}{% for z in parts %}<p>x</p>{% endfor %}{% endfor %}{% endfor %}",
        "{{" + "(" * 4000 + "a" + ")" * 4000 + "}}",
        "{{ 9" + "9" * 6000 + " }}",
        "{% if a %}" * 60 + "<p>x</p>" + "{% endif %}" * 60,
        "<p>{{ a }}</p>" * 2000,
        "x" * (LONGEST_SOURCE + 1),
        "<p>{{ a",
        "{% endfor %}",
        "<script>alert(1)</script>",
        "<p onclick='x'>a</p>",
        "<p\nstyle=x>a</p>",
        "<a href='http://example.invalid'>a</a>",
        "<!-- x --><p>a</p>",
        "<p>a</p><![CDATA[x]]>",
        "<img src=x>",
        "{% raw %}<svg onload=x>{% endraw %}",
    ],
    ids=range(51),
)
def test_what_is_no_part_of_the_language_is_refused_before_anything_runs(source: str) -> None:
    with pytest.raises(TextFault) as raised:
        check(source, KNOWN)
    assert raised.value.line >= 1


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("<p>\n\n{{ b }}</p>", 3),
        ("<p>a</p>\n<p>b</p>\n<script>x</script>", 3),
        ("<p>a</p>\n{{ range(3) }}", 2),
        ("<p>a</p>\n<p>{{ a | yuan }}</p>", 2),
        ("<p>a</p>\n\n<p>{{ inner.nothing }}</p>", 3),
        ("<p>a</p>\n\n<p>b", 3),
    ],
)
def test_a_fault_tells_its_line(source: str, line: int) -> None:
    assert fault_of(source, {"a": "text", "inner": {"x": 1}}).line == line


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ a.upper }}</p>",
        "<p>{{ inner.items }}</p>",
        "<p>{{ inner.keys }}</p>",
        "{% for x in a %}<p>{{ x }}</p>{% endfor %}",
        "{% for x in inner %}<p>{{ x }}</p>{% endfor %}",
        "<p>{{ a | moment }}</p>",
        "<p>{{ inner | wan }}</p>",
        "{% if a == 'x' %}<p>{% else %}</p>{% endif %}",
        "<td>a</td>",
        "<p><h2>a</h2></p>",
        "outside",
        "<ul>outside<li>a</li></ul>",
        "{% if final_fen %}<p>a</p>{% endif %}",
    ],
)
def test_what_fails_on_facts_is_a_fault_and_never_a_crash(source: str) -> None:
    fault_of(source, {"a": "text", "inner": {"x": 1}})


def test_output_and_lists_have_their_limits() -> None:
    long = {"parts": ["长" * 4000] * LONGEST_LIST}
    assert "writes more" in fault_of("{% for x in parts %}<p>{{ x }}</p>{% endfor %}", long).message
    many = {"parts": [1] * (LONGEST_LIST + 1)}
    assert "more than" in fault_of("{% for x in parts %}<p>{{ x }}</p>{% endfor %}", many).message


def test_facts_are_written_as_they_are_said() -> None:
    facts = {"a": "一\n二", "final_fen": 3_491_480_000, "starts_at": "2026-11-30T01:30:00.000000Z", "parts": [{"n": 1}]}
    source = (
        "<p>{{ a }}</p><p>{{ final_fen | yuan }} {{ final_fen | wan }} {{ final_fen | capital }}</p>"
        "<p>{{ starts_at | moment }} {{ starts_at | day }}</p>"
        "<ul>{% for x in parts %}<li>{{ x.n }}{{ inner }}</li>{% endfor %}</ul>"
    )
    check(source, KNOWN)
    assert render(source, dict.fromkeys(KNOWN) | facts).replace("\n", "") == (
        "<p>一<br>二</p><p>34,914,800.00 3,491.48 叁仟肆佰玖拾壹万肆仟捌佰元整</p>"
        "<p>2026年11月30日 09:30 2026年11月30日</p><ul><li>1—</li></ul>"
    )


@pytest.mark.parametrize(
    "markup", ['<p class="x">a</p>', "<p>a</p>\n<td>b</td>", "<p>a<!-- b --></p>", "<p>a</h2>", "a"]
)
def test_what_comes_out_of_a_template_is_read_again_and_refused_when_it_does_not_belong(markup: str) -> None:
    with pytest.raises(TextFault):
        written_anew(markup)


@pytest.mark.parametrize("kind", AnnouncementKind)
def test_the_shipped_texts_stand_every_example(kind: AnnouncementKind) -> None:
    check(TEXTS[kind], named(kind))
    for name, facts in examples(kind):
        text = render(TEXTS[kind], spoken(kind, facts))
        assert text == written_anew(text), name
        assert "<script" not in text
        assert "onerror=alert(1)>" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_fact_is_text(hostile: str) -> None:
    text = render("<p>{{ a }}</p>", {"a": hostile})
    tags = {part.split(">")[0].strip("/") for part in text.split("<")[1:]}
    assert tags <= {"p", "br"}
    assert "49" not in text


@given(st.text(max_size=300))
def test_any_text_comes_out_as_text_and_the_same_when_written_again(fact: str) -> None:
    text = render("<p>x{{ a }}</p>", {"a": fact})
    assert written_anew(text) == text
    assert {part.split(">")[0].strip("/") for part in text.split("<")[1:]} <= {"p", "br"}
    assert plain(text) == text


@given(st.text(alphabet="<>/pbrtdscript=\"'&;!- \n", max_size=120))
def test_any_markup_is_refused_or_closed(markup: str) -> None:
    try:
        text = written_anew(markup)
    except TextFault:
        return
    assert written_anew(text) == text
    for part in text.split("<")[1:]:
        assert part.split(">")[0].strip("/") in ELEMENTS | {"br"}
    assert len(text) <= 2 * LONGEST_TEXT
