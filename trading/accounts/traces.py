"""From which device and network address a bidder's account was used: kept for a while, to find rivals who are one.

A device is a browser that keeps our cookie, a random name that says nothing else; only its digest is stored. What is
kept, why, and how long is told in docs/operations.md; only supervisors see it, in an alert. A trace is written when
somebody signs in, signs up, registers, or enters a sale – never with a bid.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from sqlalchemy import func
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Trace
from trading.kernel.ids import new_id

DEVICE_COOKIE = "trading_device"
_YEAR_S = 365 * 24 * 3600
_NAME = re.compile(r"[A-Za-z0-9_-]{32}")


class Occasion(StrEnum):
    """When an account leaves a trace."""

    SIGN_IN = "sign_in"
    SIGN_UP = "sign_up"
    REGISTRATION = "registration"
    SALE = "sale"


@dataclass(frozen=True, slots=True)
class Seen:
    """From where a request came. `device` is the name in its cookie; an address that is none is empty."""

    device: str
    address: str
    device_is_new: bool = False

    def cookie(self, *, secure: bool) -> Cookie:
        """The cookie that gives a device its name for a year."""
        return Cookie(
            DEVICE_COOKIE,
            value=self.device,
            max_age=_YEAR_S,
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def seen_from(connection: ASGIConnection[Any, Any, Any, Any]) -> Seen:
    """Where a request or a websocket comes from. A cookie that we did not make is replaced by a new name."""
    device = connection.cookies.get(DEVICE_COOKIE, "")
    is_known = _NAME.fullmatch(device) is not None
    host = "" if connection.client is None else connection.client.host
    return Seen(device if is_known else secrets.token_urlsafe(24), _plain_address(host), not is_known)


async def leave_trace(
    session: AsyncSession,
    seen: Seen,
    account_id: UUID,
    occasion: Occasion,
    *,
    lot_id: UUID | None = None,
    now: datetime,
) -> None:
    """Note that an account was used from there. One row for the same again: since when, until when, how often."""
    row = {
        "id": new_id(),
        "account_id": account_id,
        "occasion": occasion.value,
        "lot_id": lot_id,
        "device": device_digest(seen.device),
        "address": seen.address,
        "first_at": now,
        "last_at": now,
        "times": 1,
    }
    inserted = postgresql.insert(Trace).values(**row)
    same = ["account_id", "occasion", "lot_id", "device", "address"]
    again = {
        "first_at": func.least(Trace.first_at, inserted.excluded.first_at),
        "last_at": func.greatest(Trace.last_at, inserted.excluded.last_at),
        "times": Trace.times + 1,
    }
    await session.execute(inserted.on_conflict_do_update(index_elements=same, set_=again))


def device_digest(device: str) -> bytes:
    """What is kept of a device's name: whoever reads the table cannot pass for the device."""
    return hashlib.sha256(device.encode()).digest()


def _plain_address(host: str) -> str:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
