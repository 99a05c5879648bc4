"""Settling bids: one transaction decides everything that waits, for all lots, and only then anybody is answered.

While one commit is in flight the next bids gather. They are settled together: the lots' rows are locked in one order,
the pure rules decide bid after bid, every decision is stored and journalled, and one commit makes all of it true
(group commit). A bid is judged by the moment at which its frame reached a server, not by the moment of its turn. A
commit whose outcome is unknown is settled again: what had been stored is found by its key under the lock, what had not
is decided now. Nobody is answered before that is known.

Where an amount is a secret (a sealed quote, a maximum) neither the bid's row nor the journal tells it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from auction import bid_store, budgets
from auction.bid_store import LockedLot, NewBid, Written
from auction.budgets import Budgets
from auction.deciding import decide_bid
from auction.kept_refusals import facts_as_json, refusal_from
from auction.refusals import KeyUsedForOtherPrice, SaleNotFound
from auction.rules import note_refusal
from auction.sale import (
    AuctionState,
    AuctionTerms,
    Bid,
    BidAccepted,
    BidRefused,
    MaximumSet,
    QuoteSealed,
    Stage,
    Step,
)
from auction.secrets_of_sale import Sealed
from auction.storing import body_of, kind_of
from trading.kernel.canonical import Canonical, canonical_json
from trading.kernel.direct import DirectConnection
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id, new_row_id
from trading.kernel.journal_store import OpenStream
from trading.kernel.moments import iso
from trading.kernel.money import Money

Identity = tuple[int, int, int]  # lot, account, key: as whole numbers, which are hashed quickly

_LOTS_REMEMBERED = 2_000
_MILLISECOND = timedelta(milliseconds=1)
_SEALED = "sealed"  # what is kept as the price that was given, with the commitment of an accepted one
_BY_PLATFORM = "maximum"  # likewise, of a bid that the platform made within a maximum


@dataclass(slots=True)  # not frozen: that would take three times as long to make, and there are masses of them
class BidRequest:
    """A bid as it reached a server at `arrived_at` (database time).

    `price` is a refusal when what was sent is no price; `given` is what was sent. `is_maximum`, `is_sealed`: as `Bid`.
    """

    lot_id: UUID
    account_id: UUID
    registration_id: UUID | None
    plate: int | None
    key: UUID
    price: Money | Refusal
    given: str
    arrived_at: datetime
    is_maximum: bool = False
    is_sealed: bool = False


@dataclass(slots=True)
class Decision:
    """A stored decision. `refusal` is None when the bid was accepted. `seq` and `hash` name its journal entry.

    `at` is the entry's moment. `leads`: the plate led once everything that followed from the bid had been decided.
    `before_close_ms`: how long before the end of the stage it arrived; None where no end was set.
    """

    key: UUID
    seq: int
    hash: bytes
    at: datetime
    arrived_at: datetime
    price: Money | None
    refusal: Refusal | None
    leads: bool
    before_close_ms: int | None


class Memory:
    """How the lots that one server settled last stood then. Never the truth: storing compares it with the lots' rows.

    Lots whose bids stay secret, and bidders who have a budget, are not remembered: they need more than the lot's row.
    """

    def __init__(self) -> None:
        self._lots: dict[UUID, LockedLot] = {}
        self._with_budget: set[UUID] = set()

    def lot(self, lot_id: UUID) -> LockedLot | None:
        """The lot as it stood, ready to be decided on; None when it has to be read."""
        known = self._lots.get(lot_id)
        if known is None:
            return None
        stream = OpenStream(known.stream.stream, known.stream.seq, known.stream.hash)
        return LockedLot(known.lot_id, known.terms, known.state, stream)

    def knows_budget_of(self, registration_id: UUID | None) -> bool:
        """Whether this bidder has a budget, which is not remembered."""
        return registration_id in self._with_budget

    def note(self, lots: Iterable[LockedLot], limits: Budgets | None = None) -> None:
        """These lots were settled so."""
        if len(self._lots) > _LOTS_REMEMBERED:
            self._lots.clear()
        for lot in lots:
            if lot.has_secrets:
                self._lots.pop(lot.lot_id, None)
            else:
                self._lots[lot.lot_id] = lot
        if limits is not None:
            self._with_budget |= limits.registrations


class Ahead:
    """Bids that are decided as they come, on what is remembered, to be stored together once it is their turn.

    `decided` becomes False when one of them needs what only the database knows: then `settle` has to be asked for all.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._lots: dict[UUID, LockedLot] = {}
        self._batch = _Batch(self._lots, None)
        self._answers: list[Decision | Refusal] = []
        self.decided = True

    def add(self, request: BidRequest) -> None:
        """One more bid."""
        if not self.decided:
            return
        lot = self._lots.get(request.lot_id) or self._memory.lot(request.lot_id)
        if lot is None or lot.has_secrets or self._memory.knows_budget_of(request.registration_id):
            self.decided = False
            return
        self._lots[request.lot_id] = lot
        try:
            self._answers.append(self._batch.settle(request))
        except Exception:  # noqa: BLE001 - deciding it once more with the lots' rows locked tells which bid it was
            self.decided = False

    def note(self) -> None:
        """Remember the lots as these bids leave them, before that is stored: the next ones are decided on it."""
        if self.decided:
            self._memory.note(self._lots.values())

    async def store(self, connection: DirectConnection) -> list[Decision | Refusal] | None:
        """Store all in one statement if every lot still stands as it was remembered.

        None: nothing was stored, `settle` has to be asked. Raises `CommitUnknown`.
        """
        if not self.decided:
            return None
        try:
            stored = await bid_store.write_if_unmoved(connection, list(self._lots.values()), self._batch.written)
        except asyncpg.UniqueViolationError:  # one of the bids was decided before
            return None
        return self._answers if stored else None


