"""What is wrong with something typed: one problem a field, all told at once (一次性告知). Pure.

A problem is not a refusal: it stands beside its field on the form, the person corrects it, and nothing typed is lost.
"""

import dataclasses
from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext tools find message ids outside templates
    """Mark a message id for the catalogue; the text stays as it is until it is shown."""
    return message


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field.

    `message` is a gettext message id with `{name}` placeholders that `facts` fill; `source` is the rule's source of
    law, when there is one.
    """

    field: str
    message: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
    source: str = ""

    def __str__(self) -> str:
        return self.message.format(**self.facts)
