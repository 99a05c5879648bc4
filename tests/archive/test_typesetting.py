"""How lines and pages of the documents break."""

import io
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from archive import typesetting as look
from archive.bid_record import RecordedSection, bid_record_pdf
from tests.archive.test_documents import BIDS, RECORD

SENTENCE = "经公开竞价，符阳演示置业有限公司（竞得人）以最高有效报价竞得；其余竞买人：保证金原路退回。何时？五日内！"


@pytest.mark.parametrize("width", range(90, 200, 7))
def test_no_line_begins_with_a_sign_that_ends_a_clause(width: int) -> None:
    paragraph: Any = look.text(SENTENCE * 3, look.BODY)
    paragraph.wrap(width, 5000)
    begun = {"".join(words)[0] for _, words in paragraph.blPara.lines}
    assert begun.isdisjoint("，；：。？！）、")


@pytest.mark.parametrize("count", range(24, 36, 2))
def test_the_heading_of_a_section_stands_on_the_page_of_its_table(count: int) -> None:
    course = RecordedSection("交易过程", (("序号", 20), ("事项", 142)), (("2", "竞价开始之事项"),))
    bids = tuple(replace(BIDS[0], seq=number) for number in range(count))
    pages = [
        page.extract_text()
        for page in PdfReader(io.BytesIO(bid_record_pdf(replace(RECORD, bids=bids, sections=(course,))))).pages
    ]
    assert [page for page in pages if "交易过程" in page] == [page for page in pages if "竞价开始之事项" in page]
