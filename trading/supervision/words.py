"""How facts of the journal are written for reading."""

import json
from typing import Any


def readable(body: dict[str, Any]) -> str:
    """A fact's body for reading: indented, Chinese as it is."""
    return json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True)
