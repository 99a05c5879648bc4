"""Which PostgreSQL processes work on a cluster's folder, and waiting for those of an earlier life to be gone.

A pid file proves nothing: after a crash its number may belong to anybody. A process works on the folder when it stands
in it: every PostgreSQL process makes it its working directory, and we start initdb there.
"""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from trading.kernel.embedded_postgres.refusals import OldPostgresStillRuns

PATIENCE_S = 60.0
ORPHANS_GRACE_S = 5.0
PAUSE_S = 0.05


@dataclass(frozen=True)
class PidFile:
    """What `postmaster.pid` says: who wrote it, and how far that one has come (starting, ready, stopping)."""

    pid: int
    status: str


def read_pid_file(cluster: Path) -> PidFile | None:
    """None when there is none, or when it is half written."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return PidFile(abs(int(lines[0])), lines[7].strip() if len(lines) > 7 else "starting")
    except (FileNotFoundError, ValueError, IndexError):
        return None


def processes_at(cluster: Path) -> list[int]:
    """Process ids of every PostgreSQL program that works on this folder, or may do so for all we can see."""
    try:
        place = cluster.stat()
    except FileNotFoundError:
        return []
    named = read_pid_file(cluster)
    return [
        pid for pid in _postgres_processes() if _stands_in(pid, place, unsure=named is not None and named.pid == pid)
    ]


def await_earlier_life(cluster: Path) -> None:
    """Return when no process works on `cluster` any more, its stale pid file removed. Call with the owner's lock held.

    A PostgreSQL whose owner was killed is just shutting down: it is waited for. Server processes whose postmaster was
    killed normally end by themselves; those that don't are ended after a grace, as they hold the shared memory.
    Refuses with OldPostgresStillRuns.
    """
    began = time.monotonic()
    while pids := processes_at(cluster):
        waited = time.monotonic() - began
        named = read_pid_file(cluster)
        if named is not None and named.pid in pids:
            if waited > PATIENCE_S:
                raise OldPostgresStillRuns(cluster, named.pid)
        elif waited > ORPHANS_GRACE_S:
            _send(signal.SIGKILL if waited > 2 * ORPHANS_GRACE_S else signal.SIGQUIT, pids)
        if waited > 2 * PATIENCE_S:
            raise OldPostgresStillRuns(cluster, pids[0])
        time.sleep(PAUSE_S)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _postgres_processes() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "comm").read_text().strip()
            except OSError:
                continue
            if name in ("postgres", "initdb"):
                found.append(int(entry.name))
    return found


def _stands_in(pid: int, place: os.stat_result, *, unsure: bool) -> bool:
    """`unsure` is the answer when this process may not be looked into (root without ptrace rights in a container)."""
    try:
        found = Path(f"/proc/{pid}/cwd").stat()
    except FileNotFoundError:
        return False
    except PermissionError:
        return unsure
    return (found.st_dev, found.st_ino) == (place.st_dev, place.st_ino)


def _send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
