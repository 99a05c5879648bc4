"""The files of one embedded PostgreSQL: where they are, whose they are, and which are proven stale.

<data folder>/postgres/
    cluster/      PostgreSQL's own data, 0700, of the user PostgreSQL runs as
    socket/       the only door, 0700; a link to a short folder when the path is too long for a socket
    passwords     of the three roles, 0600, in pgpass format (PGPASSFILE=… pg_dump reads it)
    owner.lock    held by the process that started PostgreSQL
    server.log    what PostgreSQL says
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from trading.kernel.child_process import User
from trading.kernel.embedded_postgres.refusals import DataFolderNotWritable, DataFolderOfSomeoneElse

SUPERUSER, OWNER, RUNNING = "postgres", "trading_owner", "trading_running"
LONGEST_SOCKET_PATH = 107
LEAVING = "leaving"
LARGEST_LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class ClusterFolder:
    """The `postgres` folder inside a data folder. Paths only; nothing is touched by making one."""

    home: Path

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def unborn(self) -> Path:
        """Where a cluster is made; it gets its name when it is complete."""
        return self.home / "cluster.new"

    @property
    def passwords_file(self) -> Path:
        return self.home / "passwords"

    @property
    def log_file(self) -> Path:
        return self.home / "server.log"

    @property
    def lock_file(self) -> Path:
        return self.home / "owner.lock"

    @property
    def socket_folder(self) -> Path:
        """The real place of the socket, after the link if there is one."""
        return Path(os.path.realpath(self.home / "socket"))

    def data_version(self) -> str | None:
        """The major version that made the data, None when there is none yet."""
        try:
            return (self.cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return None


def open_folder(data_folder: Path) -> ClusterFolder:
    """Make the folder when it is missing. Refuses with DataFolderNotWritable, DataFolderOfSomeoneElse."""
    home = Path(os.path.abspath(data_folder)) / "postgres"  # noqa: PTH100 - links in the path are to stay
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
        owner = home.stat().st_uid
    except OSError as error:
        reason = error.strerror or str(error)
        uid = _owner_of(home)
        if uid not in (None, os.geteuid()) and os.geteuid() != 0:
            raise DataFolderOfSomeoneElse(home, uid or 0) from error
        raise DataFolderNotWritable(data_folder, reason) from error
    if os.geteuid() not in (0, owner):
        raise DataFolderOfSomeoneElse(home, owner)
    return ClusterFolder(home)


def user_for(folder: ClusterFolder) -> User | None:
    """Who PostgreSQL runs as: None for ourselves. It never runs as root: then as whoever has the data, or `nobody`."""
    if os.geteuid() != 0:
        owner = _owner_of(folder.cluster)
        if owner not in (None, os.geteuid()):
            raise DataFolderOfSomeoneElse(folder.cluster, owner or 0)
        return None
    if folder.cluster.is_dir() and (found := folder.cluster.stat()).st_uid != 0:
        return User(found.st_uid, found.st_gid)
    nobody = pwd.getpwnam("nobody")
    return User(nobody.pw_uid, nobody.pw_gid)


def take_lock(folder: ClusterFolder) -> int | None:
    """The descriptor that makes us the one owner while it is open; None when another process is. kill -9 frees it."""
    descriptor = os.open(folder.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    _write_lock(descriptor, str(os.getpid()))
    return descriptor


def announce_leaving(descriptor: int) -> None:
    """From now on nobody joins: whoever comes waits, and starts PostgreSQL himself."""
    _write_lock(descriptor, f"{os.getpid()} {LEAVING}")


def owner_is_leaving(folder: ClusterFolder) -> bool:
    return LEAVING in folder.lock_file.read_text()


def _write_lock(descriptor: int, said: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{said}\n".encode(), 0)


def read_passwords(folder: ClusterFolder) -> dict[str, str] | None:
    """Passwords by role; None when they were never written, or are incomplete."""
    try:
        lines = folder.passwords_file.read_text().splitlines()
    except FileNotFoundError:
        return None
    passwords = {line.split(":")[3]: line.split(":")[4] for line in lines if line.count(":") == 4}
    return passwords if {SUPERUSER, OWNER, RUNNING} <= passwords.keys() else None


def new_passwords(folder: ClusterFolder) -> dict[str, str]:
    """Generate and keep a password for each role. The file appears whole, readable by its owner only."""
    passwords = {role: secrets.token_hex(24) for role in (SUPERUSER, OWNER, RUNNING)}
    unfinished = folder.home / "passwords.new"
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"*:*:*:{role}:{password}\n" for role, password in passwords.items())
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder.passwords_file)
    return passwords


def prepare_socket_folder(folder: ClusterFolder, user: User | None) -> Path:
    """An empty 0700 folder for the socket, of PostgreSQL's user, whose path a socket address can hold."""
    beside = folder.home / "socket"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        if beside.is_symlink():
            beside.unlink()
        place = beside
    else:
        mark = hashlib.sha256(os.fsencode(folder.home)).hexdigest()[:12]
        place = Path(tempfile.gettempdir()) / f"trading-{os.geteuid()}-{mark}"
        if beside.is_dir() and not beside.is_symlink():
            shutil.rmtree(beside)
        beside.unlink(missing_ok=True)
        beside.symlink_to(place)
    own_folder(place, user)
    return place


def leave_socket_folder(folder: ClusterFolder) -> None:
    """Leave nothing in the system's temporary folder. PostgreSQL has removed its socket by now."""
    place = folder.socket_folder
    if place.parent != folder.home and place.is_dir():
        shutil.rmtree(place, ignore_errors=True)


def own_folder(place: Path, user: User | None) -> None:
    """Make `place` a 0700 folder of PostgreSQL's user. Refuses one that is somebody else's, or a link."""
    try:
        place.mkdir(mode=0o700)
        if user:
            os.chown(place, *user, follow_symlinks=False)
    except FileExistsError:
        pass
    except OSError as error:
        raise DataFolderNotWritable(place, error.strerror or str(error)) from error
    if place.is_symlink():
        raise DataFolderNotWritable(place, "it is a link")
    owner = place.stat().st_uid
    if user and owner == 0:  # we were interrupted between making and giving it
        os.chown(place, *user, follow_symlinks=False)
    elif owner != (user.uid if user else os.geteuid()):
        raise DataFolderOfSomeoneElse(place, owner)
    place.chmod(0o700)


def socket_answers(folder: ClusterFolder) -> bool:
    """Something listens at the socket right now."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(folder.socket_folder / ".s.PGSQL.5432"))
        except OSError:
            return False
    return True


def open_log(folder: ClusterFolder) -> int:
    """A descriptor at the end of the server's log; a large log is put aside first, one older one is kept."""
    if folder.log_file.exists() and folder.log_file.stat().st_size > LARGEST_LOG_BYTES:
        folder.log_file.rename(folder.home / "server.log.1")
    return os.open(folder.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _owner_of(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None
