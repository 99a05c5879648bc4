"""Three demonstration bidders that bid by themselves, over the same live channel and with the same sign-in as people.

Each has a limit, thinks before every move, and stops when its lot has ended. They quote in a listing, declare for timed
bidding, seal quotes, and one of them sets secret maxima. Nothing of them is known to the platform:
to it they are bidders like any other.
"""

import asyncio
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import httpx
import msgspec
import typer

from auction.client import BidRefused, ConnectionRefused, LotClient, NoAnswer, SignInFailed, sign_in
from auction.way import Way
from trading.demonstration.people import PASSWORD, ROBOTS, Bidder
from trading.kernel.money import Money

SHORTEST_THOUGHT_MS, LONGEST_THOUGHT_MS = 3_500, 14_000
LOOK_EVERY_S = 0.3
SIGN_IN_AGAIN_AFTER_S = 2.0
ONE_IN_RAISES_TWICE = 6
QUOTED_SHARE = 4
QUOTE_STEP = Money.from_yuan("10000")
ONLINE = "online_auction"
ENDED = frozenset({"sold", "withdrawn", "called_off"})


def main(
    url: Annotated[str, typer.Option(help="The platform's address.")],
    lot: Annotated[list[UUID], typer.Option(help="A lot to bid for; may be given several times.")],
) -> None:
    """Bid for the lots until all of them have ended."""
    asyncio.run(bid_for_all(url, lot))


async def bid_for_all(url: str, lot_ids: list[UUID]) -> None:
    """Every robot bids for every lot; returns when all lots have ended."""
    async with asyncio.TaskGroup() as bidding:
        for robot in ROBOTS:
            for lot_id in lot_ids:
                bidding.create_task(bid_for(url, lot_id, robot))


async def bid_for(url: str, lot_id: UUID, robot: Bidder) -> None:
    """One robot bids for one lot. It signs in again whenever its sign-in is over, and comes back after any absence."""
    memory = Memory()
    while True:
        try:
            cookie = await sign_in(url, robot.person.sign_in_name, PASSWORD)
            async with LotClient(url, lot_id, cookie) as lot:
                if lot.plate is None:
                    print(f"{robot.person.sign_in_name} has no plate for {lot_id}", flush=True)
                    return
                await _follow(lot, robot, memory, Form(url, lot_id, cookie))
                if lot.stage in ENDED:
                    return
        except (SignInFailed, ConnectionRefused, httpx.HTTPError) as reason:
            print(f"{robot.person.sign_in_name} comes again: {reason!r}", flush=True)
        await asyncio.sleep(SIGN_IN_AGAIN_AFTER_S)


@dataclass
class Memory:
    """What a robot has done that is done only once for a lot."""

    declared: bool = False
    sealed: bool = False
    maximum_set: bool = False


class Move(StrEnum):
    """What a robot does next."""

    BID = "bid"
    SET_MAXIMUM = "set_maximum"
    SEAL_QUOTE = "seal_quote"
    DECLARE = "declare"


@dataclass(frozen=True)
class Form:
    """Where the lot's page sends its forms, and as whom."""

    url: str
    lot_id: UUID
    cookie: str

    async def declare(self) -> int:
        """Say that the robot takes part in timed bidding. Returns the status of the answer."""
        async with httpx.AsyncClient(base_url=self.url, timeout=20, trust_env=False) as http:
            name, _, value = self.cookie.partition("=")
            http.cookies.set(name, value)
            await http.get("/sign-in")
            headers = {"x-csrftoken": http.cookies.get("csrftoken") or ""}
            answer = await http.post(f"/lots/{self.lot_id}/room/declare", headers=headers)
            return answer.status_code


async def _follow(lot: LotClient, robot: Bidder, memory: Memory, form: Form) -> None:
    """Do what is to be done at each stage, up to the limit. Returns when the lot has ended or the plate is lost."""
    while lot.stage not in ENDED and lot.plate is not None:
        if next_move(lot, robot, memory) is not None:
            await asyncio.sleep(_thought_s())
            move = next_move(lot, robot, memory)
            if move is not None:
                await _make(move, lot, robot, memory, form)
        else:
            await asyncio.sleep(LOOK_EVERY_S)


def next_move(lot: LotClient, robot: Bidder, memory: Memory) -> Move | None:
    """What a robot would do now, if anything. In a listing it keeps most of its money for the timed bidding."""
    limit = limit_of(lot, robot)
    if lot.stale or lot.terms is None:
        return None
    match lot.stage:
        case "listing" if not lot.leading and lot.lowest <= limit_of(lot, robot, share=QUOTED_SHARE):
            return Move.BID
        case "declaring" if not memory.declared:
            return Move.DECLARE
        case "sealed" if not memory.sealed:
            return Move.SEAL_QUOTE
        case "open" if lot.terms.method == ONLINE and robot is ROBOTS[0] and not memory.maximum_set:
            return Move.SET_MAXIMUM if lot.lowest <= limit else None
        case "open" if not lot.leading and lot.lowest <= limit:
            return Move.BID
        case _:
            return None


def limit_of(lot: LotClient, robot: Bidder, *, share: int = 1) -> Money:
    """Up to where a robot bids: a `share`-th of its increments above the starting price."""
    return Money(lot.starting_price.fen + (robot.limit_increments or 0) // share * lot.increment.fen)


def sealed_quote(lot: LotClient, robot: Bidder) -> Money:
    """A quote of its own: anywhere above the price cap where there is one, else anywhere up to the limit."""
    assert lot.terms is not None
    cap = msgspec.json.decode(lot.terms.way, type=Way).cap
    lowest, highest = lot.starting_price, limit_of(lot, robot)
    if cap is not None and cap.ceiling is not None:
        lowest, highest = cap.price + QUOTE_STEP, cap.ceiling
    steps = (highest.fen - lowest.fen) // QUOTE_STEP.fen
    return Money(lowest.fen + secrets.randbelow(steps + 1) * QUOTE_STEP.fen)


async def _make(move: Move, lot: LotClient, robot: Bidder, memory: Memory, form: Form) -> None:
    name = robot.person.sign_in_name
    try:
        match move:
            case Move.BID:
                stored = await lot.bid(_price(lot, limit_of(lot, robot)))
                print(f"{name} bid {stored.seq} for {form.lot_id}", flush=True)
            case Move.SET_MAXIMUM:
                await lot.bid(limit_of(lot, robot), maximum=True)
                memory.maximum_set = True
            case Move.SEAL_QUOTE:
                await lot.bid(sealed_quote(lot, robot), sealed=True)
                memory.sealed = True
            case Move.DECLARE:
                memory.declared = True  # once: whoever has not quoted is refused
                print(f"{name} declares for {form.lot_id}: {await form.declare()}", flush=True)
    except (BidRefused, NoAnswer) as reason:
        memory.sealed |= isinstance(reason, BidRefused) and reason.code == "quote_already_given"
        print(f"{name} {move} for {form.lot_id}: {reason!r}", flush=True)


def _price(lot: LotClient, limit: Money) -> Money:
    """The lowest valid price, now and then one increment more."""
    price = lot.lowest
    if secrets.randbelow(ONE_IN_RAISES_TWICE) == 0 and price + lot.increment <= limit:
        price += lot.increment
    return price


def _thought_s() -> float:
    return (SHORTEST_THOUGHT_MS + secrets.randbelow(LONGEST_THOUGHT_MS - SHORTEST_THOUGHT_MS)) / 1000


if __name__ == "__main__":
    typer.run(main)
