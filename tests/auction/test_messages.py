"""The words of the live channel: what is read, what is refused, and what others may see."""

import json
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from auction.messages import (
    LARGEST_MESSAGE,
    LotEvent,
    NotUnderstood,
    PlaceBid,
    Subscribe,
    encode,
    public_event,
    read_client_message,
    read_price,
    read_server_message,
)
from auction.prices import parse_price_fen
from auction.refusals import PriceMissing, PriceNotNumber, PriceNotPositive, PriceNotWholeFen, PriceTooLarge
from trading.kernel.errors import Refusal
from trading.kernel.journal import Head, make_entry
from trading.kernel.money import LARGEST_FEN, Money

KEY = "019a0000-0000-7000-8000-000000000000"


def bid_frame(price: str) -> str:
    return f'{{"type":"bid","key":"{KEY}","price_fen":{price}}}'


def price_in(frame: str) -> Money:
    message = read_client_message(frame)
    assert isinstance(message, PlaceBid)
    return read_price(message.price_fen)


@pytest.mark.parametrize("fen", [1, 100_000_000, LARGEST_FEN])
def test_a_whole_number_of_fen_is_a_price(fen: int) -> None:
    assert price_in(bid_frame(str(fen))) == Money(fen)


@pytest.mark.parametrize(
    ("price", "refusal"),
    [
        ("100.0", PriceNotWholeFen),
        ("1.5", PriceNotWholeFen),
        ("1e6", PriceNotWholeFen),
        ("1e30", PriceNotWholeFen),
        ("1e999", PriceNotWholeFen),
        ('"100"', PriceNotNumber),
        ('"一百"', PriceNotNumber),
        ("true", PriceNotNumber),
        ("false", PriceNotNumber),
        ("[100]", PriceNotNumber),
        ('{"fen":100}', PriceNotNumber),
        ("[" * 500 + "]" * 500, PriceNotNumber),
        ("null", PriceMissing),
        ("0", PriceNotPositive),
        ("-1", PriceNotPositive),
        ("-1" + "0" * 5000, PriceNotPositive),
        (str(LARGEST_FEN + 1), PriceTooLarge),
        ("1" + "0" * 30, PriceTooLarge),
        ("1" + "0" * 5000, PriceTooLarge),
    ],
)
def test_anything_else_as_price_is_refused_by_its_own_name(price: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        price_in(bid_frame(price))
    assert type(refused.value) is refusal
    assert str(refused.value)


def test_a_bid_without_price_is_refused_as_such() -> None:
    with pytest.raises(PriceMissing):
        price_in(f'{{"type":"bid","key":"{KEY}"}}')


@pytest.mark.parametrize("digits", [15, 16, 31, 1000, 20_000])
def test_the_number_of_digits_of_a_huge_price_is_told(digits: int) -> None:
    for value in (10 ** (digits - 1) + 1, 10**digits - 1):
        with pytest.raises(PriceTooLarge) as refused:
            parse_price_fen(value)
        assert refused.value.digits == digits


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "[]",
        "1",
        "{}",
        '{"type":"hammer"}',
        '{"type":"bid","price_fen":1}',
        '{"type":"bid","key":"7","price_fen":1}',
        f'{{"type":"bid","key":"{KEY}","price_fen":1,"plate":3}}',
        '{"type":"subscribe","after":"1"}',
        '{"type":"subscribe","after":1.5}',
        "\ud800",
        b"\xff\xfe",
        "[" * 8000,
        bid_frame("[" * 5000 + "]" * 5000),
        '{"type":"ping","sent":' + "1" * LARGEST_MESSAGE + "}",
    ],
)
def test_what_is_not_a_message_is_not_understood(frame: str | bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_client_message(frame)


def test_a_message_longer_than_16_kib_is_not_understood() -> None:
    longest = '{"type":"subscribe","after":7' + " " * (LARGEST_MESSAGE - 30) + "}"
    assert read_client_message(longest) == Subscribe(after=7)
    with pytest.raises(NotUnderstood, match="at most"):
        read_client_message(longest + " ")


def test_others_see_of_a_refused_bid_only_that_it_was_refused_and_its_hash() -> None:
    at = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    body = {"plate": 7, "price_fen": 123_456, "code": "bid_too_low", "key": KEY, "account": "x"}
    entry = make_entry(Head("auction:1"), kind="bid_refused", actor="account:9", at=at, body=body)
    shown = json.loads(msgspec.json.encode(public_event(entry)))
    assert shown == {
        "seq": 1,
        "at": "2026-11-23T01:30:00Z",
        "hash": entry.hash.hex(),
        "kind": "bid_refused",
    }


def test_others_see_plate_and_price_of_an_accepted_bid_but_no_key_and_no_account() -> None:
    at = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    body = {"plate": 7, "price_fen": 123_456, "key": KEY, "registration_id": "x", "closes_at": None}
    entry = make_entry(Head("auction:1"), kind="bid_accepted", actor="account:9", at=at, body=body)
    event = public_event(entry)
    facts = {"price_fen": 123_456, "plate": 7}
    assert event == LotEvent(seq=1, at=at, hash=entry.hash.hex(), kind="bid_accepted", facts=facts)
    assert KEY not in msgspec.json.encode(event).decode()


def test_a_client_ignores_members_that_a_later_server_adds() -> None:
    frame = b'{"type":"pong","sent":5,"server_time":"2026-11-23T01:30:00Z","weather":"fine"}'
    assert read_server_message(frame)


def test_a_bid_message_survives_its_own_encoding() -> None:
    message = PlaceBid(key=UUID(KEY), price_fen=msgspec.Raw(b"100"))
    read = read_client_message(encode(message))
    assert isinstance(read, PlaceBid)
    assert (read.key, read_price(read.price_fen)) == (message.key, Money(100))
