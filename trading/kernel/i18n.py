"""Two languages: Chinese first, English second. Message ids are English; every room brings its own `locale/zh.po`.

The catalogues are read and merged when the application is composed. The language of the running request is a context
variable, so that templates, refusals and documents need not be handed it.
"""

from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from babel.messages.pofile import read_po

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_language: ContextVar[Language] = ContextVar("language", default="zh")
_chinese: dict[str, str] = {}


def load_catalogues(folders: list[Path]) -> None:
    """Read `zh.po` from each folder that has one. Two rooms that translate one message differently: ValueError."""
    for folder in folders:
        path = folder / "zh.po"
        if not path.exists():
            continue
        with path.open("rb") as source:
            for message in read_po(source, locale="zh"):
                if message.id and message.string and not message.fuzzy:
                    _add(str(_one(message.id)), str(_one(message.string)), path)


def _one(value: object) -> object:
    return value[0] if isinstance(value, list | tuple) else value


def _add(message_id: str, chinese: str, path: Path) -> None:
    if _chinese.setdefault(message_id, chinese) != chinese:
        raise ValueError(f"{path}: {message_id!r} is translated as {chinese!r} and as {_chinese[message_id]!r}")


def has_chinese(message_id: str) -> bool:
    """Whether the loaded catalogues translate this message."""
    return message_id in _chinese


def use_language(language: Language) -> None:
    """Speak this language in the running task from here on."""
    _language.set(language)


def current_language() -> Language:
    """The language of the running task."""
    return _language.get()


def language_from(text: str | None) -> Language:
    """The language that a cookie or a setting names; Chinese when it names none that is known."""
    return "en" if text == "en" else "zh"


def gettext(message_id: str) -> str:
    """The message in the language of the running task; the message id itself when there is no translation."""
    if _language.get() == "zh":
        return _chinese.get(message_id, message_id)
    return message_id


def ngettext(singular: str, plural: str, count: int) -> str:
    """The message for `count` things. Chinese does not tell one from many."""
    if _language.get() == "zh":
        return _chinese.get(singular, singular)
    return singular if count == 1 else plural
