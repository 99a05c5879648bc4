# ruff: noqa: ASYNC110, ASYNC220 - each test is alone on its event loop; blocking it harms nobody
"""The embedded PostgreSQL with kill -9 of either side, interrupted starts and strangers on its data."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import asyncpg
import pytest

from tests.kernel.postgres_owner import (
    AS_ROOT,
    Owner,
    Starter,
    ask,
    ask_until_it_answers,
    cluster_of,
    postmaster,
    seconds_until,
)
from trading.kernel.embedded_postgres import Cluster, binaries, embedded_postgres, processes, server
from trading.kernel.embedded_postgres.refusals import (
    OldPostgresStillRuns,
)

pytestmark = pytest.mark.process


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


async def test_a_postgres_that_can_not_come_back_yet_is_tried_until_it_can(folder: Path) -> None:
    with embedded_postgres(folder) as cluster:
        settings = cluster_of(folder) / "postgresql.conf"
        sound = settings.read_text()
        settings.write_text(sound + "\nshared_buffers = 'nonsense'\n")
        os.kill(postmaster(folder), signal.SIGKILL)
        await asyncio.sleep(2)
        settings.write_text(sound)
        assert await ask_until_it_answers(cluster.running_url, "SELECT 1") == 1


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
