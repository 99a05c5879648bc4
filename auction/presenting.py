"""What the pages of a sale show when they are loaded; from then on the live channel keeps them true."""

import json
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from auction import looking
from auction.kept_refusals import refusal_from
from auction.models import Auction, BidRow
from auction.sale import ENDED, Stage
from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel.clock import database_clock
from trading.kernel.formats import refusal_words
from trading.kernel.moments import iso
from trading.projects import service as projects
from trading.registration import service as registrations


async def watching(session: AsyncSession, auction: Auction) -> dict[str, Any]:
    """For everybody: the lot, its project, and the state of the sale to begin with."""
    lot = await projects.get_lot(session, auction.lot_id)
    now = await database_clock(session)
    snapshot = await looking.snapshot(session, auction.lot_id, now)
    ending = await _ending(session, auction)
    return {
        "lot": lot,
        "project": await projects.get_project(session, auction.project_id),
        "auction": auction,
        "live": {"lot": str(auction.lot_id), "snapshot": msgspec.to_builtins(snapshot), "ending": ending},
    }


async def bidding(session: AsyncSession, auction: Auction, actor: Actor) -> dict[str, Any]:
    """For a bidder: what everybody sees, the own registration (or None), and the receipts of the own bids."""
    registration = None
    if actor.unit_id is not None:
        registration = await registrations.registration_of(session, auction.lot_id, actor.unit_id)
    if registration is not None and registration.account_id != actor.account_id:
        registration = None
    shown = await watching(session, auction)
    assert actor.account_id is not None
    own = await looking.own_bids(session, auction.lot_id, actor.account_id)
    plate = None if registration is None else registration.plate
    shown["live"] |= {"plate": plate, "account": str(actor.account_id), "receipts": [_receipt(bid) for bid in own]}
    return shown | {"registration": registration, "plate": plate}


async def leading(session: AsyncSession, auction: Auction) -> dict[str, Any]:
    """For the auctioneer: what everybody sees, the plates that may bid with their units, and the next session."""
    plates = []
    for registration in await registrations.qualified(session, auction.lot_id):
        unit = await accounts.get_unit(session, registration.unit_id)
        plates.append({"plate": registration.plate, "unit": unit.name})
    shown = await watching(session, auction)
    shown["live"] |= {"plates": [entry["plate"] for entry in plates], "minimum_bidders": auction.minimum_bidders}
    return shown | {"plates": plates, "next_lot": await _next_session(session, auction.lot_id)}


async def sessions(session: AsyncSession) -> dict[str, Any]:
    """For the list of sessions: every sale with its lot and how many plates it has."""
    rows: list[dict[str, Any]] = []
    for auction in await looking.sessions(session):
        lot = await projects.get_lot(session, auction.lot_id)
        qualified = len(await registrations.qualified(session, auction.lot_id))
        rows.append({"auction": auction, "lot": lot, "qualified": qualified})
    running = [row for row in rows if row["auction"].stage not in ENDED]
    return {"running": running, "ended": [row for row in rows if row["auction"].stage in ENDED][:20]}


async def _next_session(session: AsyncSession, lot_id: UUID) -> UUID | None:
    for auction in await looking.sessions(session):
        if auction.lot_id != lot_id and auction.stage in (Stage.WAITING, Stage.OPEN):
            return auction.lot_id
    return None


async def _ending(session: AsyncSession, auction: Auction) -> dict[str, Any] | None:
    """How the sale ended, as its event told everybody."""
    if auction.stage not in ENDED:
        return None
    entries = await looking.entries_after(session, auction.lot_id, 0)
    last = next(entry for entry in reversed(entries) if entry.kind in {"sold", "withdrawn", "called_off"})
    return {name: last.body.get(name) for name in ("because", "reserve_fen", "qualified", "needed")}


def _receipt(bid: BidRow) -> dict[str, Any]:
    reason = advice = None
    if bid.refusal_code is not None:
        reason, advice = refusal_words(refusal_from(bid.refusal_code, json.loads(bid.refusal_facts or "{}")))
    return {
        "key": str(bid.key),
        "seq": bid.seq,
        "at": iso(bid.decided_at),
        "price_fen": bid.price_fen,
        "given": bid.price_given,
        "accepted": bid.accepted,
        "reason": reason,
        "advice": advice,
        "before_close_ms": bid.before_close_ms,
        "hash": bid.entry_hash.hex(),
    }
