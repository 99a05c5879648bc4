"""The outbox: rooms write letters into it in their own transactions, and the tick sends them.

A letter is stored with what it tells of or not at all. It is sent at least once: should the process or the database be
lost between the server's acceptance and our note of it, the letter goes out again under the same Message-ID, by which
mailboxes recognise a repetition. While a letter is being sent it is leased, so that no other node takes it too.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import Clock, database_clock
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.mail.models import OutgoingMail
from trading.mail.rules import MOST_ATTEMPTS, Envelope, Letter, MailServer, as_message, wait_after

log = structlog.get_logger()

LEASE = timedelta(minutes=10)
AT_ONCE = 10
ANSWERS_WITHIN_S = 20
_REMEMBERED = timedelta(days=30)


class Outcome(StrEnum):
    """How sending ended."""

    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Sent:
    """How many letters were sent, wait for another attempt, and will never be sent."""

    sent: int = 0
    waiting: int = 0
    ended: int = 0


class _NotTaken(Exception):
    """The server did not take a letter; `is_final` when it will not take it later either."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final


async def write_letter(
    session: AsyncSession, address: str, letter: Letter, *, purpose: str, host: str, now: datetime
) -> bool:
    """Put a letter into the outbox; whether this call did. A second one for the same purpose is not written.

    `host` is the right part of its Message-ID.
    """
    identifier = new_id()
    row = {
        "id": identifier,
        "purpose": purpose,
        "message_id": f"<{identifier}@{host}>",
        "address": address,
        "content": {"subject": letter.subject, "text": letter.text, "ends_at": letter.ends_at},
        "written_at": now,
        "due_at": now,
        "attempts": 0,
        "trouble": "",
    }
    insert = postgresql.insert(OutgoingMail).values(row).on_conflict_do_nothing(index_elements=["purpose"])
    written = await session.scalar(insert.returning(OutgoingMail.id))
    return written is not None


async def take_back(session: AsyncSession, purposes: str) -> None:
    """Delete what still waits for purposes that begin like this: nobody wants it any more."""
    pattern = OutgoingMail.purpose.startswith(purposes, autoescape=True)
    await session.execute(delete(OutgoingMail).where(OutgoingMail.ended_at.is_(None), pattern))


async def send_due(database: Database, server: MailServer, *, sender_name: str, clock: Clock = database_clock) -> Sent:
    """Send what is due, over one connection. Safe to run at any time, on several nodes."""
    leased = await _lease(database, clock)
    if not leased:
        return Sent()
    connection = _Connection(server)
    sent = waiting = ended = 0
    try:
        for place, row in enumerate(leased):
            letter, envelope = _of(row)
            message = as_message(letter, envelope, sender=server.sender, sender_name=sender_name)
            try:
                await asyncio.to_thread(connection.hand_over, envelope.address, message)
            except _NotTaken as refused:
                over = await _note_failure(database, row.id, str(refused), is_final=refused.is_final, clock=clock)
                ended, waiting = ended + over, waiting + (not over)
                if connection.is_closed:  # the server is away: the others would wait for it one after another
                    await _put_back(database, leased[place + 1 :], clock)
                    break
            else:
                await _note_end(database, row.id, Outcome.SENT, clock)
                sent += 1
    finally:
        await asyncio.to_thread(connection.close)
    return Sent(sent, waiting, ended)


async def forget_ended(session: AsyncSession, now: datetime) -> None:
    """Delete what is left of letters that ended a month ago: it held neither address nor text any more."""
    await session.execute(delete(OutgoingMail).where(OutgoingMail.ended_at < now - _REMEMBERED))


async def _lease(database: Database, clock: Clock) -> Sequence[OutgoingMail]:
    async with database.work() as session:
        now = await clock(session)
        due = select(OutgoingMail).where(OutgoingMail.ended_at.is_(None), OutgoingMail.due_at <= now)
        due = due.order_by(OutgoingMail.due_at, OutgoingMail.id).limit(AT_ONCE).with_for_update(skip_locked=True)
        rows = list(await session.scalars(due))
        for row in rows:
            row.due_at = now + LEASE
            row.attempts += 1
    return rows


