"""Confirmation letters and bid records: what they say, how they are made, and what they refuse."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from pypdf import PdfReader

from archive.bid_record import BidRecord, RecordedBid, bid_record_pdf
from archive.letters import ConfirmationLetter, letter_pdf, verification_code
from archive.typesetting import CharacterNotInFont
from trading.kernel.money import Money

NOON = datetime(2026, 11, 22, 2, 41, 7, 318_000, tzinfo=UTC)
CODE = verification_code("letter", UUID(int=5))

LETTER = ConfirmationLetter(
    number="D06-12510522MB00000149-20261122-000050-7",
    centre_name="合江县公共资源交易中心",
    entry_code="D06-12510522MB00000149-20261030-000017-K",
    project_title="合江县2026年第50号国有建设用地使用权出让",
    lot_title="县城第50号地块国有建设用地使用权",
    owner_name="合江县自然资源和规划局（演示）",
    winner_name="符阳演示置业有限公司",
    winner_credit_code="91510522MA00000007",
    winner_plate=3,
    selling_method="限时竞价",
    parcel_number="县城第50号地块",
    location="合江县县城符阳片区荔城大道北侧",
    area_mu=Decimal("9.14"),
    area_m2=Decimal("6093.36"),
    land_use="住宅兼容商业用地",
    term_years=70,
    starting_price=Money.from_yuan("23609800.00"),
    final_price=Money.from_yuan("34914800.00"),
    price_per_mu=Money.from_yuan("3820000.00"),
    deposit=Money.from_yuan("4800000.00"),
    concluded_at=NOON,
    issued_at=NOON + timedelta(seconds=23),
    journal_stream="auction:019ab3f0-7c1e-7d2a-9b64-2f0c5e8a1d77",
    journal_seq=58,
    journal_hash="9f2b" * 16,
    verification_url=f"https://trading.example/verify/{CODE}",
    verification_code=CODE,
    is_demonstration=False,
)

BIDS = tuple(
    RecordedBid(
        seq=number,
        arrived_at=NOON + timedelta(seconds=number),
        at=NOON + timedelta(seconds=number, milliseconds=4),
        before_close_ms=None if number == 9 else 240_000 - number * 7,
        plate=number % 3 + 1,
        price=None if number == 7 else Money(2_360_980_000 + 9_500_000 * number),
        is_sealed=False,
        accepted=number % 5 != 2,
        reason="" if number % 5 != 2 else "报价低于当前最高价加一个增价幅度",
        entry_hash=f"{number:064x}",
    )
    for number in range(1, 120)
)
RECORD = BidRecord(
    number=LETTER.number,
    centre_name=LETTER.centre_name,
    lot_title=LETTER.lot_title,
    parcel_number=LETTER.parcel_number,
    selling_method="拍卖",
    starting_price=LETTER.starting_price,
    increment=Money(9_500_000),
    opened_at=NOON,
    closed_at=NOON + timedelta(minutes=3),
    outcome="成交",
    winner_name=LETTER.winner_name,
    winner_plate=3,
    final_price=LETTER.final_price,
    bids=BIDS,
    sections=(),
    journal_stream=LETTER.journal_stream,
    journal_seq=121,
    journal_hash=LETTER.journal_hash,
    issued_at=NOON + timedelta(minutes=4),
    is_demonstration=False,
)


def words(pdf: bytes) -> str:
    """The text of all pages without spaces and line ends, so that wrapping does not matter."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_letter_says_every_fact_that_order_39_article_20_names() -> None:
    """Source: 国土资源部令第39号 art. 20: seller and winner, what was sold, time, place and price, the contract."""
    text = words(letter_pdf(LETTER))
    facts = [
        LETTER.number, LETTER.entry_code, LETTER.project_title, LETTER.winner_name, LETTER.winner_credit_code,
        LETTER.parcel_number, LETTER.location, "9.14亩", "6,093.36", "70年", "人民币34,914,800.00元",
        "人民币叁仟肆佰玖拾壹万肆仟捌佰元整", "3,820,000.00", "23,609,800.00", "肆佰捌拾万元整", "2026年11月22日",
        "10:41:07.318", "限时竞价", "3号", CODE, LETTER.verification_url, LETTER.journal_hash, "非实体印章",
        "在该中心", "约定的时间、地点与出让人签订", "转作受让宗地的定金", LETTER.owner_name,
    ]  # fmt: skip
    assert [fact for fact in facts if fact not in text] == []


def test_the_letter_tells_the_terms_of_order_39_articles_21_and_22() -> None:
    text = words(letter_pdf(LETTER))
    assert "保证金在五个工作日内原路退回，不计利息" in text
    assert "结果将在十个工作日内" in text


