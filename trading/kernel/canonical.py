"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that a hash means the same to everybody.

Bodies of facts are integers, text, truth values, lists and objects. Floats are refused: money is fen and quantities
that need fractions are text.
"""

from typing import Any

import msgspec
import rfc8785

_LARGEST_INTEGER = 2**53 - 1  # RFC 8785 counts as JavaScript does
_PLAIN = frozenset({str, bool, type(None), msgspec.Raw})
_quick = msgspec.json.Encoder(order="sorted")
_as_declared = msgspec.json.Encoder()


class Canonical(msgspec.Struct):
    """A body whose members are declared in the order of their names, and hold text, numbers below 2**53, None, or
    canonical JSON: it is written as it is declared. For what comes in masses.
    """


def canonical_json(value: Any) -> bytes:
    """The one canonical encoding of `value`, in which a `msgspec.Raw` is canonical JSON already.

    Raises TypeError for a float, ValueError for what JSON cannot say.
    """
    if isinstance(value, Canonical):
        return _as_declared.encode(value)
    if _is_plain(value):
        return _quick.encode(value)
    _refuse_floats(value)
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def _is_plain(value: Any) -> bool:
    """Whether the quick encoder writes what RFC 8785 asks for.

    It sorts names by UTF-8 bytes, which is the RFC's order as long as they are ASCII, and escapes text as the RFC does.
    """
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is int:
        return bool(-_LARGEST_INTEGER <= value <= _LARGEST_INTEGER)
    if kind is dict:
        for name, item in value.items():
            if type(item) not in _PLAIN and not _is_plain(item):
                return False
            if type(name) is not str or not name.isascii():
                return False
        return True
    return (kind is list or kind is tuple) and all(map(_is_plain, value))


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float cannot be a fact: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