async def settle(
    session: AsyncSession, requests: Sequence[BidRequest], memory: Memory | None = None
) -> list[Decision | Refusal]:
    """Decide and store all requests, in their order. The caller commits, and answers only after that.

    A plain refusal in the result was not stored: there is no such sale, or the key belongs to another price.
    """
    lots = await bid_store.lock_lots(session, sorted({request.lot_id for request in requests}))
    if not lots:
        return [SaleNotFound()] * len(requests)
    connection = await bid_store.driver_of(session)
    limits = await budgets.load(session, requests)
    batch = _Batch(lots, limits)
    await batch.recall(connection, requests)
    await bid_store.load_secrets(connection, lots.values())
    answers = [batch.settle(request) for request in requests]
    moved = [lot for lot in lots.values() if lot.stream.rows]
    if moved:
        await bid_store.write(connection, moved, batch.written)
    if memory is not None:
        memory.note(lots.values(), limits)
    return answers


class _Batch:
    """The bids of one transaction: what was decided before, what is decided now, and the rows that come of it."""

    def __init__(self, lots: dict[UUID, LockedLot], limits: Budgets | None) -> None:
        self._lots = lots
        self._limits = limits
        self._known: dict[Identity, tuple[Decision, str | None]] = {}  # with what was given; None: that is not kept
        self.written = Written()

    async def recall(self, connection: asyncpg.Connection, requests: Sequence[BidRequest]) -> None:
        """Find the requests that were decided before."""
        wanted = [(request.lot_id, request.account_id, request.key) for request in requests]
        for row in await bid_store.find_bids(connection, wanted):
            identity = row["lot_id"].int, row["account_id"].int, row["key"].int
            self._known[identity] = _decision_of(row), _given_in(row)

    def settle(self, request: BidRequest) -> Decision | Refusal:
        """The decision on this bid: the one made before, or a new one."""
        lot = self._lots.get(request.lot_id)
        if lot is None:
            return SaleNotFound()
        identity = request.lot_id.int, request.account_id.int, request.key.int
        known = self._known.get(identity)
        if known is None:
            decision = self._decide(lot, request)
            self._known[identity] = decision, request.given
            return decision
        decision, given = known
        return KeyUsedForOtherPrice() if given not in (None, request.given) else decision

    def _decide(self, lot: LockedLot, request: BidRequest) -> Decision:
        before = lot.state
        sealed = _is_secret(lot.terms, before, request)
        first, *others = steps = self._steps(lot, request)
        lot.state = steps[-1].state
        leads = request.plate is not None and lot.state.plate == request.plate and before.stage is not Stage.SEALED
        decision = self._keep(lot, request, first, before, leads=leads, sealed=sealed)
        for earlier, step in zip(steps, others, strict=False):
            self._keep_consequence(lot, step, earlier.state, request)
        if self._limits is not None:
            self._limits.note(lot.lot_id, lot.state, lot.secrets)
        return decision

    def _steps(self, lot: LockedLot, request: BidRequest) -> list[Step]:
        price = request.price
        if isinstance(price, Refusal):
            return [note_refusal(lot.state, price, request.arrived_at)]
        if self._limits is not None and (refusal := self._limits.check(request, lot.state)):
            return [note_refusal(lot.state, refusal, request.arrived_at)]
        bid = Bid(request.plate, price, request.is_maximum, request.is_sealed)
        return decide_bid(lot.terms, lot.state, bid, request.arrived_at, lot.secrets)

    def _keep(
        self, lot: LockedLot, request: BidRequest, step: Step, before: AuctionState, *, leads: bool, sealed: bool
    ) -> Decision:
        """Add the bid's row and entry. `before` is the state that the step was decided in."""
        event = step.event
        refusal = event.refusal if isinstance(event, BidRefused) else None
        given, fen = request.given, request.price.fen if isinstance(request.price, Money) else None
        facts = b""
        if sealed:
            given, fen = _SEALED, None
            if isinstance(event, QuoteSealed | MaximumSet):
                given = f"{_SEALED}:{event.commitment}"
                self._keep_secret(lot, event, step.state.seq)
        if refusal is not None:
            refusal.__traceback__ = None  # it is kept as a fact, and would keep everything that led to it
            refusal = _without_amount(refusal) if sealed else refusal
            facts = canonical_json(facts_as_json(refusal))
        digest = lot.stream.add(
            kind_of(type(event)), f"account:{request.account_id}", step.at, _body(request, given, step, refusal, facts)
        )
        early = None if before.closes_at is None else (before.closes_at - request.arrived_at) // _MILLISECOND
        leads = leads and refusal is None
        self.written.bids.append(
            NewBid(
                new_row_id(),
                lot.lot_id,
                step.state.seq,
                request.account_id,
                request.registration_id,
                request.plate,
                request.key,
                given,
                fen,
                refusal is None,
                leads,
                None if refusal is None else refusal.code,
                None if refusal is None else facts.decode(),
                request.arrived_at,
                step.at,
                early,
                digest,
            )
        )
        price = request.price if isinstance(request.price, Money) else None
        return Decision(request.key, step.state.seq, digest, step.at, request.arrived_at, price, refusal, leads, early)

    def _keep_consequence(self, lot: LockedLot, step: Step, before: AuctionState, cause: BidRequest) -> None:
        """What follows from a bid: a bid of the platform for a plate's maximum, or another event of the sale."""
        if not isinstance(step.event, BidAccepted):
            kind, body = kind_of(type(step.event)), body_of(step.event)
            lot.stream.add(kind, f"account:{cause.account_id}", step.at, body)
            return
        event, holder = step.event, lot.secrets.holders[step.event.plate]
        made = BidRequest(
            lot_id=lot.lot_id,
            account_id=holder.account_id,
            registration_id=holder.registration_id,
            plate=event.plate,
            key=new_id(),
            price=event.price,
            given=_BY_PLATFORM,
            arrived_at=cause.arrived_at,
        )
        self._keep(lot, made, step, before, leads=lot.state.plate == event.plate, sealed=False)

    def _keep_secret(self, lot: LockedLot, event: QuoteSealed | MaximumSet, seq: int) -> None:
        if isinstance(event, QuoteSealed):
            self.written.quotes.append(_secret_row(lot, event.plate, seq, lot.secrets.quotes[event.plate]))
        else:
            self.written.maxima.append(_secret_row(lot, event.plate, seq, lot.secrets.maxima[event.plate]))


