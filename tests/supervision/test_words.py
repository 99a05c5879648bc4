"""The supervisor reads what is written into a sale's journal in words."""

from pathlib import Path
from typing import get_args

import pytest

from auction.sale import Event
from auction.storing import kind_of
from trading.kernel.i18n import has_chinese, load_catalogues

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("event", get_args(Event), ids=kind_of)
def test_every_event_of_a_sale_is_named_in_chinese_where_the_journal_is_read(event: type) -> None:
    load_catalogues([*sorted(ROOT.glob("trading/*/locale")), ROOT / "auction" / "locale"])
    assert has_chinese(kind_of(event).replace("_", " "))