@pytest.mark.parametrize("name", [LETTER.winner_name, "符阳演示城市建设投资开发与房地产综合经营管理股份有限公司联合体"])
def test_the_ordinary_letter_fits_one_page(name: str) -> None:
    for demonstration in (False, True):
        title = f"{LETTER.lot_title}限时竞价出让（2026年第十二批次）"
        pdf = letter_pdf(replace(LETTER, winner_name=name, lot_title=title, is_demonstration=demonstration))
        assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


def test_the_same_letter_gives_the_same_bytes_and_another_price_does_not() -> None:
    assert letter_pdf(LETTER) == letter_pdf(LETTER)
    assert letter_pdf(LETTER) != letter_pdf(replace(LETTER, final_price=Money(1)))


def test_the_letters_date_is_the_day_it_was_issued() -> None:
    information = PdfReader(io.BytesIO(letter_pdf(LETTER))).metadata
    assert information is not None
    assert information.creation_date == LETTER.issued_at.replace(microsecond=0)


@pytest.mark.parametrize("pdf", [letter_pdf(LETTER), bid_record_pdf(RECORD)], ids=["letter", "bid record"])
def test_every_font_is_embedded(pdf: bytes) -> None:
    fonts: list[Any] = [
        font.get_object()
        for page in cast(Any, PdfReader(io.BytesIO(pdf)).pages)
        for font in page["/Resources"]["/Font"].get_object().values()
    ]
    assert fonts
    for font in fonts:
        assert "/FontFile2" in font["/FontDescriptor"], font["/BaseFont"]


@pytest.mark.parametrize("demonstration", [True, False])
def test_only_the_demonstrations_documents_carry_its_mark_on_every_page(demonstration: bool) -> None:
    for pdf in (
        letter_pdf(replace(LETTER, is_demonstration=demonstration)),
        bid_record_pdf(replace(RECORD, is_demonstration=demonstration)),
    ):
        for page in PdfReader(io.BytesIO(pdf)).pages:
            text = page.extract_text()
            assert ("Demonstration data" in text) is demonstration
            assert ("不具有任何效力" in text) is demonstration


def test_a_character_that_the_font_lacks_is_refused_by_name() -> None:
    with pytest.raises(CharacterNotInFont) as refusal:
        letter_pdf(replace(LETTER, winner_name="\N{CJK UNIFIED IDEOGRAPH-20BB7}野演示置业有限公司"))
    assert refusal.value.characters == "\N{CJK UNIFIED IDEOGRAPH-20BB7}（U+20BB7）"


def test_a_character_that_the_font_lacks_is_refused_in_the_bid_record_too() -> None:
    with pytest.raises(CharacterNotInFont):
        bid_record_pdf(replace(RECORD, winner_name="\N{CJK UNIFIED IDEOGRAPH-20BB7}野"))


def test_names_are_words_and_never_markup() -> None:
    name = "<b>川南</b>&amp;演示<a href='x'>公司</a>"
    assert name.replace(" ", "") in words(letter_pdf(replace(LETTER, winner_name=name)))


def test_long_names_wrap_and_stay_inside_the_page() -> None:
    name = "川南演示城市建设投资开发与房地产综合经营管理股份有限公司" * 12
    pdf = letter_pdf(replace(LETTER, winner_name=name, location="荔城大道北侧" * 60))
    assert name in words(pdf)
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 2
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页共2页" in "".join(page.extract_text().split())


def test_the_largest_amount_and_one_fen_can_be_written() -> None:
    for price in (Money(10**14), Money(1)):
        assert price.yuan in words(letter_pdf(replace(LETTER, final_price=price)))


def test_the_bid_record_shows_every_bid_with_its_hash_and_the_refused_with_their_reason() -> None:
    text = words(bid_record_pdf(RECORD))
    for bid in BIDS:
        assert bid.entry_hash[:16] in text
        assert bid.price is None or bid.price.yuan in text
    refused = sum(not bid.accepted for bid in BIDS)
    assert text.count("拒绝：") == refused
    assert f"共{len(BIDS)}次报价，其中有效{len(BIDS) - refused}次，被拒绝{refused}次" in text


def test_a_withdrawn_lot_has_a_record_without_winner() -> None:
    nothing = replace(
        RECORD, bids=(), outcome="流拍", winner_name=None, winner_plate=None, final_price=None, opened_at=None
    )
    text = words(bid_record_pdf(nothing))
    assert "无人报价" in text
    assert "流拍" in text
    assert "竞得人" not in text


def test_the_code_for_checking_is_readable_and_follows_from_the_subject() -> None:
    assert verification_code("letter", UUID(int=5)) == CODE
    codes = {verification_code("letter", UUID(int=number)) for number in range(500)}
    assert len(codes) == 500
    for code in codes:
        assert len(code) == 14
        assert not set(code) & set("ILOU")
    assert verification_code("bid_record", UUID(int=5)) != CODE
