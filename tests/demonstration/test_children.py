"""The supervisor's children, with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trading.demonstration import children
from trading.demonstration.children import Child, ChildDidNotAnswer


def child(folder: Path, program: str, **more: bool | str) -> Child:
    return Child("thing", [sys.executable, "-c", program], dict(os.environ), folder / "thing.log", **more)  # type: ignore[arg-type]  # flags of Child


def look_until(one: Child, seen: list[str], count: int, patience_s: float = 10) -> None:
    deadline = time.monotonic() + patience_s
    while len(seen) < count:
        assert time.monotonic() < deadline
        one.look(seen.append)
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_child_is_started_again_and_it_is_said(tmp_path: Path) -> None:
    one = child(tmp_path, "import time; time.sleep(60)")
    one.start()
    first = one.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    said: list[str] = []
    look_until(one, said, 1)
    deadline = time.monotonic() + 5
    while one.pid is None and time.monotonic() < deadline:
        one.look(said.append)
    assert said == ["The thing was ended by SIGKILL; it is started again."]
    assert one.pid not in (None, first)
    one.stop()
    assert one.pid is None


def test_a_child_that_keeps_ending_is_started_with_growing_pauses(tmp_path: Path) -> None:
    one = child(tmp_path, "raise SystemExit(3)")
    one.start()
    said: list[str] = []
    began = time.monotonic()
    look_until(one, said, 3)
    assert time.monotonic() - began > 0.5 + 1.5
    assert said[0] == "The thing ended with code 3; it is started again."
    one.stop()


def test_a_child_whose_work_is_done_is_left_alone(tmp_path: Path) -> None:
    one = child(tmp_path, "print('done')", may_finish=True)
    one.start()
    said: list[str] = []
    for _ in range(50):
        one.look(said.append)
        time.sleep(0.02)
    assert said == []
    assert (tmp_path / "thing.log").read_text() == "done\n"


def test_a_child_that_does_not_get_ready_is_refused_with_its_last_words(tmp_path: Path) -> None:
    one = child(tmp_path, "raise SystemExit('no such luck')", ready_url="http://127.0.0.1:9/")
    one.start()
    with pytest.raises(ChildDidNotAnswer, match="no such luck"):
        one.await_ready(5)


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOPPING_S", 0.5)
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    one = child(tmp_path, program)
    one.start()
    pid = one.pid
    assert pid is not None
    deadline = time.monotonic() + 5
    while "deaf" not in (tmp_path / "thing.log").read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    one.stop()
    assert not is_alive(pid)


def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import os, sys, time
from pathlib import Path
from trading.demonstration.children import Child
log = Path({str(tmp_path)!r}) / "log"
one = Child("thing", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ), log)
one.start()
print(one.pid, flush=True)
time.sleep(60)
"""
    supervisor = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    time.sleep(0.3)
    assert is_alive(pid)
    supervisor.kill()
    supervisor.wait()
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)
