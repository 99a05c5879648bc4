"""A mail server of the tests' own, on this machine: it keeps what it is given, and fails as it is told."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.bank_simulator.bank_process import free_port
from trading.mail.rules import MailServer


class MailServerOfTests:
    """What arrived, and how the next letters are to be answered: `answers` are taken one for each DATA command.

    An answer is a line of SMTP; "cut" breaks the connection, before the letter is taken, "cut after" when it is.
    """

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.answers: list[str] = []
        self.refused_addresses: set[str] = set()
        self.waits_s = 0.0
        self.port = 0

    @property
    def setting(self) -> MailServer:
        """The platform's setting for this server."""
        return MailServer("127.0.0.1", self.port, "smtp", "", "", "notice@example.com")

    async def handle_RCPT(  # noqa: N802 - the interface's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse addresses that do not exist."""
        if address in self.refused_addresses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the letter, or fail as told."""
        await asyncio.sleep(self.waits_s)
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250") or answer == "cut after":
            content: Any = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)  # type: ignore[arg-type]
            self.arrived.append(content)
        if answer.startswith("cut"):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer


@contextmanager
def mail_server() -> Iterator[MailServerOfTests]:
    """A running server, in a thread of its own."""
    kept = MailServerOfTests()
    kept.port = free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    try:
        yield kept
    finally:
        controller.stop()
