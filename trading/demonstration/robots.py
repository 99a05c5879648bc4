"""Three demonstration bidders that bid by themselves, over the same live channel and with the same sign-in as people.

Each has a limit, thinks before every bid, and stops when its lot has ended. Nothing of them is known to the platform:
to it they are bidders like any other.
"""

import asyncio
import secrets
from typing import Annotated
from uuid import UUID

import httpx
import typer

from auction.client import BidRefused, ConnectionRefused, LotClient, NoAnswer, SignInFailed, sign_in
from trading.demonstration.people import PASSWORD, ROBOTS, Bidder
from trading.kernel.money import Money

SHORTEST_THOUGHT_MS, LONGEST_THOUGHT_MS = 3_500, 14_000
LOOK_EVERY_S = 0.3
SIGN_IN_AGAIN_AFTER_S = 2.0
ONE_IN_RAISES_TWICE = 6
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
    while True:
        try:
            cookie = await sign_in(url, robot.person.sign_in_name, PASSWORD)
            async with LotClient(url, lot_id, cookie) as lot:
                if lot.plate is None:
                    print(f"{robot.person.sign_in_name} has no plate for {lot_id}", flush=True)
                    return
                await _follow(lot, robot)
                if lot.stage in ENDED:
                    return
        except (SignInFailed, ConnectionRefused, httpx.HTTPError) as reason:
            print(f"{robot.person.sign_in_name} comes again: {reason!r}", flush=True)
        await asyncio.sleep(SIGN_IN_AGAIN_AFTER_S)


async def _follow(lot: LotClient, robot: Bidder) -> None:
    """Bid whenever somebody else leads, up to the limit. Returns when the lot has ended or the plate is lost."""
    limit = Money(lot.starting_price.fen + (robot.limit_increments or 0) * lot.increment.fen)
    while lot.stage not in ENDED and lot.plate is not None:
        if _would_bid(lot, limit):
            await asyncio.sleep(_thought_s())
            if _would_bid(lot, limit):
                await _bid(lot, robot, limit)
        else:
            await asyncio.sleep(LOOK_EVERY_S)


def _would_bid(lot: LotClient, limit: Money) -> bool:
    return lot.stage == "open" and not lot.stale and not lot.leading and lot.lowest <= limit


async def _bid(lot: LotClient, robot: Bidder, limit: Money) -> None:
    price = lot.lowest
    if secrets.randbelow(ONE_IN_RAISES_TWICE) == 0 and price + lot.increment <= limit:
        price += lot.increment
    try:
        stored = await lot.bid(price)
    except (BidRefused, NoAnswer) as reason:
        print(f"{robot.person.sign_in_name} {price}: {reason!r}", flush=True)
    else:
        print(f"{robot.person.sign_in_name} leads with {price} as entry {stored.seq}", flush=True)


def _thought_s() -> float:
    return (SHORTEST_THOUGHT_MS + secrets.randbelow(LONGEST_THOUGHT_MS - SHORTEST_THOUGHT_MS)) / 1000


if __name__ == "__main__":
    typer.run(main)
