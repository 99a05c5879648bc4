"""`trading demo`: database, bank simulator, server and robots on this machine, with demonstration data.

One process supervises all of it. Whatever dies is started again; when the supervisor is told to stop, it stops
everything in order; when it is killed, everything else ends by itself.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any, NoReturn, TypeVar

from rich.console import Console

from trading.demonstration.books import bank_folder
from trading.demonstration.children import Child, environment_with, log_folder
from trading.demonstration.loading import Demonstration, load
from trading.demonstration.welcome import Steps, welcome
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import embedded_postgres
from trading.kernel.errors import Refusal
from trading.migrations import migrate
from trading.settings import Settings

HOST = "127.0.0.1"
LOOK_EVERY_S = 0.2
PORTS_TRIED_FOR_BANK = 50

T = TypeVar("T")


@dataclass(eq=False)
class PortTaken(Refusal):
    """Another program listens where the platform was to listen."""

    message = "Port {port} on this machine is in use by another program."
    advice = "Stop that program (perhaps an earlier demonstration), or choose another: trading demo --port {other}"
    port: int
    other: int


def run(settings: Settings, *, port: int) -> int:
    """Set everything up, say who can sign in, and supervise until Ctrl-C or SIGTERM. Returns the exit code.

    Refuses with PortTaken, ChildDidNotAnswer and whatever keeps the database from starting; nothing runs then.
    """
    console = Console(highlight=False)
    try:
        with _stopping_on_signals(), ExitStack() as running:
            children = _set_up(settings, port, console, running)
            _supervise(children, console)
    except KeyboardInterrupt:
        console.print(f"Stopped. The data stays in {settings.data_folder}", soft_wrap=True)
        return 0


def require_free_port(port: int) -> None:
    """Refuses with PortTaken when somebody listens there, or anybody else may not."""
    if not _is_free(port):
        raise PortTaken(port, _next_free_port(port + 10))


def _set_up(settings: Settings, port: int, console: Console, running: ExitStack) -> list[Child]:
    began = time.monotonic()
    steps = running.enter_context(Steps(console))
    require_free_port(port)
    bank_port = _next_free_port(port + 1)
    settings = replace(
        settings,
        demonstration=True,
        secure_cookies=False,
        public_url=f"http://{HOST}:{port}",
        bank_url=f"http://{HOST}:{bank_port}",
    )
    steps.begin("Starting the database")
    settings = running.enter_context(_database_of(settings))
    steps.begin("Migrating the database")
    _finish(migrate(str(settings.owner_database_url), str(settings.database_url)))
    steps.begin("Loading demonstration data")
    loaded = _finish(_load(settings, steps))
    steps.begin("Starting the bank simulator and the server")
    children = [_bank(settings, bank_port), _server(settings, port)]
    for child in children:
        running.callback(_stop, console, child)
        child.start()
    for child in children:
        child.await_ready()
    steps.begin("Waking the robots")
    robots = _robots(settings, loaded)
    running.callback(_stop, console, robots)
    robots.start()
    steps.end()
    welcome(console, settings, loaded, took_s=time.monotonic() - began)
    return [*children, robots]


def _supervise(children: list[Child], console: Console) -> NoReturn:
    while True:
        for child in children:
            child.look(console.print)
        time.sleep(LOOK_EVERY_S)


async def _load(settings: Settings, steps: Steps) -> Demonstration:
    database = Database(str(settings.database_url))
    try:
        return await load(database, settings, steps.detail)
    finally:
        await database.close()


@contextmanager
def _database_of(settings: Settings) -> Iterator[Settings]:
    if settings.database_url:
        yield settings
        return
    with embedded_postgres(settings.data_folder, pgbin=settings.pgbin) as cluster:
        yield replace(settings, database_url=cluster.running_url, owner_database_url=cluster.owner_url)


def _bank(settings: Settings, port: int) -> Child:
    folder = bank_folder(settings.data_folder)
    secret_file = folder / "secret"
    with open(secret_file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(settings.bank_secret)
    arguments = [sys.executable, "-m", "trading.bank_simulator", "--port", str(port), "--data-folder", str(folder)]
    arguments += ["--secret-file", str(secret_file), "--callback-url", f"{settings.public_url}/bank/events"]
    log = log_folder(settings.data_folder) / "bank.log"
    return Child("bank simulator", arguments, _environment(settings), log, f"{settings.bank_url}/health")


def _server(settings: Settings, port: int) -> Child:
    arguments = [sys.executable, "-m", "trading.cli", "serve", "--host", HOST, "--port", str(port)]
    log = log_folder(settings.data_folder) / "server.log"
    return Child("server", arguments, _environment(settings), log, f"{settings.public_url}/sign-in")


def _robots(settings: Settings, loaded: Demonstration) -> Child:
    arguments = [sys.executable, "-m", "trading.demonstration.robots", "--url", settings.public_url]
    arguments += [part for lot_id in loaded.live_lots for part in ("--lot", str(lot_id))]
    log = log_folder(settings.data_folder) / "robots.log"
    return Child("robots", arguments, _environment(settings), log, may_finish=True)


def _environment(settings: Settings) -> dict[str, str]:
    return environment_with(
        data_folder=str(settings.data_folder),
        database_url=str(settings.database_url),
        owner_database_url=str(settings.owner_database_url),
        public_url=settings.public_url,
        bank_url=settings.bank_url,
        bank_secret=settings.bank_secret,
        secret=settings.secret,
        demonstration="1",
    )


def _stop(console: Console, child: Child) -> None:
    console.print(f"Stopping the {child.name} …")
    child.stop()


@contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal stop as Ctrl-C does; once we are stopping, further signals don't hurry us."""
    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, frame: FrameType | None) -> None:
        for other in watched:
            signal.signal(other, signal.SIG_IGN)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise KeyboardInterrupt from None
        loop.call_soon_threadsafe(_cancel_all, loop)

    before = {number: signal.signal(number, stop) for number in watched}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, or to a signal, which cancels: raised in the middle of the driver's code or of a greenlet, an
    exception out of a signal handler is lost or crashes the interpreter.
    """
    try:
        return asyncio.run(work)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _next_free_port(first: int) -> int:
    return next((port for port in range(first, first + PORTS_TRIED_FOR_BANK) if _is_free(port)), first)
