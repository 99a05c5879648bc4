"""The words of a form's problems, for the summary at the top and for the place beside each field."""

from collections.abc import Mapping
from typing import Any

from litestar import Request

from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.web import language_of


def problem_words(request: Request[Any, Any, Any], problems: Mapping[str, Refusal]) -> dict[str, str]:
    """What happened and what to do next, by field name, in the reader's language."""
    language = language_of(request)
    use_language(language)
    between = "" if language == "zh" else " "
    return {name: between.join(refusal_words(refusal)) for name, refusal in problems.items()}
