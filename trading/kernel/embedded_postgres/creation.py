"""Making a cluster: all of it or nothing, so that a start that was interrupted is simply begun again."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from trading.kernel.child_process import User, dying_with_us
from trading.kernel.embedded_postgres.binaries import Binaries, environment
from trading.kernel.embedded_postgres.folder import OWNER, RUNNING, SUPERUSER, ClusterFolder, new_passwords, own_folder
from trading.kernel.embedded_postgres.processes import await_earlier_life
from trading.kernel.embedded_postgres.refusals import DiskFull, PostgresDidNotStart

DATABASE = "trading"
NEEDED_FOR_NEW_MB = 200
NEEDED_TO_START_MB = 32
BUILTIN_LOCALES_SINCE = 17


def require_space(folder: ClusterFolder) -> None:
    """Refuses with DiskFull before anything is touched."""
    needed = NEEDED_TO_START_MB if folder.data_version() else NEEDED_FOR_NEW_MB
    free = shutil.disk_usage(folder.home).free // 2**20
    if free < needed:
        raise DiskFull(folder.home, free, needed)


def create_cluster(folder: ClusterFolder, binaries: Binaries, user: User | None, passwords: dict[str, str]) -> None:
    """Make the cluster with its database and roles, under its other name, and name it when it is whole."""
    if folder.unborn.exists():
        await_earlier_life(folder.unborn)
        shutil.rmtree(folder.unborn)
    own_folder(folder.unborn, user)
    _initialise(folder, binaries, user, passwords[SUPERUSER])
    statements = [
        f"CREATE ROLE {OWNER} LOGIN",
        f"CREATE ROLE {RUNNING} LOGIN",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {RUNNING}",
        *_password_statements(passwords),
    ]
    _run_alone(folder.unborn, folder, binaries, user, statements)
    folder.unborn.rename(folder.cluster)


def renew_passwords(folder: ClusterFolder, binaries: Binaries, user: User | None) -> dict[str, str]:
    """The file with the passwords was lost: whoever owns the folder may set new ones. PostgreSQL must not run."""
    passwords = new_passwords(folder)
    _run_alone(folder.cluster, folder, binaries, user, _password_statements(passwords))
    return passwords


def path_for(descriptor: int, path: Path, user: User | None) -> str:
    """How PostgreSQL's user names a folder of its own that lies inside folders it may not enter.

    We hold the folder open for it, and it goes through that: no folder above is opened to anybody.
    """
    return f"/proc/self/fd/{descriptor}" if user else str(path)


def _password_statements(passwords: dict[str, str]) -> list[str]:
    return [f"ALTER ROLE {role} PASSWORD '{passwords[role]}'" for role in (SUPERUSER, OWNER, RUNNING)]


def _initialise(folder: ClusterFolder, binaries: Binaries, user: User | None, password: str) -> None:
    locale = ["--locale=C", "--lc-ctype=C.UTF-8"]
    if binaries.major >= BUILTIN_LOCALES_SINCE:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    place = os.open(folder.unborn, os.O_RDONLY | os.O_DIRECTORY)
    reading, writing = os.pipe()
    try:
        if user:
            os.fchown(reading, *user)
        os.write(writing, f"{password}\n".encode())
        os.close(writing)
        arguments = [binaries.program("initdb"), "-D", path_for(place, folder.unborn, user), "-U", SUPERUSER]
        arguments += ["-A", "scram-sha-256", f"--pwfile=/dev/fd/{reading}", "-E", "UTF8", *locale, "--no-instructions"]
        answer = subprocess.run(
            dying_with_us(arguments, death_signal=signal.SIGTERM, user=user),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder.unborn, env=environment(),
            pass_fds=(place, reading), check=False,
        )  # fmt: skip
    finally:
        os.close(place)
        os.close(reading)
    _require_success(answer, folder, answer.stdout + answer.stderr)


def _run_alone(
    cluster: Path, folder: ClusterFolder, binaries: Binaries, user: User | None, statements: list[str]
) -> None:
    """Run SQL on a cluster that does not run, as its superuser, without any connection. One line is one statement."""
    place = os.open(cluster, os.O_RDONLY | os.O_DIRECTORY)
    try:
        arguments = [binaries.program("postgres"), "--single", "-D", path_for(place, cluster, user)]
        arguments += ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "-c", "log_checkpoints=off"]
        answer = subprocess.run(
            dying_with_us([*arguments, SUPERUSER], death_signal=signal.SIGTERM, user=user),
            input="\n".join(statements) + "\n", capture_output=True, text=True, cwd=cluster, env=environment(),
            pass_fds=(place,), check=False,
        )  # fmt: skip
    finally:
        os.close(place)
    _require_success(answer, folder, answer.stderr)


def _require_success(answer: subprocess.CompletedProcess[str], folder: ClusterFolder, said: str) -> None:
    if answer.returncode == 0:
        return
    folder.log_file.open("a").write(said)
    if "No space left on device" in said:
        raise DiskFull(folder.home, shutil.disk_usage(folder.home).free // 2**20, NEEDED_FOR_NEW_MB)
    raise PostgresDidNotStart(worst_line(said) or f"exit code {answer.returncode}", folder.log_file)


def worst_line(said: str) -> str:
    """The line in which PostgreSQL gives its reason: the last fatal one, else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:", "ERROR:"))]
    return (fatal or lines or [""])[-1]
