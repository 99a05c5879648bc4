"""The text of an announcement as plain, closed markup: headings, paragraphs, lists and tables without attributes. Pure.

Whatever was made from a template is read here and written anew, so that nothing but these elements and escaped text
can ever be stored, whatever a template or a fact tried. What does not belong is refused with its line, not dropped:
nobody is to publish half a sentence.
"""

import re
import unicodedata
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from trading.projects.problems import N_

ELEMENTS = frozenset({"h2", "h3", "p", "ul", "ol", "li", "table", "tr", "th", "td", "strong"})
BREAK = "br"
LONGEST_TEXT = 200_000
_INSIDE = {"li": {"ul", "ol"}, "tr": {"table"}, "th": {"tr"}, "td": {"tr"}}
_HOLD_ELEMENTS_ONLY = {"", "ul", "ol", "table", "tr"}
_HOLD_WORDS_ONLY = {"h2", "h3", "p", "strong"}
_INLINE = {"strong"}
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


@dataclass(eq=False)
class TextFault(Exception):
    """Something in a text that it may not hold: a message id with `{found}`, and the line, counted from 1."""

    message: str
    line: int
    found: str = ""


def plain(text: str) -> str:
    """Text without what cannot be shown: control characters and marks that turn the direction of writing around."""
    shown = _DIRECTION.sub(_REPLACED, text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        _REPLACED if unicodedata.category(each) in {"Cc", "Cs"} and each not in "\n\t" else each for each in shown
    )


def written_anew(markup: str) -> str:
    """The same text, written from its elements. Raises `TextFault`."""
    if len(markup) > LONGEST_TEXT:
        raise TextFault(N_("The text is longer than {found} characters."), 1, str(LONGEST_TEXT))
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    if reader.open:
        name, line = reader.open[-1]
        raise TextFault(N_("<{found}> is not closed."), line, name)
    if not "".join(reader.words).strip():
        raise TextFault(N_("The text says nothing."), 1)
    return "".join(reader.parts)


class _Reader(HTMLParser):
    """Reads elements and words; `open` are the elements that are not closed yet, each with its line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.words: list[str] = []
        self.open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if attrs:
            raise self._fault(N_("<{found}> may have no attributes."), tag)
        around = self.open[-1][0] if self.open else ""
        if tag == BREAK and around not in _HOLD_ELEMENTS_ONLY:
            self.parts.append("<br>")
            return
        if tag not in ELEMENTS:
            raise self._fault(N_("<{found}> is not among the elements that a text may have."), tag)
        elsewhere = _HOLD_ELEMENTS_ONLY if tag in _INLINE else _HOLD_ELEMENTS_ONLY - {""}
        fits = around in _INSIDE[tag] if tag in _INSIDE else around not in elsewhere
        if not fits or (around in _HOLD_WORDS_ONLY and tag not in _INLINE):
            raise self._fault(N_("<{found}> does not stand where it belongs."), tag)
        self.open.append((tag, self.getpos()[0]))
        self.parts.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise self._fault(N_("</{found}> closes nothing."), tag)
        self.open.pop()
        self.parts.append(f"</{tag}>" + ("\n" if tag not in _INLINE else ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag != BREAK:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        around = self.open[-1][0] if self.open else ""
        if around in _HOLD_ELEMENTS_ONLY:
            if data.strip():
                raise self._fault(N_("{found} stands outside of every paragraph."), data.strip()[:40])
            return
        self.words.append(data)
        self.parts.append(escape(re.sub(r"\s+", " ", plain(data)), quote=False))

    def handle_comment(self, data: str) -> None:
        raise self._fault(N_("A text may hold no comments or declarations."), "")

    def handle_decl(self, decl: str) -> None:
        raise self._fault(N_("A text may hold no comments or declarations."), "")

    def handle_pi(self, data: str) -> None:
        raise self._fault(N_("A text may hold no comments or declarations."), "")

    def unknown_decl(self, data: str) -> None:
        raise self._fault(N_("A text may hold no comments or declarations."), "")

    def _fault(self, message: str, found: str) -> TextFault:
        return TextFault(message, self.getpos()[0], found)
