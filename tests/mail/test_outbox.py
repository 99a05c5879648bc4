"""The outbox: nothing is lost, nothing is written twice, addresses are kept no longer than needed."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from tests.mail.mail_server import MailServerOfTests, mail_server
from trading.kernel.clock import fixed_clock
from trading.kernel.database import Database
from trading.mail import service
from trading.mail.models import OutgoingMail
from trading.mail.rules import (
    MOST_ATTEMPTS,
    AddressNotValid,
    Envelope,
    Letter,
    MailServer,
    MailSettingNotValid,
    as_message,
    read_address,
    read_server,
    wait_after,
)
from trading.mail.service import Outcome, Sent

LETTER = Letter("新公告", "内容\nhttps://example.com/", "https://example.com/end")


@pytest.fixture
def server() -> Iterator[MailServerOfTests]:
    with mail_server() as running:
        yield running


async def write(database: Database, now: datetime, purpose: str = "p", address: str = "a@example.com") -> bool:
    async with database.work() as session:
        return await service.write_letter(session, address, LETTER, purpose=purpose, host="example.com", now=now)


async def send(database: Database, server: MailServerOfTests, at: datetime) -> Sent:
    return await service.send_due(database, server.setting, sender_name="中心", clock=fixed_clock(at))


async def row_of(database: Database) -> OutgoingMail:
    async with database.reading() as session:
        return (await session.scalars(select(OutgoingMail))).one()


async def test_a_letter_is_sent_once_and_then_forgotten(
    database: Database, server: MailServerOfTests, now: datetime
) -> None:
    assert await write(database, now)
    assert not await write(database, now)
    assert await send(database, server, now) == Sent(sent=1)
    assert await send(database, server, now + timedelta(days=1)) == Sent()
    [arrived] = server.arrived
    row = await row_of(database)
    assert (row.outcome, row.address, row.content) == (Outcome.SENT, None, None)
    assert arrived["Message-ID"] == row.message_id
    assert arrived["List-Unsubscribe"] == "<https://example.com/end>"
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (arrived["Subject"], arrived["To"]) == ("新公告", "a@example.com")
    assert arrived.get_content().replace("\r\n", "\n").strip() == LETTER.text
    async with database.work() as session:
        await service.forget_ended(session, now + timedelta(days=31))
    async with database.reading() as session:
        assert (await session.scalars(select(OutgoingMail))).all() == []


async def test_what_is_rolled_back_is_never_sent(database: Database, server: MailServerOfTests, now: datetime) -> None:
    async with database.reading() as session:  # ends with a rollback
        assert await service.write_letter(session, "a@example.com", LETTER, purpose="p", host="x", now=now)
    assert await send(database, server, now) == Sent()


@pytest.mark.parametrize("answer", ["451 try later", "cut", "421 closing"])
async def test_a_letter_that_was_not_taken_is_tried_again_later(
    database: Database, server: MailServerOfTests, now: datetime, answer: str
) -> None:
    await write(database, now)
    server.answers = [answer]
    assert await send(database, server, now) == Sent(waiting=1)
    row = await row_of(database)
    assert (row.attempts, row.due_at, row.ended_at) == (1, now + timedelta(minutes=1), None)
    assert row.trouble
    assert await send(database, server, now + timedelta(seconds=59)) == Sent()
    assert await send(database, server, now + timedelta(seconds=60)) == Sent(sent=1)
    assert len(server.arrived) == 1


async def test_a_connection_that_is_cut_after_the_letter_was_taken_repeats_it_under_its_name(
    database: Database, server: MailServerOfTests, now: datetime
) -> None:
    await write(database, now)
    server.answers = ["cut after"]
    await send(database, server, now)
    await send(database, server, now + timedelta(hours=1))
    assert len(server.arrived) == 2
    assert len({each["Message-ID"] for each in server.arrived}) == 1


async def test_a_server_that_is_away_holds_nothing_up_for_long(
    database: Database, server: MailServerOfTests, now: datetime
) -> None:
    for number in range(3):
        await write(database, now, f"p{number}")
    away = MailServer("127.0.0.1", 1, "smtp", "", "", "notice@example.com")
    sent = await service.send_due(database, away, sender_name="x", clock=fixed_clock(now))
    assert sent == Sent(waiting=1)  # the others were not even tried
    assert await send(database, server, now + timedelta(minutes=1)) == Sent(sent=3)


async def test_a_slow_server_is_not_waited_for_without_end(
    database: Database, server: MailServerOfTests, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ANSWERS_WITHIN_S", 0.2)
    await write(database, now)
    server.waits_s = 1.0
    assert await send(database, server, now) == Sent(waiting=1)
    assert "imeout" in (await row_of(database)).trouble or "timed out" in (await row_of(database)).trouble


async def test_a_mailbox_that_does_not_exist_is_given_up_and_the_others_are_not(
    database: Database, server: MailServerOfTests, now: datetime
) -> None:
    server.refused_addresses = {"nobody@example.com"}
    await write(database, now, "p1", "nobody@example.com")
    await write(database, now, "p2")
    assert await send(database, server, now) == Sent(sent=1, ended=1)
    async with database.reading() as session:
        outcomes = {row.purpose: (row.outcome, row.address) for row in await session.scalars(select(OutgoingMail))}
    assert outcomes == {"p1": (Outcome.REFUSED, None), "p2": (Outcome.SENT, None)}


async def test_after_the_last_attempt_a_letter_is_given_up(
    database: Database, server: MailServerOfTests, now: datetime
) -> None:
    await write(database, now)
    server.answers = ["451 no"] * MOST_ATTEMPTS
    at = now
    for _ in range(MOST_ATTEMPTS):
        await send(database, server, at)
        at += timedelta(hours=9)
    row = await row_of(database)
    assert (row.outcome, row.attempts, row.address) == (Outcome.GIVEN_UP, MOST_ATTEMPTS, None)


async def test_two_nodes_send_a_letter_once(database: Database, server: MailServerOfTests, now: datetime) -> None:
    for number in range(6):
        await write(database, now, f"p{number}")
    done = await asyncio.gather(*(send(database, server, now) for _ in range(3)))
    assert sum(each.sent for each in done) == len(server.arrived) == 6
    assert len({each["Message-ID"] for each in server.arrived}) == 6


async def test_a_node_that_dies_while_sending_leaves_the_letter_to_the_next(
    database: Database, server: MailServerOfTests, now: datetime
) -> None:
    await write(database, now)
    await service._lease(database, fixed_clock(now))
    assert await send(database, server, now + service.LEASE - timedelta(seconds=1)) == Sent()
    assert await send(database, server, now + service.LEASE) == Sent(sent=1)


async def test_what_waits_can_be_taken_back(database: Database, server: MailServerOfTests, now: datetime) -> None:
    await write(database, now, "subscription:1:a")
    await write(database, now, "subscription:2:a")
    async with database.work() as session:
        await service.take_back(session, "subscription:1:")
    assert await send(database, server, now) == Sent(sent=1)


async def test_the_database_refuses_to_keep_an_address_that_is_no_longer_needed(
    database: Database, now: datetime
) -> None:
    await write(database, now)
    with pytest.raises(IntegrityError):
        async with database.work() as session:
            await session.execute(text("UPDATE outgoing_mail SET ended_at = now()"))


@pytest.mark.parametrize("typed", ["a@example.com", " A.b+c@Example.COM ", "x@a-b.co", "1@qq.com"])
def test_addresses_that_people_have_are_taken(typed: str) -> None:
    assert "@" in read_address(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a",
        "a@b",
        "a@b.c",
        "a b@example.com",
        "a@example.com\nBcc: x@y.zz",
        "a,b@example.com",
        "<a@example.com>",
        "a@-x.com",
        ".a@example.com",
        "a..b@example.com",
        "名@例子.中国",
        "a@" + "b" * 260 + ".com",
        "a@example.com,b@x.com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(AddressNotValid):
        read_address(typed)


@given(st.text(), st.text(), st.text())
def test_no_text_forges_a_header(subject: str, body: str, sender_name: str) -> None:
    surrogates = [part.encode("utf-8", "replace").decode() for part in (subject, body, sender_name)]
    envelope = Envelope("a@example.com", "<1@x>", datetime.fromisoformat("2026-11-23T12:00:00+08:00"))
    letter = Letter(surrogates[0], surrogates[1])
    head = as_message(letter, envelope, sender="n@example.com", sender_name=surrogates[2]).split(b"\n\n", 1)[0]
    names = [line.split(b":")[0].lower() for line in head.split(b"\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names))
    assert set(names) == {b"from", b"to", b"subject", b"date", b"message-id", b"auto-submitted", b"mime-version"} | {
        b"content-type",
        b"content-transfer-encoding",
    }


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example.com", "mail.example.com", 25, "smtp"),
        ("smtps://u:p%40@mail.example.com", "mail.example.com", 465, "smtps"),
        ("smtp+starttls://mail.example.com:2525", "mail.example.com", 2525, "smtp+starttls"),
    ],
)
def test_the_setting_names_the_server(url: str, host: str, port: int, security: str) -> None:
    server = read_server(url, "n@example.com")
    assert server is not None
    assert (server.host, server.port, server.security) == (host, port, security)


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://x", "n@example.com"),
        ("smtp://", "n@example.com"),
        ("smtp://x:99999", "n@example.com"),
        ("smtp://x", ""),
    ],
)
def test_a_setting_that_cannot_be_understood_stops_the_start(url: str, sender: str) -> None:
    with pytest.raises(MailSettingNotValid):
        read_server(url, sender)


def test_without_a_setting_there_is_no_server() -> None:
    assert read_server("", "") is None


def test_attempts_wait_longer_and_longer_up_to_a_limit() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[1], waits[-1]) == (timedelta(minutes=1), timedelta(minutes=2), timedelta(hours=8))
