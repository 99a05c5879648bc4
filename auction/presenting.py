"""What the pages of a sale show when they are loaded; from then on the live channel keeps them true."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from archive import service as archive
from auction import looking, selling_sessions
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

LOTS_IN_HALL = 8
_NOT_YET = frozenset({Stage.WAITING})


async def watching(session: AsyncSession, auction: Auction) -> dict[str, Any]:
    """For everybody: the lot, its project, and the state of the sale to begin with."""
    lot = await projects.get_lot(session, auction.lot_id)
    now = await database_clock(session)
    state = await looking.state(session, auction.lot_id, None, now)
    return {
        "lot": lot,
        "project": await projects.get_project(session, auction.project_id),
        "auction": auction,
        "papers": {} if auction.completed_at is None else await archive.papers_of_lot(session, auction.lot_id),
        "live": {
            "lot": str(auction.lot_id),
            "path": f"/lots/{auction.lot_id}/live",
            "state": _plain(state),
            "terms": _plain(looking.terms(auction)),
            "waits_for": await selling_sessions.waits_for(session, auction) if auction.stage in _NOT_YET else None,
        },
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
    phase = auction.state.phase
    shown["live"] |= {
        "plate": plate,
        "account": str(actor.account_id),
        "receipts": [_receipt(bid) for bid in own],
        "receipt_path": f"/lots/{auction.lot_id}/receipts",
        "declared": plate in phase.willing,
        "excluded": plate in phase.excluded,
        "has_priority": registration is not None and registration.has_priority,
    }
    return shown | {"registration": registration, "plate": plate, "rehearsal": False}


async def leading(session: AsyncSession, auction: Auction) -> dict[str, Any]:
    """For the auctioneer: what everybody sees, the plates that may bid with their units, and the next lot."""
    plates = []
    for registration in await registrations.qualified(session, auction.lot_id):
        unit = await accounts.get_unit(session, registration.unit_id)
        plates.append({"plate": registration.plate, "unit": unit.name})
    shown = await watching(session, auction)
    shown["live"] |= {"plates": [entry["plate"] for entry in plates]}
    return shown | {"plates": plates, "next_lot": await _next_lot(session, auction)}


async def in_hall(session: AsyncSession, auctions: Sequence[Auction]) -> dict[str, Any]:
    """For the big screen: the lots that it shows in turn."""
    lots = []
    for auction in auctions:
        shown = await watching(session, auction)
        lot = shown["lot"]
        about = {
            "title": lot.title,
            "number": lot.parcel_number,
            "about": f"{lot.parcel_number} · {lot.location}",
        }
        lots.append(shown["live"] | about | {"is_demonstration": auction.is_demonstration})
    return {"live": {"lots": lots}}


async def running_lots(session: AsyncSession) -> list[Auction]:
    """The sales that run, or else those that come next: what the hall's screen shows in turn."""
    coming = [auction for auction in await looking.sessions(session) if auction.stage not in ENDED]
    running = [auction for auction in coming if auction.stage not in _NOT_YET]
    return (running or coming)[:LOTS_IN_HALL]


async def sessions(session: AsyncSession) -> dict[str, Any]:
    """For the list of sessions: every sale with its lot and how many plates it has, by session."""
    rows: list[dict[str, Any]] = []
    for auction in await looking.sessions(session):
        lot = await projects.get_lot(session, auction.lot_id)
        qualified = len(await registrations.qualified(session, auction.lot_id))
        rows.append({"auction": auction, "lot": lot, "qualified": qualified})
    by_lot = {row["auction"].lot_id: row for row in rows}
    running = [row["auction"] for row in rows if row["auction"].stage not in ENDED]
    groups = [
        {"session": group.session, "rows": [by_lot[auction.lot_id] for auction in group.auctions]}
        for group in await selling_sessions.grouped(session, running)
    ]
    return {"groups": groups, "ended": [row for row in rows if row["auction"].stage in ENDED][:20]}


async def _next_lot(session: AsyncSession, auction: Auction) -> UUID | None:
    """The lot that comes after this one in its session, else the next sale that runs or waits."""
    coming = [other for other in await looking.sessions(session) if other.stage not in ENDED]
    others = [other for other in coming if other.lot_id != auction.lot_id]
    after = [
        other
        for other in others
        if auction.session_id is not None
        and other.session_id == auction.session_id
        and (other.session_position or 0) > (auction.session_position or 0)
    ]
    following = sorted(after, key=lambda other: other.session_position or 0) or others
    return following[0].lot_id if following else None


def _receipt(bid: BidRow) -> dict[str, Any]:
    reason = advice = None
    if bid.refusal_code is not None:
        reason, advice = refusal_words(refusal_from(bid.refusal_code, json.loads(bid.refusal_facts or "{}")))
    return {
        "key": str(bid.key),
        "seq": bid.seq,
        "at": iso(bid.arrived_at or bid.decided_at),
        "price_fen": bid.price_fen,
        "given": bid.price_given,
        "accepted": bid.accepted,
        "reason": reason,
        "advice": advice,
        "before_close_ms": bid.before_close_ms,
        "hash": bid.entry_hash.hex(),
    }


def _plain(message: msgspec.Struct) -> Any:
    """A message as the channel would say it."""
    return json.loads(msgspec.json.encode(message))
