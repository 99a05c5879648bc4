"""What an auction survives: `make faults-auction`. Progress on stderr; the last line of stdout is one JSON object.

- kill -9 of the server and of PostgreSQL under load, again and again: the history must hold (see `history`);
- a control without synchronous commit, which must lose bids: otherwise the killing proves nothing;
- 10,000 bids over a line that drops, doubles, reorders and cuts: each counts once;
- steps of the clocks: no early close, no moment that runs backwards;
- 300 faults planted into the recorded history: the checker must catch all of them.

`--kills N` of each of the two processes (20), `--retries N` bids in bad weather (10,000), `--part NAME` for one part.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from tests.auction.selling import Sale
from tests.faults.clock_steps import STEPS, step_database_clock, step_server_clock
from tests.faults.ground import Ground, ground, keep_bidding, say, temporary_folder, timed_sale
from tests.faults.history import History, faults_of
from tests.faults.mutants import mutants
from tests.faults.planting import Dice
from tests.faults.recording import Recorder, Weather
from trading.kernel.embedded_postgres.folder import RUNNING

MUTANTS = 300
LOAD_S = 3.0  # of bidding before each kill
WINDOW_S = 45
CONTROL_KILLS = 5
CLOSES_WITHIN_S = 3.0  # of its moment, once the server is there


async def kills(count: int) -> dict[str, Any]:
    """Kill server and PostgreSQL `count` times each under load, then let the countdown end the sale."""
    async with ground() as on, timed_sale(on, WINDOW_S) as (sale, recorders):
        until = asyncio.Event()
        bidding = [asyncio.create_task(keep_bidding(recorder, until)) for recorder in recorders]
        for number in range(1, count + 1):
            await asyncio.sleep(LOAD_S)
            await on.postgres_answers()  # a server does not start without its database
            on.platform.kill()
            await asyncio.to_thread(on.platform.start)
            await asyncio.sleep(LOAD_S)
            on.kill_postgres()
            say(f"  {number} of {count}: both killed, {_acknowledged(recorders)} bids acknowledged")
        await asyncio.sleep(2 * LOAD_S)
        until.set()
        await asyncio.gather(*bidding)
        closing_late = await _closing_late(recorders)
        history = await on.history(sale, timedelta(seconds=WINDOW_S), recorders)
    found = faults_of(history)
    for words in found[:20]:
        say(f"  FAULT {words}")
    planted, escaped = 0, Counter[str]()
    for planted, (name, faulty) in enumerate(mutants(history, MUTANTS), start=1):
        escaped[name] += not faults_of(faulty)
        if planted % 50 == 0:
            say(f"  {planted} of {MUTANTS} faults planted, {escaped.total()} escaped")
    return {
        "kills": 2 * count,
        "acknowledged": _acknowledged(recorders),
        "entries": len(history.entries),
        "lost": _lost(history),
        "doubled": _doubled(history),
        "faults": len(found),
        "closed_late_s": round(closing_late, 2),
        "deadline_right": closing_late <= CLOSES_WITHIN_S,
        "mutants": planted,
        "mutants_caught": planted - escaped.total(),
        "mutants_escaped": dict(+escaped),
    }


async def control() -> dict[str, Any]:
    """The same killing of PostgreSQL with synchronous_commit off: acknowledged bids must be lost."""
    lost = 0
    async with ground() as on:
        await on.administer(f"ALTER ROLE {RUNNING} SET synchronous_commit = off")
        await on.administer("ALTER SYSTEM SET wal_writer_delay = '2s'")
        await on.administer("SELECT pg_reload_conf()")
        on.platform.kill()
        await asyncio.to_thread(on.platform.start)
        for number in range(CONTROL_KILLS):
            async with timed_sale(on, 120) as (sale, recorders):
                lost += await _lost_in_one_kill(on, sale, recorders)
                say(f"  control {number + 1}: {lost} acknowledged bids lost so far")
    return {"control_kills": CONTROL_KILLS, "control_lost": lost}


async def _lost_in_one_kill(on: Ground, sale: Sale, recorders: list[Recorder]) -> int:
    until = asyncio.Event()
    bidding = [asyncio.create_task(keep_bidding(recorder, until)) for recorder in recorders]
    await asyncio.sleep(LOAD_S)
    on.platform.kill()  # so that nobody asks again: what was told is told
    on.kill_postgres()
    until.set()  # a cancellation that meets an answer may be swallowed
    for task in bidding:
        task.cancel()
    await asyncio.gather(*bidding, return_exceptions=True)
    told = [call for recorder in recorders for call in recorder.calls.values() if call.answer is not None]
    await on.postgres_answers()
    await asyncio.to_thread(on.platform.start)
    history = await on.history(sale, timedelta(seconds=120), recorders)
    stored = {entry.body.get("key") for entry in history.entries}
    return sum(call.key not in stored for call in told)


async def retries(count: int) -> dict[str, Any]:
    """`count` bids over a bad line: each is counted once."""
    async with (
        ground(environment={"TRADING_LIVE_MESSAGES_PER_S": "2000"}) as on,
        timed_sale(on, 600) as (sale, recorders),
    ):
        for recorder in recorders:
            weather = Dice(f"weather {recorder.plate}")
            recorder.weather = Weather(weather, dropped=2, doubled=10, held_back=5, cut=1)
        left = iter(range(count))

        async def one_after_another(recorder: Recorder, ahead: int) -> None:
            for _ in left:
                state = recorder.state
                assert state is not None
                await recorder.bid(state.lowest_fen + ahead * state.increment_fen)

        many = [one_after_another(recorder, ahead) for recorder in recorders for ahead in range(8)]
        reporting = asyncio.create_task(_report(recorders, count))
        await asyncio.gather(*many)
        reporting.cancel()
        await asyncio.sleep(1)
        history = await on.history(sale, timedelta(seconds=600), recorders)
    found = faults_of(replace(history, followers=()))
    for words in found[:20]:
        say(f"  FAULT {words}")
    return {
        "retried_bids": len(history.calls),
        "retried_unanswered": sum(call.answer is None for call in history.calls),
        "retried_lost": _lost(history),
        "retried_doubled": _doubled(history),
        "retried_faults": len(found),
        "reconnections": sum(recorder.connections - 1 for recorder in recorders),
    }


async def clocks() -> dict[str, Any]:
    """Steps of the database's clock, and of the server's machine."""
    results: dict[str, Any] = {}
    with temporary_folder() as folder:
        for whose, step_clock in (("database", step_database_clock), ("server", step_server_clock)):
            for step in STEPS:
                say(f"step of the {whose}'s clock by {step} s")
                results[f"{whose} {step} s"] = asdict(await step_clock(folder, step))
    return {
        "clock_steps": results,
        "closed_early": sum(result["closed_early"] for result in results.values()),
        "backwards": sum(result["backwards"] for result in results.values()),
        "never_ended": sum(result["ended_by"] == "nothing" for result in results.values()),
    }


def _acknowledged(recorders: list[Recorder]) -> int:
    answers = [call.answer for recorder in recorders for call in recorder.calls.values()]
    return sum(answer is not None and answer.accepted for answer in answers)


def _lost(history: History) -> int:
    stored = {entry.body.get("key") for entry in history.entries}
    return sum(call.answer is not None and call.key not in stored for call in history.calls)


def _doubled(history: History) -> int:
    keys = Counter(entry.body["key"] for entry in history.entries if "key" in entry.body)
    return sum(count - 1 for count in keys.values())


async def _closing_late(recorders: list[Recorder]) -> float:
    """How long after its moment the sale was told to have ended, in seconds."""
    state = await recorders[0].wait_until(lambda state: state.stage != "open", within_s=WINDOW_S + 60)
    await asyncio.gather(*[recorder.wait_until(lambda other: other.seq >= state.seq) for recorder in recorders])
    assert state.ended_at is not None
    assert state.closes_at is not None
    return (state.ended_at - state.closes_at).total_seconds()


async def _report(recorders: list[Recorder], count: int) -> None:
    while True:
        await asyncio.sleep(5)
        say(f"  {sum(len(recorder.calls) for recorder in recorders)} of {count} bids")


def main() -> int:
    """Run the parts and print the result; exit code 1 when anything does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--retries", type=int, default=10_000)
    parser.add_argument("--part", choices=("kills", "control", "retries", "clocks"))
    chosen = parser.parse_args()
    parts = {
        "kills": lambda: kills(chosen.kills),
        "control": control,
        "retries": lambda: retries(chosen.retries),
        "clocks": clocks,
    }
    result: dict[str, Any] = {}
    began = time.monotonic()
    for name, part in parts.items():
        if chosen.part in (None, name):
            say(f"{name} …")
            result |= asyncio.run(part())
    result["seconds"] = round(time.monotonic() - began)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if _holds(result) else 1


def _holds(result: dict[str, Any]) -> bool:
    zero = ["lost", "doubled", "faults", "retried_unanswered", "retried_lost", "retried_doubled", "retried_faults"]
    zero += ["closed_early", "backwards", "never_ended"]
    return (
        not any(result.get(name) for name in zero)
        and result.get("control_lost", 1) > 0
        and result.get("deadline_right", True)
        and result.get("mutants") == result.get("mutants_caught")
    )


if __name__ == "__main__":
    sys.exit(main())
