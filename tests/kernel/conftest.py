"""Folders for an embedded PostgreSQL, and other processes that own one."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.postgres_owner import OWNER_PROGRAM, REPOSITORY, Owner, Starter, interpreter_for


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that does not exist yet, under a short path that only we may enter."""
    parent = Path(tempfile.mkdtemp(prefix="pg-"))
    yield parent / "data"
    shutil.rmtree(parent)


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
