# ruff: noqa: ASYNC240 - each test is alone on its event loop; blocking it harms nobody
"""The embedded PostgreSQL, with real processes, as root and as an ordinary user."""

import json
import os
import pwd
import signal
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from tests.kernel.postgres_owner import (
    AS_ROOT,
    Starter,
    ask,
    cluster_of,
    only_root,
    postmaster,
    seconds_until,
)
from trading.kernel.embedded_postgres import embedded_postgres, processes, server
from trading.kernel.embedded_postgres.__main__ import run_program

pytestmark = pytest.mark.process


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


def test_the_server_keeps_its_promises_about_durability(folder: Path) -> None:
    assert not {"fsync", "synchronous_commit", "full_page_writes"} & server.SETTINGS.keys()
