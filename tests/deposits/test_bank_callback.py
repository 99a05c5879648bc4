"""The bank's callback through the whole application: believed only when signed, fresh and new, and never by itself."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from tests.conftest import Urls
from tests.deposits.stage import DEPOSIT_FEN, Stage
from trading.app import create_app
from trading.deposits.bank_envelope import FRESH_FOR_MS, Envelope
from trading.deposits.bank_messages import BankEvent, encode
from trading.deposits.models import BankEventDelivery, BankEventRow, BankReceipt
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.registration.rules import RegistrationState
from trading.settings import Settings

Client = AsyncTestClient[Litestar]


@pytest.fixture
async def now(database: Database) -> datetime:
    """The present: the application reads the database's own clock."""
    async with database.reading() as session:
        return await database_clock(session)


@pytest.fixture
async def client(stage: Stage, settings: Settings, urls: Urls) -> AsyncIterator[Client]:
    """The application, with connections of its own, at the bank of this test."""
    own = replace(settings, bank_url=stage.bank.url, bank_secret=stage.bank.secret.decode())
    async with AsyncTestClient(create_app(own, Database(urls.running))) as opened:
        yield opened


async def present_ms(stage: Stage) -> int:
    async with stage.database.reading() as session:
        now = await database_clock(session)
    return (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def told(number: str) -> bytes:
    return encode(BankEvent(number, "BK1", datetime(2026, 11, 23, tzinfo=UTC)))


async def deliver(client: Client, envelope: Envelope, body: bytes) -> tuple[int, str]:
    answer = await client.post("/bank/events", content=body, headers=envelope.headers())
    return answer.status_code, answer.json().get("code", "")


async def counted(stage: Stage) -> tuple[int, int, int]:
    """Events kept, deliveries kept, receipts booked."""
    async with stage.database.reading() as session:
        events = await session.scalar(select(func.count()).select_from(BankEventRow))
        deliveries = await session.scalar(select(func.count()).select_from(BankEventDelivery))
        receipts = await session.scalar(select(func.count()).select_from(BankReceipt))
    return events or 0, deliveries or 0, receipts or 0


async def refused_codes(stage: Stage) -> list[str]:
    return [entry.body["code"] for entry in await stage.journal("bank") if entry.kind == "callback_refused"]


async def test_callback_makes_the_platform_ask_and_the_bidder_qualifies(client: Client, stage: Stage) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder)
    body = told(bidder.account_number)
    envelope = Envelope.seal(stage.bank.secret, "event-0001", await present_ms(stage), body)
    assert await deliver(client, envelope, body) == (200, "")
    assert (await stage.registration(bidder)).state == RegistrationState.QUALIFIED
    assert [entry.kind for entry in await stage.journal("bank")].count("callback_received") == 1


async def test_callback_about_money_that_is_not_on_the_statement_books_nothing(client: Client, stage: Stage) -> None:
    bidder = await stage.registered()
    body = told(bidder.account_number)
    envelope = Envelope.seal(stage.bank.secret, "event-0001", await present_ms(stage), body)
    assert await deliver(client, envelope, body) == (200, "")
    assert await counted(stage) == (1, 1, 0)
    assert (await stage.registration(bidder)).state == RegistrationState.AWAITING_DEPOSIT


async def test_forged_callback_is_refused_and_journalled(client: Client, stage: Stage) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder)
    body = told(bidder.account_number)
    envelope = Envelope.seal(b"x" * 40, "event-0001", await present_ms(stage), body)
    assert await deliver(client, envelope, body) == (422, "bank_signature_forged")
    assert (await counted(stage))[0] == 0
    (entry,) = [entry for entry in await stage.journal("bank") if entry.kind == "callback_refused"]
    assert entry.body == {
        "code": "bank_signature_forged",
        "event_id": "event-0001",
        "body_sha256": hashlib.sha256(body).hexdigest(),
    }


async def test_changed_body_under_a_true_signature_is_forged(client: Client, stage: Stage) -> None:
    body = told("62170099000000014")
    envelope = Envelope.seal(stage.bank.secret, "event-0001", await present_ms(stage), body)
    assert await deliver(client, envelope, told("62170099000000022")) == (422, "bank_signature_forged")


async def test_replayed_callback_is_refused_and_counted_once(client: Client, stage: Stage) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder)
    body = told(bidder.account_number)
    envelope = Envelope.seal(stage.bank.secret, "event-0001", await present_ms(stage), body)
    assert (await deliver(client, envelope, body))[0] == 200
    assert await deliver(client, envelope, body) == (422, "bank_message_replayed")
    assert await counted(stage) == (1, 1, 1)
    assert await refused_codes(stage) == ["bank_message_replayed"]


async def test_callback_that_the_bank_repeats_signed_anew_is_welcome_and_changes_nothing(
    client: Client, stage: Stage
) -> None:
    bidder = await stage.registered()
    await stage.pay(bidder)
    body, at_ms = told(bidder.account_number), await present_ms(stage)
    for later in (0, 1000):
        envelope = Envelope.seal(stage.bank.secret, "event-0001", at_ms + later, body)
        assert (await deliver(client, envelope, body))[0] == 200
    assert await counted(stage) == (1, 2, 1)
    assert (await stage.deposit(bidder)).amount_fen == DEPOSIT_FEN


async def test_event_id_used_for_something_else_is_refused(client: Client, stage: Stage) -> None:
    at_ms = await present_ms(stage)
    first, second = told("62170099000000014"), told("62170099000000022")
    await deliver(client, Envelope.seal(stage.bank.secret, "event-0001", at_ms, first), first)
    answer = await deliver(client, Envelope.seal(stage.bank.secret, "event-0001", at_ms + 1, second), second)
    assert answer == (422, "bank_message_malformed")
    assert await counted(stage) == (1, 1, 0)


async def test_stale_callback_is_refused_and_journalled(client: Client, stage: Stage) -> None:
    body = told("62170099000000014")
    for away_ms in (-FRESH_FOR_MS - 5000, FRESH_FOR_MS + 60_000):
        envelope = Envelope.seal(stage.bank.secret, "event-0001", await present_ms(stage) + away_ms, body)
        assert await deliver(client, envelope, body) == (422, "bank_message_stale")
    assert await refused_codes(stage) == ["bank_message_stale"] * 2
    assert await counted(stage) == (0, 0, 0)


async def test_malformed_callback_is_refused_and_journalled(client: Client, stage: Stage) -> None:
    bodies = [b"", b"not json", b'{"kind":"bank_event"}', b'{"kind":"order_transfer"}']
    for body in bodies:
        envelope = Envelope.seal(stage.bank.secret, "event-0001", await present_ms(stage), body)
        assert await deliver(client, envelope, body) == (422, "bank_message_malformed")
    assert await refused_codes(stage) == ["bank_message_malformed"] * len(bodies)


async def test_callback_without_a_signature_is_refused(client: Client, stage: Stage) -> None:
    answer = await client.post("/bank/events", content=told("62170099000000014"))
    assert (answer.status_code, answer.json()["code"]) == (422, "bank_message_malformed")
    assert await refused_codes(stage) == ["bank_message_malformed"]
