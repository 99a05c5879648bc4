"""What the tests of the embedded PostgreSQL share: other processes that own one, and questions to it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from trading.kernel.embedded_postgres import processes

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


Starter = Callable[..., Owner]


def interpreter_for(user: str) -> str:
    """A Python of our version that `user` can run; ours may lie in root's home."""
    wanted = sys.version_info[:2]
    for candidate in (sys.executable, "/usr/bin/python3"):
        command = ["runuser", "-u", user, "--", candidate, "-c", "import sys; print(sys.version_info[:2])"]
        if subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() == str(wanted):
            return candidate
    pytest.skip(f"the user {user} can run no Python {wanted} here")


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
