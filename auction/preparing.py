"""Preparing a sale: its terms, put together from the lot's entry and the rule profile, fixed and journalled once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from auction.messages import STREAM
from auction.models import Auction, DrawSecret
from auction.refusals import SaleNotFound
from auction.sale import Stage
from auction.secrets_of_sale import random_salt
from auction.way import CapTerms, FreezeTerms, IncrementBounds, ListingTerms, OnlineTerms, TenderTerms, Way
from auction.ways.lot_draw import secret_commitment
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects import rules as project_rules
from trading.projects import service as projects
from trading.projects.profiles import CapRule, RuleProfile, SellingMethod, rule_profile

CLOCK = Actor.system("auction-clock")


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
    secret = random_salt()
    terms = _terms_of(lot, project, secret_commitment(secret))
    await session.execute(postgresql.insert(Auction).values(**terms).on_conflict_do_nothing())
    auction = await lock(session, lot_id)
    if auction.seq == 0:
        if lot.cap_rule == CapRule.DRAW_BY_LOT:
            session.add(DrawSecret(lot_id=lot_id, secret=secret))
        await _announce(session, auction, project.rule_profile, now)
    return auction


async def prepare_again(session: AsyncSession, auction: Auction, now: datetime) -> None:
    """A sale that waits takes over its lot's dates after an announced change; journalled as prepared anew. Locked by
    the caller. The commitment of a draw by lot stays.
    """
    lot = await projects.get_lot(session, auction.lot_id)
    await session.refresh(lot)
    project = await projects.get_project(session, lot.project_id)
    cap = auction.terms.way.cap
    terms = _terms_of(lot, project, (cap.secret_commitment if cap is not None else None) or "")
    for name in ("registration_closes_at", "starts_at", "way"):
        setattr(auction, name, terms[name])
    await _announce(session, auction, project.rule_profile, now)
    await session.flush()


def _terms_of(lot: Any, project: Any, commitment: str) -> dict[str, Any]:
    profile = rule_profile(project.rule_profile)
    method = SellingMethod(lot.selling_method)
    timed = method in (SellingMethod.TIMED_BIDDING, SellingMethod.LISTING)
    preparation = profile.timed_preparation_s.value if method is SellingMethod.TIMED_BIDDING else 0
    return {
        "lot_id": lot.id,
        "project_id": project.id,
        "is_demonstration": project.is_demonstration,
        "method": method,
        "starting_price_fen": lot.starting_price_fen,
        "increment_fen": lot.increment_fen,
        "registration_closes_at": lot.registration_closes_at,
        "starts_at": lot.starts_at + timedelta(seconds=preparation),
        "minimum_bidders": profile.minimum_bidders(method),
        "window_s": (lot.window_s or profile.timed_window_s.value) if timed else None,
        "whole_multiple": profile.whole_multiple.value,
        "way": msgspec.json.encode(way_of(lot, profile, commitment)).decode(),
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
        "way": msgspec.json.decode(auction.way),
    }
    entry = await journal_store.append(
        session, stream=f"{STREAM}{auction.lot_id}", kind="prepared", actor=CLOCK.reference, at=now, body=body
    )
    auction.seq, auction.decided_at = entry.seq, now


def way_of(lot: Any, profile: RuleProfile, secret_commitment: str) -> Way:
    """What the lot's way of selling adds to its terms. `secret_commitment` is the centre's for a draw by lot."""
    suspension = profile.suspension
    bounds = None
    if lot.increment_lowest_fen is not None and lot.increment_highest_fen is not None:
        bounds = IncrementBounds(lowest=Money(lot.increment_lowest_fen), highest=Money(lot.increment_highest_fen))
    method = SellingMethod(lot.selling_method)
    return Way(
        listing=_listing_of(lot, profile) if method is SellingMethod.LISTING else None,
        cap=_cap_of(lot, profile, secret_commitment) if lot.cap_fen is not None else None,
        tender=TenderTerms(quotes_until=lot.listing_ends_at) if method is SellingMethod.TENDER else None,
        online=_online_of(profile) if method is SellingMethod.ONLINE_AUCTION else None,
        increment_bounds=bounds,
        freeze=FreezeTerms(
            directly_within=timedelta(seconds=suspension.directly_within_s.value),
            notice=timedelta(seconds=suspension.notice_s.value),
            last_part=timedelta(seconds=suspension.last_part_s.value),
            preparation=timedelta(seconds=profile.timed_preparation_s.value),
        ),
        longest_absence=timedelta(seconds=suspension.longest_absence_s.value),
        absence_freezes=suspension.absence_freezes.value,
        disqualified_bids_stand=suspension.disqualified_bids_stand.value,
    )


def _listing_of(lot: Any, profile: RuleProfile) -> ListingTerms:
    rules = profile.listing
    assert rules is not None, "the entry refuses a listing under a profile that has none"
    return ListingTerms(
        quoting_ends_at=lot.listing_ends_at - timedelta(seconds=rules.quoting_stops_s_before.value),
        ends_at=lot.listing_ends_at,
        decision=rules.decision.value,
        entry=rules.entry.value,
        start=rules.start.value,
        decisive=timedelta(seconds=rules.decisive_s.value),
        preparation=timedelta(seconds=profile.timed_preparation_s.value),
    )


def _cap_of(lot: Any, profile: RuleProfile, commitment: str) -> CapTerms:
    assert profile.cap is not None, "the entry refuses a price cap under a profile that has none"
    rule = CapRule(lot.cap_rule)
    return CapTerms(
        price=Money(lot.cap_fen),
        ceiling=None if lot.cap_ceiling_fen is None else Money(lot.cap_ceiling_fen),
        rule=rule,
        window=timedelta(seconds=profile.cap.window_s.value),
        secret_commitment=commitment if rule is CapRule.DRAW_BY_LOT else None,
    )


def _online_of(profile: RuleProfile) -> OnlineTerms:
    rules = profile.online
    assert rules is not None, "the entry refuses an online auction under a profile that has none"
    return OnlineTerms(
        open_for=timedelta(seconds=rules.open_s.value),
        extension=timedelta(seconds=rules.extension_s.value),
        proxy_bids=rules.proxy_bids.value,
    )


async def prepare_due(session: AsyncSession, now: datetime) -> list[UUID]:
    """Prepare the sale of every published lot that has none yet."""
    due = await projects.lots_in(session, {project_rules.LotState.PUBLISHED})
    known = set(await session.scalars(select(Auction.lot_id).where(Auction.lot_id.in_([lot.id for lot in due]))))
    missing = [lot.id for lot in due if lot.id not in known]
    for lot_id in sorted(missing):
        await prepare(session, lot_id, now)
    return missing


async def lock(session: AsyncSession, lot_id: UUID) -> Auction:
    """The lot's row, locked until the commit. Refuses `SaleNotFound`."""
    query = select(Auction).where(Auction.lot_id == lot_id).with_for_update()
    auction = await session.scalar(query.execution_options(populate_existing=True))
    if auction is None:
        raise SaleNotFound
    return auction


async def lock_due(session: AsyncSession, due: Select[Auction], lot_id: UUID | None) -> list[Auction]:
    """Lock what is due, leaving out what somebody else is deciding right now: it will be due again in a moment."""
    if lot_id is not None:
        due = due.where(Auction.lot_id == lot_id)
    locked = due.order_by(Auction.lot_id).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(await session.scalars(locked))
