"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that a hash means the same to everybody.

Bodies of facts are integers, text, truth values, lists and objects. Floats are refused: money is fen and quantities
that need fractions are text.
"""

from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """The one canonical encoding of `value`. Raises TypeError for a float, ValueError for what JSON cannot say."""
    _refuse_floats(value)
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float cannot be a fact: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
