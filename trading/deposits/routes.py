"""Pages of bidders and of finance, the bank's callback, and this room's part in the life of the application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from litestar import Litestar

from trading.deposits import bank_callback, bidder_pages, finance_pages, forfeiture_pages
from trading.deposits.bank_client import BankClient
from trading.deposits.bank_desk import BankDesk
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.registration import service as registrations
from trading.settings import Settings

LOOK_EVERY_S = 3
REFUSE_UNPAID_EVERY_S = 10

handlers = [
    bank_callback.receive_callback,
    bidder_pages.registration_page,
    bidder_pages.register,
    bidder_pages.my_lots,
    finance_pages.finance_day,
    finance_pages.refund_desk,
    finance_pages.approve,
    finance_pages.release,
    finance_pages.request_again,
    *forfeiture_pages.handlers,
]


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """One connection to the bank for as long as the application lives."""
    settings: Settings = app.state.settings
    async with BankClient(settings.bank_url, settings.bank_secret.encode()) as bank:
        app.state.bank_desk = BankDesk(app.state.database, bank)
        yield


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """What the scheduler looks at for this room."""
    database: Database = app.state.database

    async def refuse_unpaid() -> None:
        async with database.work() as session:
            await registrations.refuse_unpaid(session, await database_clock(session))

    return [
        ("bank", LOOK_EVERY_S, app.state.bank_desk.look),
        ("unpaid registrations", REFUSE_UNPAID_EVERY_S, refuse_unpaid),
    ]
