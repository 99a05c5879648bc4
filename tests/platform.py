"""The product as its users have it: a server process and a bank process, on a database of the test's own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.conftest import Urls

PASSWORD = "four words make one"
STARTED_WITHIN_S = 40


def free_port() -> int:
    """A TCP port on the loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Platform:
    """Server and bank of one test. `start`, `kill` (kill -9) and `start` again keep the data."""

    urls: Urls
    folder: Path
    port: int = field(default_factory=free_port)
    bank_port: int = field(default_factory=free_port)
    server: subprocess.Popen[bytes] | None = None
    bank: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the platform answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bank_url(self) -> str:
        """Where the bank answers."""
        return f"http://127.0.0.1:{self.bank_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of this platform."""
        return {
            **os.environ,
            "TRADING_DATA_FOLDER": str(self.folder),
            "TRADING_DATABASE_URL": self.urls.running,
            "TRADING_OWNER_DATABASE_URL": self.urls.owner,
            "TRADING_PUBLIC_URL": self.url,
            "TRADING_BANK_URL": self.bank_url,
            "TRADING_BANK_SECRET": self._secret_file.read_text(),
            "TRADING_DEMONSTRATION": "1",
        }

    @property
    def _secret_file(self) -> Path:
        return self.folder / "bank_secret"

    def start(self) -> "Platform":
        """Start what is not running, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._secret_file.exists():
            self._secret_file.write_text(secrets.token_hex(32))
        if self.bank is None:
            self.bank = self._process(
                "bank",
                "-m",
                "trading.bank_simulator",
                "--port",
                str(self.bank_port),
                "--data-folder",
                str(self.folder / "bank"),
                "--secret-file",
                str(self._secret_file),
                "--callback-url",
                f"{self.url}/bank/events",
                "--allow-faults",
            )
        if self.server is None:
            self.server = self._process("server", "-m", "trading.cli", "serve", "--port", str(self.port))
        self._await(f"{self.bank_url}/health", self.bank)
        self._await(f"{self.url}/sign-in", self.server)
        return self

    def kill(self) -> None:
        """kill -9 of the server: no goodbye, nothing flushed."""
        assert self.server is not None
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        self.server = None

    def stop(self) -> None:
        """End both processes."""
        for process in (self.server, self.bank):
            if process is not None:
                process.terminate()
        for process in (self.server, self.bank):
            if process is not None:
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.server = self.bank = None

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

    def output(self, name: str) -> str:
        """What a process printed so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _process(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as output:
            return subprocess.Popen([sys.executable, *arguments], env=self.environment, stdout=output, stderr=output)

    def _await(self, url: str, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTED_WITHIN_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                if httpx.get(url).status_code < 500:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"{url} does not answer\n{self.output('server')}\n{self.output('bank')}")
