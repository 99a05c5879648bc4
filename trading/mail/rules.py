"""Mail as values: an address that can be written to, the server's setting, and when to try again. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import ClassVar, Literal
from urllib.parse import unquote, urlsplit

from trading.kernel.errors import Refusal
from trading.kernel.moments import SHANGHAI
from trading.kernel.typed import one_line

MOST_ATTEMPTS = 12
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=8)
_LONGEST_ADDRESS = 254
# What people have as addresses, not all that RFC 5321 allows: no quotes, no comments, no bare hosts.
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]",
    re.ASCII | re.IGNORECASE,
)
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(eq=False)
class AddressNotValid(Refusal):
    """The text is no mail address."""

    message: ClassVar[str] = "This is not a mail address."
    advice: ClassVar[str] = "Write it like name@example.com."


class MailSettingNotValid(ValueError):
    """`TRADING_SMTP_URL` or `TRADING_MAIL_FROM` cannot be understood; the server does not start."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and in whose name."""

    host: str
    port: int
    security: Literal["smtp", "smtp+starttls", "smtps"]
    user: str
    password: str
    sender: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. `ends_at` is the address under which one click ends the subscription behind it (RFC 8058)."""

    subject: str
    text: str
    ends_at: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom a letter goes, the name under which mailboxes know it, and when it was written."""

    address: str
    message_id: str
    written_at: datetime


def read_address(typed: str) -> str:
    """A mail address in the form in which it is kept: the host in small letters. Refuses with `AddressNotValid`."""
    plain = typed.strip()
    if len(plain) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(plain) or len(plain.rpartition("@")[0]) > 64:
        raise AddressNotValid
    local, _, host = plain.rpartition("@")
    return f"{local}@{host.lower()}"


def read_server(url: str, sender: str) -> MailServer | None:
    """The mail server of the settings; None when no mail is to be sent. Raises `MailSettingNotValid`."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        read_address(sender)
        port = parts.port or _PORTS[parts.scheme]
    except (AddressNotValid, KeyError, ValueError) as error:
        raise MailSettingNotValid("TRADING_SMTP_URL or TRADING_MAIL_FROM: see docs/operations.md") from error
    if not parts.hostname:
        raise MailSettingNotValid("TRADING_SMTP_URL names no host: see docs/operations.md")
    security: Literal["smtp", "smtp+starttls", "smtps"] = parts.scheme  # type: ignore[assignment]  # a key of _PORTS
    return MailServer(
        parts.hostname, port, security, unquote(parts.username or ""), unquote(parts.password or ""), sender
    )


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: a minute, then twice as long each time, up to eight hours."""
    doubled: timedelta = _FIRST_WAIT * 2 ** min(attempts - 1, 20)
    return min(doubled, _LONGEST_WAIT)


def as_message(letter: Letter, envelope: Envelope, *, sender: str, sender_name: str) -> bytes:
    """The letter as it is handed over. Line breaks in a subject or a name would forge headers and become blanks."""
    message = EmailMessage()
    message["From"] = formataddr((one_line(sender_name), sender))
    message["To"] = envelope.address
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(envelope.written_at.astimezone(SHANGHAI))
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    if letter.ends_at:
        message["List-Unsubscribe"] = f"<{letter.ends_at}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="base64")
    return message.as_bytes()
