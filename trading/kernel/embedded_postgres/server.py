"""Keeping one PostgreSQL running while its owner lives.

One thread starts it, watches it, starts it again when it was killed, and stops it. It has to be one thread: the signal
that ends PostgreSQL when we are killed is bound to the thread that started it.
"""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import threading
import time

from trading.kernel.child_process import User, dying_with_us
from trading.kernel.embedded_postgres.binaries import Binaries, environment
from trading.kernel.embedded_postgres.creation import NEEDED_TO_START_MB, path_for, worst_line
from trading.kernel.embedded_postgres.folder import ClusterFolder, leave_socket_folder, open_log, prepare_socket_folder
from trading.kernel.embedded_postgres.processes import await_earlier_life, read_pid_file
from trading.kernel.embedded_postgres.refusals import DiskFull, PostgresDidNotStart
from trading.kernel.errors import Refusal

LOG = logging.getLogger("trading.embedded_postgres")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "max_connections": "200",
}
LOOK_EVERY_S = 0.02
WATCH_EVERY_S = 0.2
STOPPING_S = 60.0
MEMORY_IN_USE = "pre-existing shared memory block"
MEMORY_PATIENCE_S = 60.0
LONGEST_PAUSE_S = 10.0


class Server:
    """A PostgreSQL on `folder`, whose lock the caller holds: `start` returns when it is ready, `stop` when gone."""

    def __init__(self, folder: ClusterFolder, binaries: Binaries, user: User | None) -> None:
        self._folder = folder
        self._binaries = binaries
        self._user = user
        self._stop = threading.Event()
        self._first_start_done = threading.Event()
        self._refusal: Refusal | None = None
        self._keeper = threading.Thread(target=self._keep, name="postgres-keeper", daemon=True)

    def start(self) -> None:
        """Refuses with what kept PostgreSQL from starting; nothing runs then."""
        self._keeper.start()
        self._first_start_done.wait()
        if self._refusal is not None:
            self._keeper.join()
            raise self._refusal

    def stop(self) -> None:
        """Ends every session, writes everything down, and waits until PostgreSQL is gone."""
        self._stop.set()
        self._keeper.join()

    def _keep(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                process = self._start_once()
            except Refusal as refusal:
                if not self._first_start_done.is_set():
                    self._refusal = refusal
                    break
                pause = min(2 * pause + 0.5, LONGEST_PAUSE_S)
                LOG.error("PostgreSQL can't be started again yet: %s", refusal)
                continue
            if self._first_start_done.is_set():
                LOG.warning("PostgreSQL runs again as process %d.", process.pid)
            self._first_start_done.set()
            began = time.monotonic()
            self._watch(process)
            pause = 0.0 if time.monotonic() - began > LONGEST_PAUSE_S else min(2 * pause + 0.1, LONGEST_PAUSE_S)
        leave_socket_folder(self._folder)
        self._first_start_done.set()

    def _start_once(self) -> "subprocess.Popen[bytes]":
        """Start PostgreSQL and wait until it is ready, as long as it takes to recover from a crash.

        What is left of an earlier life may hold the shared memory for a moment: then again, a while.
        """
        began = time.monotonic()
        while True:
            await_earlier_life(self._folder.cluster)
            log_size = self._folder.log_file.stat().st_size if self._folder.log_file.exists() else 0
            process = self._spawn()
            while process.poll() is None:
                status = read_pid_file(self._folder.cluster)
                if status is not None and status.pid == process.pid and status.status == "ready":
                    return process
                if self._stop.is_set():
                    _end(process)
                    return process
                time.sleep(LOOK_EVERY_S)
            said = self._said_since(log_size)
            if MEMORY_IN_USE not in said or time.monotonic() - began > MEMORY_PATIENCE_S:
                raise self._reason(said)
            time.sleep(WATCH_EVERY_S)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        sockets = prepare_socket_folder(self._folder, self._user)
        with contextlib.ExitStack() as opened:
            log = open_log(self._folder)
            opened.callback(os.close, log)
            cluster_place = os.open(self._folder.cluster, os.O_RDONLY | os.O_DIRECTORY)
            opened.callback(os.close, cluster_place)
            socket_place = os.open(sockets, os.O_RDONLY | os.O_DIRECTORY)
            opened.callback(os.close, socket_place)
            settings = {**SETTINGS, "unix_socket_directories": path_for(socket_place, sockets, self._user)}
            arguments = [self._binaries.program("postgres")]
            arguments += ["-D", path_for(cluster_place, self._folder.cluster, self._user)]
            arguments += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            return subprocess.Popen(
                dying_with_us(arguments, death_signal=signal.SIGINT, user=self._user),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=environment(),
                pass_fds=(cluster_place, socket_place),
            )  # fmt: skip

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Return when PostgreSQL has ended: by itself (we say so), or because we were asked to stop."""
        while process.poll() is None:
            if self._stop.wait(WATCH_EVERY_S):
                _end(process)
                return
        if not self._stop.is_set():
            LOG.warning(
                "PostgreSQL (process %d) ended with code %d; starting it again.", process.pid, process.returncode
            )

    def _said_since(self, log_size: int) -> str:
        with self._folder.log_file.open("rb") as log:
            log.seek(log_size)
            return log.read().decode(errors="replace")

    def _reason(self, said: str) -> Refusal:
        free_mb = shutil.disk_usage(self._folder.home).free // 2**20
        if "No space left on device" in said:
            return DiskFull(self._folder.home, free_mb, NEEDED_TO_START_MB)
        return PostgresDidNotStart(worst_line(said) or "it said nothing", self._folder.log_file)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Fast shutdown first; harder words only when a minute was not enough. Recovery makes good for the last one."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(number)
        try:
            process.wait(STOPPING_S)
        except subprocess.TimeoutExpired:
            LOG.warning("PostgreSQL did not stop on %s.", number.name)
        else:
            return
