"""Settling bids: one transaction decides everything that waits, for all lots, and only then anybody is answered.

While one commit is in flight the next bids gather. They are settled together: the lots' rows are locked in one order,
the time is taken after the locks, the pure rules decide bid after bid, every decision is stored and journalled, and one
commit makes all of it true (group commit). A commit whose outcome is unknown is settled again: what had been stored
is found by its key under the lock, what had not is decided now. Nobody is answered before that is known.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from auction.deciding import decide_bid
from auction.kept_refusals import facts_as_json, refusal_from
from auction.messages import STREAM
from auction.models import Auction, BidRow
from auction.refusals import KeyUsedForOtherPrice, SaleNotFound
from auction.rules import note_refusal
from auction.sale import AuctionState, Bid, BidAccepted, BidRefused, Step
from auction.storing import wake_rooms
from trading.kernel import journal_store
from trading.kernel.clock import Clock
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id
from trading.kernel.journal_store import Fact
from trading.kernel.moments import iso
from trading.kernel.money import Money

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class BidRequest:
    """A bid as it reached a server. `price` is a refusal when what was sent is no price; `given` is what was sent."""

    lot_id: UUID
    account_id: UUID
    registration_id: UUID | None
    plate: int | None
    key: UUID
    price: Money | Refusal
    given: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A stored decision. `refusal` is None when the bid was accepted. `seq` and `hash` name its journal entry."""

    key: UUID
    seq: int
    hash: bytes
    at: datetime
    price: Money | None
    refusal: Refusal | None
    before_close_ms: int | None


Identity = tuple[UUID, UUID, UUID]  # lot, account, key


async def settle(session: AsyncSession, requests: Sequence[BidRequest], clock: Clock) -> list[Decision | Refusal]:
    """Decide and store all requests, in their order. The caller commits, and answers only after that.

    A plain refusal in the result was not stored: there is no such sale, or the key belongs to another price.
    """
    lot_ids = sorted({request.lot_id for request in requests})
    auctions = await _lock(session, lot_ids)
    now = await clock(session)
    rows = await _stored(session, requests)
    answers = {identity: _answer_of(row) for identity, row in rows.items()}
    given = {identity: row.price_given for identity, row in rows.items()}
    fresh: dict[UUID, list[BidRequest]] = defaultdict(list)
    for request in requests:
        identity = _identity(request)
        if request.lot_id in auctions and identity not in given:
            given[identity] = request.given
            fresh[request.lot_id].append(request)
    for lot_id in sorted(fresh):
        decisions = await _settle_lot(session, auctions[lot_id], fresh[lot_id], now)
        answers |= {_identity(request): made for request, made in zip(fresh[lot_id], decisions, strict=True)}
    return [_answer(request, auctions, answers, given) for request in requests]


async def _lock(session: AsyncSession, lot_ids: list[UUID]) -> dict[UUID, Auction]:
    query = select(Auction).where(Auction.lot_id.in_(lot_ids)).order_by(Auction.lot_id).with_for_update()
    locked = await session.scalars(query.execution_options(populate_existing=True))
    return {auction.lot_id: auction for auction in locked}


async def _stored(session: AsyncSession, requests: Sequence[BidRequest]) -> dict[Identity, BidRow]:
    wanted = [_identity(request) for request in requests]
    query = select(BidRow).where(tuple_(BidRow.lot_id, BidRow.account_id, BidRow.key).in_(wanted))
    return {(row.lot_id, row.account_id, row.key): row for row in await session.scalars(query)}


async def _settle_lot(
    session: AsyncSession, auction: Auction, requests: list[BidRequest], now: datetime
) -> list[Decision]:
    terms, state = auction.terms, auction.state
    steps: list[tuple[AuctionState, Step]] = []
    for request in requests:
        if isinstance(request.price, Refusal):
            step = note_refusal(state, request.price, now)
        else:
            [step] = decide_bid(terms, state, Bid(request.plate, request.price), now)
        steps.append((state, step))
        state = step.state
    facts = [_fact(request, step) for request, (_, step) in zip(requests, steps, strict=True)]
    entries = await journal_store.append_all(session, f"{STREAM}{auction.lot_id}", facts)
    assert entries[-1].seq == state.seq, "the lot's row and its journal stream count alike"
    rows = [
        _row(request, before, step, entry.hash)
        for request, (before, step), entry in zip(requests, steps, entries, strict=True)
    ]
    await session.execute(insert(BidRow), rows)
    auction.take(state)
    await wake_rooms(session, auction)
    return [_decision(row, step) for row, (_, step) in zip(rows, steps, strict=True)]


def _fact(request: BidRequest, step: Step) -> Fact:
    body: dict[str, Any] = {
        "key": str(request.key),
        "registration_id": None if request.registration_id is None else str(request.registration_id),
        "plate": request.plate,
        "price_given": request.given,
    }
    actor = f"account:{request.account_id}"
    match step.event:
        case BidAccepted(price=price, closes_at=closes_at):
            body |= {"price_fen": price.fen, "closes_at": None if closes_at is None else iso(closes_at)}
            return Fact("bid_accepted", actor, step.at, body)
        case BidRefused(refusal=refusal):
            body |= {"code": refusal.code, "facts": facts_as_json(refusal)}
            return Fact("bid_refused", actor, step.at, body)
        case _:
            raise AssertionError(f"not an event of a bid: {step.event}")


def _row(request: BidRequest, before: AuctionState, step: Step, entry_hash: bytes) -> dict[str, Any]:
    refusal = step.event.refusal if isinstance(step.event, BidRefused) else None
    early = None if before.closes_at is None else (before.closes_at - step.at) // _MILLISECOND
    return {
        "id": new_id(),
        "lot_id": request.lot_id,
        "seq": step.state.seq,
        "account_id": request.account_id,
        "registration_id": request.registration_id,
        "plate": request.plate,
        "key": request.key,
        "price_given": request.given,
        "price_fen": request.price.fen if isinstance(request.price, Money) else None,
        "accepted": refusal is None,
        "refusal_code": None if refusal is None else refusal.code,
        "refusal_facts": None if refusal is None else json.dumps(facts_as_json(refusal)),
        "decided_at": step.at,
        "before_close_ms": early,
        "entry_hash": entry_hash,
    }


def _decision(row: dict[str, Any], step: Step) -> Decision:
    return Decision(
        key=row["key"],
        seq=row["seq"],
        hash=row["entry_hash"],
        at=row["decided_at"],
        price=None if row["price_fen"] is None else Money(row["price_fen"]),
        refusal=step.event.refusal if isinstance(step.event, BidRefused) else None,
        before_close_ms=row["before_close_ms"],
    )


def _answer_of(row: BidRow) -> Decision:
    refusal = None
    if row.refusal_code is not None:
        refusal = refusal_from(row.refusal_code, json.loads(row.refusal_facts or "{}"))
    price = None if row.price_fen is None else Money(row.price_fen)
    return Decision(row.key, row.seq, row.entry_hash, row.decided_at, price, refusal, row.before_close_ms)


def _answer(
    request: BidRequest,
    auctions: dict[UUID, Auction],
    answers: dict[Identity, Decision],
    given: dict[Identity, str],
) -> Decision | Refusal:
    if request.lot_id not in auctions:
        return SaleNotFound()
    identity = _identity(request)
    return answers[identity] if given[identity] == request.given else KeyUsedForOtherPrice()


def _identity(request: BidRequest) -> Identity:
    return request.lot_id, request.account_id, request.key
