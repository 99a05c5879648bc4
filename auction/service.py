"""Use cases of a live sale: prepare, open, call, let the hammer fall, close by the clock.

Whoever decides locks the lot's row in `auctions` first. Each use case stores the step, journals it, wakes the rooms,
and leaves the commit to its caller. Bids are settled in `auction.settling`; what follows the end of a sale is in
`auction.completing`; what may be seen of it is in `auction.looking`.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from auction import rules
from auction.completing import complete_concluded as complete_concluded
from auction.looking import auction_of as auction_of
from auction.looking import bids_of as bids_of
from auction.looking import due_moments as due_moments
from auction.looking import entries_after as entries_after
from auction.looking import own_bids as own_bids
from auction.looking import sessions as sessions
from auction.looking import snapshot as snapshot
from auction.messages import STREAM
from auction.models import Auction, Presence
from auction.refusals import SaleNotFound
from auction.sale import Called, CalledOff, Event, Opened, Resumed, Sold, Stage, Step, Withdrawn
from auction.settling import wake_rooms
from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.clock import Clock
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects import rules as project_rules
from trading.projects import service as projects
from trading.projects.profiles import SellingMethod, rule_profile
from trading.registration import service as registrations

_CLOCK = Actor.system("auction-clock")

# After this long without any server that looked at the clock, countdowns begin anew (profiles may say so later).
LONGEST_ABSENCE = timedelta(seconds=10)


async def prepare(session: AsyncSession, lot_id: UUID, now: datetime) -> Auction:
    """The sale of a published lot; made, with its terms fixed and journalled, when it is asked for the first time.

    Refuses `SaleNotFound` for a lot that is not published. Timed bidding begins after the profile's preparation time.
    """
    auction = await session.get(Auction, lot_id)
    if auction is not None:
        return auction
    lot = await projects.get_lot(session, lot_id)
    if lot.state != project_rules.LotState.PUBLISHED or lot.starts_at is None:
        raise SaleNotFound
    project = await projects.get_project(session, lot.project_id)
    await session.execute(postgresql.insert(Auction).values(**_terms_of(lot, project)).on_conflict_do_nothing())
    auction = await _lock(session, lot_id)
    if auction.seq == 0:
        await _announce(session, auction, project.rule_profile, now)
    return auction


def _terms_of(lot: Any, project: Any) -> dict[str, Any]:
    profile = rule_profile(project.rule_profile)
    method = SellingMethod(lot.selling_method)
    timed = method is SellingMethod.TIMED_BIDDING
    preparation = timedelta(seconds=profile.timed_preparation_s.value if timed else 0)
    return {
        "lot_id": lot.id,
        "project_id": project.id,
        "is_demonstration": project.is_demonstration,
        "method": method,
        "starting_price_fen": lot.starting_price_fen,
        "increment_fen": lot.increment_fen,
        "registration_closes_at": lot.registration_closes_at,
        "starts_at": lot.starts_at + preparation,
        "minimum_bidders": profile.minimum_bidders(method),
        "window_s": (lot.window_s or profile.timed_window_s.value) if timed else None,
        "whole_multiple": profile.whole_multiple.value,
        "stage": Stage.WAITING,
        "seq": 0,
        "bids": 0,
        "calls": 0,
    }


async def _announce(session: AsyncSession, auction: Auction, profile: str, now: datetime) -> None:
    body = {
        "rule_profile": profile,
        "method": auction.method,
        "starting_price_fen": auction.starting_price_fen,
        "increment_fen": auction.increment_fen,
        "registration_closes_at": iso(auction.registration_closes_at),
        "starts_at": iso(auction.starts_at),
        "minimum_bidders": auction.minimum_bidders,
        "window_s": auction.window_s,
        "whole_multiple": auction.whole_multiple,
    }
    entry = await journal_store.append(
        session, stream=f"{STREAM}{auction.lot_id}", kind="prepared", actor=_CLOCK.reference, at=now, body=body
    )
    auction.seq, auction.decided_at = entry.seq, now


async def open_lot(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> Step:
    """Open the sale. Refusals: see `rules.open_sale`."""
    auction = await _lock(session, lot_id)
    qualified = len(await registrations.qualified(session, lot_id))
    step = rules.open_sale(auction.terms, auction.state, qualified=qualified, now=now)
    await projects.open_contest(session, lot_id, now=step.at, actor=actor)
    await _store(session, auction, step, actor)
    return step


async def call_off_lot(session: AsyncSession, lot_id: UUID, *, actor: Actor, now: datetime) -> Step:
    """Call the sale off for lack of bidders. Refusals: see `rules.call_off`."""
    auction = await _lock(session, lot_id)
    qualified = len(await registrations.qualified(session, lot_id))
    step = rules.call_off(auction.terms, auction.state, qualified=qualified, now=now)
    await _store(session, auction, step, actor)
    return step


async def call_price(
    session: AsyncSession, lot_id: UUID, *, number: int, price: Money, actor: Actor, now: datetime
) -> Step:
    """The auctioneer calls the price for the `number`-th time. Refusals: see `rules.call_price`."""
    auction = await _lock(session, lot_id)
    step = rules.call_price(auction.terms, auction.state, number=number, price=price, now=now)
    await _store(session, auction, step, actor)
    return step


async def let_hammer_fall(
    session: AsyncSession, lot_id: UUID, *, plate: int | None, price: Money, actor: Actor, now: datetime
) -> Step:
    """The hammer falls; the deal is made in the same transaction. Refusals: see `rules.hammer`."""
    auction = await _lock(session, lot_id)
    reserve = await _reserve(session, lot_id)
    step = rules.hammer(auction.terms, auction.state, plate=plate, price=price, reserve=reserve, now=now)
    await _store(session, auction, step, actor)
    return step


async def prepare_due(session: AsyncSession, now: datetime) -> list[UUID]:
    """Prepare the sale of every published lot that has none yet."""
    due = await projects.lots_in(session, {project_rules.LotState.PUBLISHED})
    known = set(await session.scalars(select(Auction.lot_id).where(Auction.lot_id.in_([lot.id for lot in due]))))
    missing = [lot.id for lot in due if lot.id not in known]
    for lot_id in sorted(missing):
        await prepare(session, lot_id, now)
    return missing


async def open_due(session: AsyncSession, now: datetime, *, lot_id: UUID | None = None) -> list[UUID]:
    """Open every timed bidding (or the one of `lot_id`) whose moment has come, or call it off for lack of bidders."""
    due = select(Auction).where(
        Auction.stage == Stage.WAITING,
        Auction.method == SellingMethod.TIMED_BIDDING,
        Auction.starts_at <= now,
        Auction.registration_closes_at <= now,
    )
    done = []
    for auction in await _lock_due(session, due, lot_id):
        qualified = len(await registrations.qualified(session, auction.lot_id))
        begin = open_lot if qualified >= auction.minimum_bidders else call_off_lot
        await begin(session, auction.lot_id, actor=_CLOCK, now=now)
        done.append(auction.lot_id)
    return done


async def close_due(session: AsyncSession, now: datetime, *, lot_id: UUID | None = None) -> list[UUID]:
    """End every timed bidding (or the one of `lot_id`) whose countdown has run out, and make its deal.

    Nothing ends while no server has looked for longer than `LONGEST_ABSENCE`: `note_presence` comes first then.
    """
    seen_at = await session.scalar(select(Presence.seen_at))
    if seen_at is not None and now - seen_at > LONGEST_ABSENCE:
        return []
    due = select(Auction).where(Auction.stage == Stage.OPEN, Auction.closes_at <= now)
    done = []
    for auction in await _lock_due(session, due, lot_id):
        reserve = await _reserve(session, auction.lot_id)
        step = rules.close_by_clock(auction.terms, auction.state, reserve=reserve, now=now)
        await _store(session, auction, step, _CLOCK)
        done.append(auction.lot_id)
    return done


async def note_presence(session: AsyncSession, clock: Clock) -> list[UUID]:
    """A server is here and looks at the clock. After an absence of all servers, countdowns that run begin anew.

    Returns the lots whose countdown began anew. Holds the row of presence until the commit.
    """
    await session.execute(postgresql.insert(Presence).values(seen_at=None).on_conflict_do_nothing())
    presence = (await session.scalars(select(Presence).with_for_update())).one()
    now = await clock(session)
    absent_since, presence.seen_at = presence.seen_at, now
    if absent_since is None or now - absent_since <= LONGEST_ABSENCE:
        return []
    running = select(Auction).where(Auction.stage == Stage.OPEN, Auction.closes_at.is_not(None))
    locked = running.order_by(Auction.lot_id).with_for_update().execution_options(populate_existing=True)
    resumed = []
    for auction in await session.scalars(locked):
        step = rules.resume_after_absence(auction.terms, auction.state, absent_since=absent_since, now=now)
        await _store(session, auction, step, _CLOCK)
        resumed.append(auction.lot_id)
    return resumed


# --- storing a step -------------------------------------------------------------------------------------------------


async def _lock(session: AsyncSession, lot_id: UUID) -> Auction:
    query = select(Auction).where(Auction.lot_id == lot_id).with_for_update()
    auction = await session.scalar(query.execution_options(populate_existing=True))
    if auction is None:
        raise SaleNotFound
    return auction


async def _lock_due(session: AsyncSession, due: Select[Auction], lot_id: UUID | None) -> list[Auction]:
    """Lock what is due, leaving out what somebody else is deciding right now: it will be due again in a moment."""
    if lot_id is not None:
        due = due.where(Auction.lot_id == lot_id)
    locked = due.order_by(Auction.lot_id).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(await session.scalars(locked))


async def _store(session: AsyncSession, auction: Auction, step: Step, actor: Actor) -> None:
    """Store a step: row, journal, the deal when it ended the sale, and the wake-up of the rooms."""
    body = _body(step.event)
    if isinstance(step.event, Sold | Withdrawn):
        body |= await _opened_seal(session, auction.lot_id)
    if isinstance(step.event, Sold):
        body |= await _conclude_sold(session, auction, step.event, step.at, actor)
    elif isinstance(step.event, Withdrawn):
        reason = project_rules.Withdrawn(reason=step.event.because)
        await projects.conclude_lot(session, auction.lot_id, outcome=reason, now=step.at, actor=actor)
    elif isinstance(step.event, CalledOff):
        called_off = project_rules.CalledOff(reason="too_few_bidders")
        await projects.conclude_lot(session, auction.lot_id, outcome=called_off, now=step.at, actor=actor)
    entry = await journal_store.append(
        session,
        stream=f"{STREAM}{auction.lot_id}",
        kind=_KINDS[type(step.event)],
        actor=actor.reference,
        at=step.at,
        body=body,
    )
    assert entry.seq == step.state.seq, "the lot's row and its journal stream count alike"
    auction.take(step.state)
    await wake_rooms(session, auction)


async def _reserve(session: AsyncSession, lot_id: UUID) -> Money | None:
    """The sealed reserve: read only at the moment that ends the sale."""
    sealed = await projects.sealed_reserve_of(session, lot_id)
    return None if sealed is None else sealed.price


async def _opened_seal(session: AsyncSession, lot_id: UUID) -> dict[str, Any]:
    """What lets everybody check that the reserve told now is the one that was sealed before the sale."""
    sealed = await projects.sealed_reserve_of(session, lot_id)
    if sealed is None:
        return {}
    return {"reserve_salt": sealed.salt.hex(), "reserve_commitment": sealed.commitment}


async def _conclude_sold(
    session: AsyncSession, auction: Auction, sold: Sold, at: datetime, actor: Actor
) -> dict[str, Any]:
    plates = {
        registration.plate: registration for registration in await registrations.qualified(session, auction.lot_id)
    }
    winner = plates[sold.plate]
    unit = await accounts.get_unit(session, winner.unit_id)
    outcome = project_rules.Sold(winner_name=unit.name, winner_credit_code=unit.credit_code, final=sold.price)
    await projects.conclude_lot(session, auction.lot_id, outcome=outcome, now=at, actor=actor)
    return {"registration_id": str(winner.id), "winner_name": unit.name, "winner_credit_code": unit.credit_code}


_KINDS: dict[type[Event], str] = {
    Opened: "opened",
    Called: "called",
    Sold: "sold",
    Withdrawn: "withdrawn",
    CalledOff: "called_off",
    Resumed: "resumed",
}


def _body(event: Event) -> dict[str, Any]:
    match event:
        case Opened(qualified=qualified, closes_at=closes_at):
            return {"qualified": qualified, "closes_at": None if closes_at is None else iso(closes_at)}
        case Called(number=number, price=price, plate=plate):
            return {"number": number, "price_fen": price.fen, "plate": plate}
        case Sold(price=price, plate=plate, reserve=reserve):
            return {"price_fen": price.fen, "plate": plate, "reserve_fen": _fen(reserve)}
        case Withdrawn(because=because, highest=highest, reserve=reserve):
            return {"because": because.value, "price_fen": _fen(highest), "reserve_fen": _fen(reserve)}
        case CalledOff(qualified=qualified, needed=needed):
            return {"qualified": qualified, "needed": needed}
        case Resumed(absent_since=absent_since, closes_at=closes_at):
            return {"absent_since": iso(absent_since), "closes_at": iso(closes_at)}
        case _:
            raise AssertionError(f"bids are stored by settling: {event}")


def _fen(amount: Money | None) -> int | None:
    return None if amount is None else amount.fen