class _RefusedBody(Canonical):
    arrived_at: str
    code: str
    facts: msgspec.Raw
    key: str
    plate: int | None
    price_given: str
    registration_id: str | None


class _AcceptedBody(Canonical):
    arrived_at: str
    closes_at: str | None
    key: str
    plate: int | None
    price_fen: int
    price_given: str
    registration_id: str | None


def _body(
    request: BidRequest, given: str, step: Step, refusal: Refusal | None, facts: bytes
) -> dict[str, Any] | Canonical:
    arrived_at, key, plate = iso(request.arrived_at), str(request.key), request.plate
    registration_id = None if request.registration_id is None else str(request.registration_id)
    event = step.event
    if refusal is not None:
        return _RefusedBody(arrived_at, refusal.code, msgspec.Raw(facts), key, plate, given, registration_id)
    if isinstance(event, BidAccepted):
        closes_at = None if event.closes_at is None else iso(event.closes_at)
        body = _AcceptedBody(arrived_at, closes_at, key, plate, event.price.fen, given, registration_id)
        return msgspec.structs.asdict(body) | {"for_maximum": True} if event.for_maximum else body
    common = {"arrived_at": arrived_at, "key": key, "plate": plate, "price_given": given}
    return common | {"registration_id": registration_id} | body_of(event)


def _is_secret(terms: AuctionTerms, state: AuctionState, request: BidRequest) -> bool:
    """Whether nobody is to learn the amount of this bid from its row or its entry, be it refused."""
    return request.is_maximum or request.is_sealed or state.stage is Stage.SEALED or terms.way.tender is not None


def _without_amount(refusal: Refusal) -> Refusal:
    """The refusal of a secret price without what was sent as one."""
    facts = refusal.facts()
    hidden = {name: "…" for name in ("given",) if isinstance(facts.get(name), str)}
    return replace(refusal, **hidden) if hidden else refusal


def _secret_row(lot: LockedLot, plate: int, seq: int, sealed: Sealed) -> tuple[Any, ...]:
    return new_id(), lot.lot_id, seq, plate, sealed.price.fen, sealed.salt, sealed.commitment


def _decision_of(row: asyncpg.Record) -> Decision:
    refusal = None
    if row["refusal_code"] is not None:
        refusal = refusal_from(row["refusal_code"], msgspec.json.decode(row["refusal_facts"] or "{}"))
    fen = row["price_fen"] if row["sealed_fen"] is None else row["sealed_fen"]
    return Decision(
        key=row["key"],
        seq=row["seq"],
        hash=row["entry_hash"],
        at=row["decided_at"],
        arrived_at=row["arrived_at"] or row["decided_at"],
        price=None if fen is None else Money(fen),
        refusal=refusal,
        leads=bool(row["leads"]),
        before_close_ms=row["before_close_ms"],
    )


def _given_in(row: asyncpg.Record) -> str | None:
    if row["sealed_fen"] is not None:
        return str(row["sealed_fen"])
    given: str = row["price_given"]
    return None if given == _SEALED else given
