"""The product as its users have it: a server process and a bank process, on a database of the test's own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.bank_simulator.bank_process import BankProcess, free_port
from tests.conftest import Urls

PASSWORD = "four words make one"
STARTED_WITHIN_S = 40


@asynccontextmanager
async def running_platform(urls: Urls, folder: Path) -> AsyncIterator["Platform"]:
    """A running platform with its bank, on the test's database, until the end of the block."""
    running = Platform(urls, folder)
    try:
        yield await asyncio.to_thread(running.start)
    finally:
        await asyncio.to_thread(running.stop)


@dataclass
class Platform:
    """Server and bank of one test. `start`, `kill` (kill -9) and `start` again keep the data."""

    urls: Urls
    folder: Path
    port: int = field(default_factory=free_port)
    server: subprocess.Popen[bytes] | None = None
    bank: BankProcess = field(init=False)

    def __post_init__(self) -> None:
        self.bank = BankProcess(self.folder / "bank", callback_url=f"{self.url}/bank/events")

    @property
    def url(self) -> str:
        """Where the platform answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of this platform."""
        return {
            **os.environ,
            "TRADING_DATA_FOLDER": str(self.folder),
            "TRADING_DATABASE_URL": self.urls.running,
            "TRADING_OWNER_DATABASE_URL": self.urls.owner,
            "TRADING_PUBLIC_URL": self.url,
            "TRADING_BANK_URL": self.bank.url,
            "TRADING_BANK_SECRET": self.bank.secret.decode(),
            "TRADING_DEMONSTRATION": "1",
        }

    def start(self) -> "Platform":
        """Start what is not running, and wait until it answers."""
        if self.bank.process is None:
            self.bank.start()
        if self.server is None:
            with (self.folder / "server.log").open("ab") as output:
                command = [sys.executable, "-m", "trading.cli", "serve", "--port", str(self.port)]
                self.server = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)
        self._await_answer(self.server)
        return self

    def kill(self) -> None:
        """kill -9 of the server: no goodbye, nothing flushed."""
        assert self.server is not None
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        self.server = None

    def stop(self) -> None:
        """End both processes."""
        if self.server is not None:
            self.server.terminate()
            try:
                self.server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.bank.process is not None:
            self.bank.kill()

    def create_account(self, sign_in_name: str, display_name: str, *roles: str) -> None:
        """An account of the centre's staff, made on the command line as an administrator would."""
        named = [argument for role in roles for argument in ("--role", role)]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "trading.cli",
                "create-account",
                sign_in_name,
                "--display-name",
                display_name,
                *named,
            ],
            env=self.environment,
            input=PASSWORD.encode(),
            check=True,
            capture_output=True,
        )

    def output(self) -> str:
        """What the server printed so far."""
        return (self.folder / "server.log").read_text(errors="replace")

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTED_WITHIN_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"{self.url}/sign-in", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"the server does not answer\n{self.output()}")
