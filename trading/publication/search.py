"""Searching Chinese text: runs of characters become overlapping pairs (bigrams), so two-character words hit. Pure.

PostgreSQL's `simple` configuration then indexes the pairs as words. A query asks for as many pairs as cover it, each at
its distance from the one before, so 土地出让 finds texts with exactly this run and not those that merely contain 土地
and 出让 apart. Latin words and
numbers are words of their own, found by their beginning; so is a single Chinese character, for which the last
character of each run is indexed alone as well.
"""

import itertools
import re
import unicodedata

_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[a-z0-9]+")
_LONGEST_QUERY = 100


def indexed_words(text: str) -> str:
    """The words under which `text` is found, in order, separated by blanks: input of `to_tsvector('simple', …)`."""
    words = []
    for run in _runs(text):
        if run[0].isascii():
            words.append(run)
        else:
            words.extend(run[place : place + 2] for place in range(len(run)))
    return " ".join(words)


def query_words(typed: str) -> str:
    """What to ask of the index: input of `to_tsquery('simple', …)`. Empty when nothing can be searched for."""
    parts = []
    for run in _runs(typed[:_LONGEST_QUERY]):
        if run[0].isascii() or len(run) == 1:
            parts.append(f"{run}:*")
        else:
            parts.append(f"({_covering_pairs(run)})")
    return " & ".join(parts)


def _covering_pairs(run: str) -> str:
    """Pairs side by side, the last one overlapping where the run is odd: half as many to look up as all of them."""
    places = [*range(0, len(run) - 2, 2), len(run) - 2]
    asked = run[:2]
    for before, place in itertools.pairwise(places):
        asked += f" <{place - before}> {run[place : place + 2]}"
    return asked


def _runs(text: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", text).lower())
