"""The page that compares papers; and what the clock looks after: searching for signs, and forgetting traces."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_network

from litestar import Litestar

from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.settings import Settings
from trading.signs import paper_pages, service
from trading.signs.rules import Network

handlers = paper_pages.handlers

EVERY_S = 30
NIGHTLY_EVERY_S = 600


@dataclass(eq=False)
class HallAddressUnreadable(Refusal):
    """The setting names something that is no network address; the server must not start with it."""

    message = "TRADING_HALL_ADDRESSES names {address}, which is no network address."
    advice = "Write addresses or networks with commas between them, for example 203.0.113.7, 2001:db8:7::/64."
    address: str


def hall_networks(setting: str) -> list[Network]:
    """The addresses of the centre's own halls, where rivals meet rightly. Refuses `HallAddressUnreadable`."""
    networks: list[Network] = []
    for part in filter(None, (part.strip() for part in setting.split(","))):
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError as error:
            raise HallAddressUnreadable(part[:60]) from error
    return networks


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Search what is due; at night the history, and delete traces whose time is over."""
    database: Database = app.state.database
    settings: Settings = app.state.settings
    known = hall_networks(settings.hall_addresses)

    async def search() -> None:
        await service.search_due(database, known)

    async def nightly() -> None:
        async with database.work() as session:
            await service.search_history(session, await database_clock(session))
        async with database.work() as session:
            await service.forget_traces(session, settings.traces_kept_days, await database_clock(session))

    return [("signs", EVERY_S, search), ("signs_nightly", NIGHTLY_EVERY_S, nightly)]