def _of(row: OutgoingMail) -> tuple[Letter, Envelope]:
    assert row.address is not None
    assert row.content is not None
    return Letter(**row.content), Envelope(row.address, row.message_id, row.written_at)


async def _note_failure(database: Database, identifier: UUID, reason: str, *, is_final: bool, clock: Clock) -> bool:
    """Remember why a letter was not taken; returns whether it was given up."""
    log.warning("mail_not_taken", mail=str(identifier), reason=reason[:200], is_final=is_final)
    async with database.work() as session:
        row = await session.get(OutgoingMail, identifier, with_for_update=True)
        if row is None or row.ended_at is not None:
            return True
        now = await clock(session)
        row.trouble = reason[:500]
        row.due_at = now + wait_after(row.attempts)
        if is_final or row.attempts >= MOST_ATTEMPTS:
            _end(row, Outcome.REFUSED if is_final else Outcome.GIVEN_UP, now)
            return True
    return False


async def _put_back(database: Database, rows: Sequence[OutgoingMail], clock: Clock) -> None:
    """Letters that were not tried after all: due again in a minute."""
    async with database.work() as session:
        due_at = await clock(session) + wait_after(1)
        untried = update(OutgoingMail).where(OutgoingMail.id.in_([row.id for row in rows]))
        await session.execute(untried.values(due_at=due_at, attempts=OutgoingMail.attempts - 1))


async def _note_end(database: Database, identifier: UUID, outcome: Outcome, clock: Clock) -> None:
    async with database.work() as session:
        row = await session.get(OutgoingMail, identifier, with_for_update=True)
        if row is not None and row.ended_at is None:
            _end(row, outcome, await clock(session))


def _end(row: OutgoingMail, outcome: Outcome, now: datetime) -> None:
    row.outcome, row.ended_at = outcome, now
    row.address = row.content = None  # kept no longer than needed


class _Connection:
    """One connection to the mail server, opened when the first letter needs it; used in a thread of its own."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._open: smtplib.SMTP | None = None

    @property
    def is_closed(self) -> bool:
        """Whether there is no connection at this moment."""
        return self._open is None

    def hand_over(self, address: str, message: bytes) -> None:
        """Give one letter to the server. Raises `_NotTaken`."""
        try:
            self._opened().sendmail(self._server.sender, [address], message)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _NotTaken(_words(code, said), is_final=500 <= code < 600) from error
        except smtplib.SMTPAuthenticationError as error:  # our setting is wrong, not the letter
            self.close()
            raise _NotTaken(_words(error.smtp_code, error.smtp_error), is_final=False) from error
        except smtplib.SMTPDataError as error:
            raise _NotTaken(_words(error.smtp_code, error.smtp_error), is_final=500 <= error.smtp_code < 600) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._open = None  # a goodbye on a broken connection would wait once more
            raise _NotTaken(f"{type(error).__name__}: {error}", is_final=False) from error

    def close(self) -> None:
        """Say goodbye, if the server still listens."""
        opened, self._open = self._open, None
        if opened is not None:
            try:
                opened.quit()
            except (smtplib.SMTPException, OSError):
                opened.close()

    def _opened(self) -> smtplib.SMTP:
        if self._open is None:
            server = self._server
            context = ssl.create_default_context()
            own = server.sender.rpartition("@")[2]  # said in the greeting; else our name would be looked up
            if server.security == "smtps":
                self._open = smtplib.SMTP_SSL(server.host, server.port, own, timeout=ANSWERS_WITHIN_S, context=context)
            else:
                self._open = smtplib.SMTP(server.host, server.port, own, timeout=ANSWERS_WITHIN_S)
            if server.security == "smtp+starttls":
                self._open.starttls(context=context)
            if server.user:
                self._open.login(server.user, server.password)
        return self._open


def _words(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
