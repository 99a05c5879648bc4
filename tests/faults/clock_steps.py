"""Steps of the clocks under a running countdown: nothing closes early, no moment runs backwards.

PostgreSQL and the server run under libfaketime (Debian package `libfaketime`), each with a file that says how far its
clock is off; writing to the file is the step. What is true is measured with this process's own steady clock.
"""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from auction import service
from auction.refused_orders import ClockBehind
from tests.auction.selling import Sale
from tests.faults.ground import Ground, ground, keep_bidding, say, timed_sale
from tests.faults.recording import Recorder, now
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.clock import database_clock
from trading.kernel.embedded_postgres.binaries import find_binaries
from trading.kernel.embedded_postgres.folder import open_folder, user_for

WINDOW_S = 8
STEPS = ("+5", "-5", "+3600", "-3600")
LIBRARY = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketime.so.1"


class FaketimeMissing(Exception):
    """libfaketime is not installed."""


@dataclass(frozen=True)
class StepResult:
    """What one step did: how many closed early, how many moments ran backwards.

    `refused_behind`: a resumption was refused as long as the database's clock stood behind the lot's last decision.
    """

    closed_early: int
    backwards: int
    ended_by: str
    refused_behind: bool


async def step_database_clock(folder: Path, step: str) -> StepResult:
    """PostgreSQL's clock jumps by `step` seconds while a countdown runs."""
    offset = _offset_file(folder, f"database{step}")
    async with ground(pgbin=_wrapped_postgres(folder, offset)) as on:
        return await _one_step(on, offset, step)


async def step_server_clock(folder: Path, step: str) -> StepResult:
    """The machine's clock jumps under the server alone."""
    offset = _offset_file(folder, f"server{step}")
    async with ground(environment=_faked(offset)) as on:
        return await _one_step(on, offset, step)


async def _one_step(on: Ground, offset: Path, step: str) -> StepResult:
    async with timed_sale(on, WINDOW_S, bidders=3) as (sale, recorders):
        until = asyncio.Event()
        bidding = [asyncio.create_task(keep_bidding(recorder, until)) for recorder in recorders]
        await recorders[0].wait_until(lambda state: state.bid_count > 20)
        until.set()
        await asyncio.gather(*bidding)
        last_bid = time.monotonic()
        last_sent = max(_accepted_sent(recorders))
        await asyncio.sleep(WINDOW_S / 2)
        _step(offset, step)
        say(f"  clock {step} s")
        ended_by, refused_behind = await _await_end(on, sale, recorders, last_bid, offset)
        early = now() - last_sent < timedelta(
            seconds=WINDOW_S
        )  # it arrived after it was sent, and was seen to end later
        closed_early = int(early and ended_by == "countdown")
        async with on.database.reading() as session:
            entries = await journal_store.read(session, f"auction:{sale.lot_id}")
        backwards = sum(after.at < before.at for before, after in pairwise(entries))
        return StepResult(closed_early, backwards, ended_by, refused_behind)


async def _await_end(
    on: Ground, sale: Sale, recorders: list[Recorder], last_bid: float, offset: Path
) -> tuple[str, bool]:
    """Wait until the lot is sold; a sale that the platform suspended is resumed by an officer.

    Where that is refused because the database's clock stands behind the sale, the clock is put right first.
    """
    ended_by, refused_behind = "countdown", False
    deadline = last_bid + 20 * WINDOW_S
    while time.monotonic() < deadline:
        stage = "" if recorders[0].state is None else recorders[0].state.stage
        if stage == "sold":
            return ended_by, refused_behind
        if stage == "frozen" and ended_by == "countdown":
            try:
                await _resume(on, sale)
                ended_by = "resumption"
            except ClockBehind:
                refused_behind = True
                _step(offset, "+0")
        await asyncio.sleep(0.05)
    return "nothing", refused_behind


def _accepted_sent(recorders: list[Recorder]) -> list[datetime]:
    calls = [call for recorder in recorders for call in recorder.calls.values()]
    return [call.sent_at for call in calls if call.answer is not None and call.answer.accepted]


async def _resume(on: Ground, sale: Sale) -> None:
    async with on.database.work() as session:
        moment = await database_clock(session)
        await service.resume_lot(session, sale.lot_id, actor=Actor.system("clock-steps"), now=moment)


def _offset_file(folder: Path, name: str) -> Path:
    path = folder / f"offset{name}"
    path.write_text("+0s\n")
    path.chmod(0o644)
    return path


def _step(offset: Path, step: str) -> None:
    offset.write_text(f"{step}s\n")


def _faked(offset: Path) -> dict[str, str]:
    if not LIBRARY.is_file():
        raise FaketimeMissing(f"{LIBRARY} is missing: apt-get install libfaketime")
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def _wrapped_postgres(folder: Path, offset: Path) -> Path:
    """A folder of PostgreSQL's programs whose server runs with a false clock."""
    binaries = find_binaries(None, user_for(open_folder(folder / "programs")))
    place = folder / f"bin{offset.name}"
    place.mkdir()
    for program in binaries.folder.iterdir():
        if program.name != "postgres":
            (place / program.name).symlink_to(program)
    settings = " ".join(f"{name}='{value}'" for name, value in _faked(offset).items())
    wrapper = place / "postgres"
    wrapper.write_text(f'#!/bin/sh\nexec env {settings} "{binaries.folder / "postgres"}" "$@"\n')
    wrapper.chmod(0o755)
    return place
