"""Use cases of a live sale: open, call, let the hammer fall, and what else people decide.

Whoever decides locks the lot's row in `auctions` first. Each use case stores the step, journals it, wakes the rooms,
and leaves the commit to its caller. The other sides of a sale have modules of their own: preparing it, settling bids,
what the clock ends (`auction.phases`), completing what has ended, looking.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from auction import rules
from auction.completing import complete_concluded as complete_concluded
from auction.ending_listing import declare as declare
from auction.ending_quotes import give_number as give_number
from auction.following import follow_changes as follow_changes
from auction.looking import auction_of as auction_of
from auction.looking import bids_of as bids_of
from auction.looking import due_moments as due_moments
from auction.looking import entries_after as entries_after
from auction.looking import own_bids as own_bids
from auction.looking import sessions as sessions
from auction.looking import state as state
from auction.phases import advance_due as advance_due
from auction.phases import open_lot as open_lot
from auction.powers import change_increment as change_increment
from auction.powers import disqualify_plate as disqualify_plate
from auction.powers import withdraw_lot as withdraw_lot
from auction.preparing import lock
from auction.preparing import prepare as prepare
from auction.preparing import prepare_due as prepare_due
from auction.presence import LONGEST_ABSENCE as LONGEST_ABSENCE
from auction.presence import note_presence as note_presence
from auction.sale import Step
from auction.storing import store
from auction.suspending import announce_resumption as announce_resumption
from auction.suspending import resume_lot as resume_lot
from auction.suspending import suspend_lot as suspend_lot
from trading.accounts.rules import Actor
from trading.kernel.money import Money
from trading.registration import service as registrations


async def call_off_lot(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> Step:
    """Call the sale off for lack of bidders. Refusals: see `rules.call_off`."""
    auction = await lock(session, lot_id)
    qualified = len(await registrations.qualified(session, lot_id))
    step = rules.call_off(auction.terms, auction.state, qualified=qualified, now=now)
    await store(session, auction, step, actor)
    return step


async def call_price(
    session: AsyncSession, lot_id: UUID, *, number: int, price: Money, actor: Actor, now: datetime
) -> Step:
    """The auctioneer calls the price for the `number`-th time. Refusals: see `rules.call_price`."""
    auction = await lock(session, lot_id)
    step = rules.call_price(auction.terms, auction.state, number=number, price=price, now=now)
    await store(session, auction, step, actor)
    return step


async def let_hammer_fall(
    session: AsyncSession, lot_id: UUID, *, plate: int | None, price: Money, actor: Actor, now: datetime
) -> Step:
    """The hammer falls; the clock concludes the sale after the settle delay. Refusals: see `rules.hammer`."""
    auction = await lock(session, lot_id)
    step = rules.hammer(auction.terms, auction.state, plate=plate, price=price, now=now)
    await store(session, auction, step, actor)
    return step
