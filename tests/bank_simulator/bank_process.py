"""The real bank simulator as a process of its own, for tests that need a bank."""

import contextlib
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx

from trading.bank_simulator.faults import Fault
from trading.deposits.bank_client import BankClient
from trading.deposits.bank_messages import Accepted, OpenPayerAccount, Pay, SetFault, TransferReport
from trading.kernel.ids import new_id


def free_port() -> int:
    """A TCP port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class BankProcess:
    """One simulated bank: its process, its books, its secret."""

    folder: Path
    callback_url: str | None = None
    port: int = field(default_factory=free_port)
    secret: bytes = field(default_factory=lambda: secrets.token_hex(32).encode())
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the bank answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "secret").write_bytes(self.secret)
        command = [sys.executable, "-m", "trading.bank_simulator", "--port", str(self.port), "--allow-faults"]
        command += ["--data-folder", str(self.folder), "--secret-file", str(self.folder / "secret")]
        command += ["--callback-url", self.callback_url] if self.callback_url else []
        self.process = subprocess.Popen(command)
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                assert httpx.get(self.url + "/health", trust_env=False).json() == {"books_balance": True}
                return
            assert self.process.poll() is None, "the bank simulator has ended"
            time.sleep(0.05)
        raise AssertionError("the bank simulator does not answer")

    def kill(self) -> None:
        """Kill it without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def client(self, *, answer_within_s: float = 5.0) -> BankClient:
        """The platform's client of this bank."""
        return BankClient(self.url, self.secret, answer_within_s=answer_within_s)


@contextlib.contextmanager
def running_bank(folder: Path, callback_url: str | None = None) -> Iterator[BankProcess]:
    """A bank that runs until the end of the block."""
    bank = BankProcess(folder, callback_url)
    bank.start()
    try:
        yield bank
    finally:
        bank.kill()


async def open_payer(client: BankClient, number: str, holder: str, balance_fen: int = 10**12) -> None:
    """A demonstration payer with its own account."""
    assert isinstance(await client.ask(OpenPayerAccount(number, holder, balance_fen)), Accepted)


async def pay(client: BankClient, from_number: str, to_number: str, amount_fen: int) -> TransferReport:
    """The payer pays; a new payment each time."""
    report = await client.ask(Pay(f"test:{new_id()}", from_number, to_number, amount_fen, "保证金"))
    assert isinstance(report, TransferReport)
    return report


async def arm(client: BankClient, fault: Fault, count: int = 1) -> None:
    """The next `count` occasions go wrong."""
    assert isinstance(await client.ask(SetFault(fault, count)), Accepted)


@dataclass
class Heard:
    """What a listener for callbacks has heard, and what it answers next (200 when nothing is planned)."""

    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    planned_statuses: list[int] = field(default_factory=list)
    url: str = ""

    def wait_for(self, count: int, within_s: float = 10.0) -> None:
        """Wait until this many callbacks have arrived."""
        until = time.monotonic() + within_s
        while len(self.requests) < count:
            assert time.monotonic() < until, f"{len(self.requests)} callbacks instead of {count}"
            time.sleep(0.02)


@contextlib.contextmanager
def listener() -> Iterator[Heard]:
    """A small HTTP server that hears callbacks."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.requests.append((dict(self.headers.items()), body))
            self.send_response(heard.planned_statuses.pop(0) if heard.planned_statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}/bank/events"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
