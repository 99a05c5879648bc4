"""Rivals' papers that come from one hand: the same file, the same author, made by one program at one second. Pure.

What a form that the centre gave out says of itself stands in everybody's papers, and is no sign.

Source: 招标投标法实施条例 art. 40 (1); 财政部令87号 art. 37 (1).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from trading.registration.rules import plain_name
from trading.signs.rules import Shared, shared_marks

# What programs write when nobody told them a name.
_NOBODY = frozenset(
    {
        *("admin", "administrator", "user", "users", "owner", "unknown", "anonymous", "author", "pc", "office"),
        *("microsoft", "microsoftoffice", "windows", "windows用户", "windowsuser", "微软用户", "微软中国", "用户"),
        *("lenovo", "dell", "hp", "asus", "acer", "huawei", "scanner", "canon", "wps", "wpsoffice", "openpyxl"),
        *("python-docx", "作者", "默认用户", "新用户"),
    }
)
_OF_NO_MOMENT = ("2013-12-23T23:15:00", "1980-01-01", "2006-09-16T00:00:00", "D:1980")
"""What programs write as the moment of every file they make."""

_TO_THE_SECOND = re.compile(r"\d{4}\D?\d{2}\D?\d{2}.?\d{2}\D?\d{2}\D?\d{2}")


@dataclass(frozen=True, slots=True)
class Paper:
    """A rival's file and what it says of its making. `rival` is None for what the centre itself gave out."""

    rival: UUID | None
    name: str
    sha256: str
    author: str
    saved_by: str
    tool: str
    made_at: str
    identity: str


STRONG = ("file", "identity", "moment")
"""Kinds of marks that hardly two hands leave; an author's name alone may be two people's."""


def marks_of(paper: Paper) -> tuple[str, ...]:
    """What tells whose hand a paper comes from: `kind:value` each."""
    marks = [f"file:{paper.sha256}"]
    if paper.identity:
        marks.append(f"identity:{paper.identity}")
    is_moment = _TO_THE_SECOND.search(paper.made_at) is not None and not paper.made_at.startswith(_OF_NO_MOMENT)
    if paper.tool and is_moment:
        marks.append(f"moment:{paper.made_at} {paper.tool}")
    names = {_known(paper.author), _known(paper.saved_by)} - {""}
    return (*marks, *(f"author:{name}" for name in sorted(names)))


def shared_authors(papers: Iterable[Paper]) -> list[Shared[Paper]]:
    """What papers of several rivals have in common that no paper of the centre has."""
    papers = list(papers)
    given_out = {mark for paper in papers if paper.rival is None for mark in marks_of(paper)}
    handed_in = [(paper.rival, paper) for paper in papers if paper.rival is not None]
    return shared_marks(handed_in, lambda paper: tuple(mark for mark in marks_of(paper) if mark not in given_out))


def is_strong(found: Shared[Paper]) -> bool:
    """Whether more than a name is shared."""
    return any(mark.partition(":")[0] in STRONG for mark in found.marks)


def _known(name: str) -> str:
    """A person's name as it is compared; empty where it is nobody's."""
    plain = plain_name(name).casefold()
    return "" if plain in _NOBODY or len(plain) < 2 else plain
