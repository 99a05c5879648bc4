"""The bank's callback. It carries no browser's cookie: its signature over the raw body is what counts."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency

from trading.deposits import receiving
from trading.deposits.bank_desk import BankDesk
from trading.deposits.bank_messages import LARGEST_BODY_BYTES
from trading.kernel.database import Database
from trading.kernel.web import PUBLIC
from trading.settings import Settings


@post("/bank/events", opt=PUBLIC, status_code=200, request_max_body_size=LARGEST_BODY_BYTES)
async def receive_callback(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[dict[str, str]]:
    """Keep the event and ask the bank for its statement. Refuses what is malformed, forged, stale or replayed."""
    body = await request.body()
    await receiving.handle_bank_event(database, settings.bank_secret.encode(), request.headers, body, now)
    desk: BankDesk = request.app.state.bank_desk
    return Response({"received": "yes"}, background=BackgroundTask(desk.look))
