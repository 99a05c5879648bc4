"""This room's part in the life of the application: it has no pages, and a job that sends."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar

from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.mail import service
from trading.mail.rules import read_server
from trading.settings import Settings

SEND_EVERY_S = 5
FORGET_EVERY_S = 3600

handlers: list[Any] = []


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Send what waits, if a server is set. A setting that cannot be understood stops the start."""
    database: Database = app.state.database
    settings: Settings = app.state.settings
    server = read_server(settings.smtp_url, settings.mail_from)
    if server is None:
        return []

    async def send() -> None:
        await service.send_due(database, server, sender_name=settings.centre_name)

    async def forget() -> None:
        async with database.work() as session:
            await service.forget_ended(session, await database_clock(session))

    return [("mail", SEND_EVERY_S, send), ("old mail", FORGET_EVERY_S, forget)]
