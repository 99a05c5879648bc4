"""The demonstration's processes: started, watched, started again when they die, stopped in order.

They are started from the main thread, which lives as long as they may: they get SIGTERM when it ends, kill -9 included.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from trading.kernel.child_process import dying_with_us
from trading.kernel.errors import Refusal

STOPPING_S = 10.0
LONGEST_PAUSE_S = 10.0
STEADY_AFTER_S = 10.0
LARGEST_LOG_BYTES = 5_000_000
LOOK_EVERY_S = 0.05

Say = Callable[[str], None]


@dataclass(eq=False)
class ChildDidNotAnswer(Refusal):
    """A process of the demonstration did not get ready."""

    message = "The {name} did not get ready: {reason}"
    advice = "The whole story is in {log_file}."
    name: str
    reason: str
    log_file: Path


@dataclass
class Child:
    """One process. `ready_url` answers when it is ready (None: ready at once). Output goes to `log_file`.

    One that `may_finish` is left alone when it ends with code 0: its work is done.
    """

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log_file: Path
    ready_url: str | None = None
    may_finish: bool = False
    _process: "subprocess.Popen[bytes] | None" = None
    _started_at: float = 0.0
    _pause_s: float = 0.0
    _due_at: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        """The process id while it was started and not yet found dead."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, with a log that begins anew when it has grown large."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        if self.log_file.exists() and self.log_file.stat().st_size > LARGEST_LOG_BYTES:
            self.log_file.unlink()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                dying_with_us(self.arguments, death_signal=signal.SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        self._started_at = time.monotonic()

    def await_ready(self, within_s: float = 60.0) -> None:
        """Return when it answers. Refuses with ChildDidNotAnswer when it ended or was too slow."""
        deadline = time.monotonic() + within_s
        while not self._answers():
            if self._process is not None and self._process.poll() is not None:
                raise ChildDidNotAnswer(self.name, self._last_words(), self.log_file)
            if time.monotonic() > deadline:
                raise ChildDidNotAnswer(self.name, f"no answer within {within_s:.0f} s", self.log_file)
            time.sleep(LOOK_EVERY_S)

    def look(self, say: Say) -> None:
        """Start it again when it has ended, at once the first time, with growing pauses when it keeps ending."""
        if self._process is not None:
            if self._process.poll() is None or (self.may_finish and self._process.returncode == 0):
                return
            steady = time.monotonic() - self._started_at > STEADY_AFTER_S
            self._pause_s = 0.0 if steady else min(2 * self._pause_s + 0.5, LONGEST_PAUSE_S)
            self._due_at = time.monotonic() + self._pause_s
            say(f"The {self.name} {_how_it_ended(self._process.returncode)}; it is started again.")
            self._process = None
        if time.monotonic() >= self._due_at:
            self.start()

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self._process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._process.send_signal(number)
            try:
                self._process.wait(STOPPING_S)
            except subprocess.TimeoutExpired:
                continue
            break
        self._process = None

    def _answers(self) -> bool:
        if self.ready_url is None:
            return True
        try:
            return httpx.get(self.ready_url, timeout=2, trust_env=False).status_code < httpx.codes.INTERNAL_SERVER_ERROR
        except httpx.TransportError:
            return False

    def _last_words(self) -> str:
        lines = [line for line in self.log_file.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"


def log_folder(data_folder: Path) -> Path:
    """Where the processes' output goes."""
    return data_folder / "logs"


def environment_with(**settings: str) -> dict[str, str]:
    """Our own environment with these settings of the platform."""
    return {**os.environ, **{f"TRADING_{name.upper()}": value for name, value in settings.items()}}


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
