"""`trading demo` as a user has it: a command, a terminal that says Ctrl-C, and sometimes kill -9."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.bank_simulator.bank_process import free_port
from trading.demonstration.people import BIDDERS, PASSWORD, STAFF
from trading.kernel.embedded_postgres.processes import processes_at

pytestmark = pytest.mark.process

FIRST_START_WITHIN_S = 60
SECOND_START_WITHIN_S = 10
BACK_WITHIN_S = 15
GONE_WITHIN_S = 20


@dataclass
class Demo:
    """One demonstration on a data folder of its own."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return (self.folder.parent / "said").read_text()

    def start(self) -> float:
        """Start it and wait until it says that it is ready; returns the seconds that took."""
        began = time.monotonic()
        self.spawn()
        assert self.process is not None
        while " ready after " not in self.said:
            assert self.process.poll() is None, self.said + self.logs()
            assert time.monotonic() - began < FIRST_START_WITHIN_S * busy_with_other_things(), self.said + self.logs()
            time.sleep(0.05)
        return time.monotonic() - began

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the command."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRADING_")}
        environment["TRADING_DATA_FOLDER"] = str(self.folder)
        with (self.folder.parent / "said").open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "trading.cli", "demo", "--port", str(self.port)],
                env=environment,
                stdout=said,
                stderr=said,
            )
        return self.process

    def end(self, number: signal.Signals) -> int:
        """Send a signal to the command and wait for it."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(GONE_WITHIN_S * busy_with_other_things())

    def processes(self) -> dict[int, str]:
        """Every process of this demonstration, by its data folder in the environment or by its database's folder."""
        mark = f"TRADING_DATA_FOLDER={self.folder}".encode()
        found = dict.fromkeys(processes_at(self.folder / "postgres" / "cluster"), "postgres")
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def await_no_process(self) -> None:
        deadline = time.monotonic() + GONE_WITHIN_S * busy_with_other_things()
        while left := self.processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.05)

    def pid_of(self, words: str) -> int:
        [pid] = [pid for pid, command in self.processes().items() if words in command]
        return pid

    def logs(self) -> str:
        return "".join(f"\n== {log.name}\n{log.read_text()[-3000:]}" for log in (self.folder / "logs").glob("*.log"))


def busy_with_other_things() -> float:
    """How many times longer things may take here: 1 on an idle machine, else in proportion to its load."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Ended after the test, whatever happened."""
    one = Demo(tmp_path / "data", free_port())
    yield one
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait()
    one.await_no_process()


def sign_in_with_one_click(client: httpx.Client, name: str) -> httpx.Response:
    client.get("/sign-in")
    token = client.cookies.get("csrftoken") or ""
    return client.post(f"/demonstration/sign-in/{name}", headers={"x-csrftoken": token})


def everybody_finds_a_first_page(url: str) -> None:
    for person in (*STAFF, BIDDERS[0].person):
        with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as client:
            page = sign_in_with_one_click(client, person.sign_in_name)
            assert page.status_code == 200, (person.sign_in_name, page.url, page.text[:2000])
            assert page.url.path not in ("/", "/sign-in"), person.sign_in_name
            assert person.display_name in page.text


def titles_of_parcels(url: str) -> set[str]:
    page = httpx.get(f"{url}/announcements")
    page.raise_for_status()
    return set(re.findall(r"县城第\d+号地块", page.text))


def test_the_whole_demonstration_starts_twice_survives_a_killed_server_and_leaves_nothing(demo: Demo) -> None:
    first_took_s = demo.start()
    for name in [person.sign_in_name for person in (*STAFF, *(bidder.person for bidder in BIDDERS))]:
        assert re.search(rf"^{name}\b", demo.said, re.MULTILINE)
    assert PASSWORD in demo.said
    assert demo.url in demo.said
    for path in ("/", "/sign-in", "/announcements", "/reports?from=2014-01-01&to=2014-09-30"):
        assert httpx.get(demo.url + path, timeout=30).status_code == 200, path
    everybody_finds_a_first_page(demo.url)
    parcels = titles_of_parcels(demo.url)
    assert "县城第58号地块" in parcels

    server = demo.pid_of("trading.cli serve")
    os.kill(server, signal.SIGKILL)
    began = time.monotonic()
    while not _answers(demo.url):
        assert time.monotonic() - began < BACK_WITHIN_S * busy_with_other_things(), demo.logs()
        time.sleep(0.05)
    back_after_s = time.monotonic() - began
    assert "The server was ended by SIGKILL; it is started again." in demo.said
    assert titles_of_parcels(demo.url) == parcels

    began = time.monotonic()
    assert demo.end(signal.SIGINT) == 0
    stopped_after_s = time.monotonic() - began
    assert demo.processes() == {}

    second_took_s = demo.start()
    assert second_took_s < SECOND_START_WITHIN_S * busy_with_other_things()
    assert parcels < titles_of_parcels(demo.url)
    demo.end(signal.SIGKILL)
    demo.await_no_process()
    print(
        f"first start {first_took_s:.1f} s, back after kill -9 {back_after_s:.1f} s, "
        f"stopped {stopped_after_s:.1f} s, second start {second_took_s:.1f} s"
    )


def test_a_port_in_use_is_said_and_nothing_is_started(demo: Demo) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", demo.port))
        other.listen()
        assert demo.spawn().wait(30) == 1
    assert f"Port {demo.port} on this machine is in use" in demo.said
    assert re.search(r"trading demo --port \d+", demo.said)
    assert not (demo.folder / "postgres").exists()


def test_a_data_folder_that_can_not_be_written_is_said_in_two_sentences(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    answer = subprocess.run(
        [sys.executable, "-m", "trading.cli", "demo"],
        env={**os.environ, "TRADING_DATA_FOLDER": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[0].startswith(f"The data folder {tmp_path / 'data'} can't be written")
    assert "TRADING_DATA_FOLDER" in answer.stderr.splitlines()[1]
    assert len(answer.stderr.splitlines()) == 2


def test_ctrl_c_while_setting_up_leaves_nothing_and_the_next_start_goes_on(demo: Demo) -> None:
    process = demo.spawn()
    deadline = time.monotonic() + FIRST_START_WITHIN_S * busy_with_other_things()
    while "Migrating the database" not in demo.said:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(GONE_WITHIN_S * busy_with_other_things()) == 0
    assert demo.processes() == {}
    demo.start()
    assert "县城第58号地块" in titles_of_parcels(demo.url)
    assert demo.end(signal.SIGTERM) == 0
    assert demo.processes() == {}


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
