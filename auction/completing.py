"""What follows the end of a sale: papers, announcement, deposits. Durable, and done once.

The hammer's own transaction holds the end, the deal and the journal. Everything here comes after it in a transaction of
its own, for every lot whose `completed_at` is still empty, right away and again by the scheduler until it is done.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from archive import service as archive
from archive.bid_record import bid_record_pdf
from archive.bid_record_csv import bid_record_csv
from archive.letters import ConfirmationLetter, letter_pdf, verification_code
from auction.looking import bids_of
from auction.messages import STREAM
from auction.models import Auction, BidRow
from auction.recording import METHODS, ending_of, record_of
from auction.sale import ENDED, Stage, WithdrawnBecause
from trading.accounts.rules import Actor
from trading.deposits import service as deposits
from trading.kernel import journal_store
from trading.kernel.journal import Entry
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.profiles import LandUse, SellingMethod
from trading.publication import service as publication
from trading.publication.rules import AnnouncementKind

BID_RECORD_CSV = "bid_record_csv"
"""The kind of the document that is the bid record as a table."""

_ACTOR = Actor.system("auction-completion")

# The papers are official documents and speak Chinese whatever language a reader has chosen.
_METHODS = {
    SellingMethod.AUCTION: "拍卖",
    SellingMethod.TIMED_BIDDING: "限时竞价",
    SellingMethod.LISTING: "挂牌",
    SellingMethod.TENDER: "招标",
    SellingMethod.ONLINE_AUCTION: "网络竞价",
}
_LAND_USES = {
    LandUse.HOUSING: "住宅用地",
    LandUse.INDUSTRY: "工业用地",
    LandUse.EDUCATION: "教育用地",
    LandUse.COMMERCE: "商业用地",
    LandUse.OTHER: "其他用地",
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues the papers, and the address under which the public checks them (without a slash at the end)."""

    centre_name: str
    public_url: str


@dataclass(frozen=True, slots=True)
class _End:
    """A sale that has ended, with everything its papers tell."""

    auction: Auction
    lot: Lot
    project: Project
    entries: list[Entry]
    last: Entry
    bids: list[BidRow]

    @property
    def at(self) -> datetime:
        assert self.auction.ended_at is not None
        return self.auction.ended_at


async def complete_concluded(
    session: AsyncSession, now: datetime, *, issuer: Issuer, lot_id: UUID | None = None
) -> list[UUID]:
    """Do what follows the end of every sale (or the one of `lot_id`) where it is still due. Returns the lots done."""
    due = select(Auction).where(Auction.stage.in_(ENDED), Auction.completed_at.is_(None)).order_by(Auction.lot_id)
    if lot_id is not None:
        due = due.where(Auction.lot_id == lot_id)
    locked = due.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    done = []
    for auction in list(await session.scalars(locked)):
        await _complete(session, auction, now, issuer)
        auction.completed_at = now
        done.append(auction.lot_id)
    await session.flush()
    return done


async def _complete(session: AsyncSession, auction: Auction, now: datetime, issuer: Issuer) -> None:
    lot = await projects.get_lot(session, auction.lot_id)
    project = await projects.get_project(session, auction.project_id)
    entries = await journal_store.read(session, f"{STREAM}{auction.lot_id}")
    end = _End(auction, lot, project, entries, ending_of(entries), await bids_of(session, auction.lot_id))
    winner = end.last.body.get("registration_id")
    await _announce(session, end, now)
    if auction.stage == Stage.SOLD:
        letter = await asyncio.to_thread(letter_pdf, _letter(end, issuer, now))
        await _file(session, end, "confirmation_letter", "成交确认书", letter, now)
    record, table = await asyncio.to_thread(_papers, end, issuer, now)
    await _file(session, end, "bid_record", "竞价记录", record, now)
    await _file(session, end, BID_RECORD_CSV, "竞价记录", table, now, media_type="text/csv")
    await deposits.settle_lot(session, auction.lot_id, None if winner is None else UUID(winner), now=now, actor=_ACTOR)


async def _announce(session: AsyncSession, end: _End, now: datetime) -> None:
    kind, facts = announcement_of(end.auction, end.lot, end.last.body)
    await publication.publish(session, kind, end.project.id, end.lot.id, facts, now=now, actor=_ACTOR)


def announcement_of(auction: Auction, lot: Lot, body: dict[str, Any]) -> tuple[AnnouncementKind, dict[str, Any]]:
    """The kind and the facts of the announcement that a sale's end asks for; `body` is the journal entry of the end."""
    assert auction.ended_at is not None
    if auction.stage == Stage.SOLD:
        return AnnouncementKind.RESULT, {
            "winner_name": body["winner_name"],
            **({"winner_shares": body["winner_shares"]} if "winner_shares" in body else {}),
            "winner_credit_code": body["winner_credit_code"],
            "plate": body["plate"],
            "starting_price_fen": auction.starting_price_fen,
            "final_fen": body["price_fen"],
            "concluded_at": iso(auction.ended_at),
            "selling_method": auction.method,
            "bid_count": auction.bids,
            "area_mu": str(lot.area_mu),
            "area_m2": str(lot.area_m2),
            "land_use": lot.land_use,
        }
    reason = body.get("because", "too_few_bidders")
    facts = {"reason": reason, "ended_at": iso(auction.ended_at), "selling_method": auction.method}
    if reason == WithdrawnBecause.BY_ORDER:
        return AnnouncementKind.CALLING_OFF, facts | {"order": body["reason"]}
    if auction.stage == Stage.WITHDRAWN:
        return AnnouncementKind.WITHDRAWAL, facts | {"bid_count": auction.bids}
    return AnnouncementKind.CALLING_OFF, facts | {"qualified": body["qualified"], "needed": body["needed"]}


async def _file(
    session: AsyncSession,
    end: _End,
    kind: str,
    title: str,
    content: bytes,
    now: datetime,
    *,
    media_type: str = "application/pdf",
) -> None:
    await archive.file_document(
        session,
        project_id=end.project.id,
        lot_id=end.lot.id,
        kind=kind,
        title=f"{end.lot.title}{title}",
        media_type=media_type,
        content=content,
        now=now,
        actor=_ACTOR,
    )


def _letter(end: _End, issuer: Issuer, now: datetime) -> ConfirmationLetter:
    lot, body = end.lot, end.last.body
    code = verification_code("confirmation_letter", lot.id)
    final = Money(body["price_fen"])
    return ConfirmationLetter(
        number=str(lot.deal_code),
        centre_name=issuer.centre_name,
        entry_code=str(end.project.entry_code),
        project_title=end.project.title,
        lot_title=lot.title,
        owner_name=end.project.owner_name,
        winner_name=body.get("winner_shares", body["winner_name"]),
        winner_credit_code=body["winner_credit_code"],
        winner_plate=body["plate"],
        selling_method=METHODS[SellingMethod(end.auction.method)],
        parcel_number=lot.parcel_number,
        location=lot.location,
        area_mu=lot.area_mu,
        area_m2=lot.area_m2,
        land_use=_LAND_USES[LandUse(lot.land_use)],
        term_years=lot.term_years,
        starting_price=Money(lot.starting_price_fen),
        final_price=final,
        price_per_mu=_price_per_mu(final, lot),
        deposit=Money(lot.deposit_fen),
        concluded_at=end.at,
        issued_at=now,
        journal_stream=end.last.stream,
        journal_seq=end.last.seq,
        journal_hash=end.last.hash.hex(),
        verification_url=f"{issuer.public_url}/verify/{code}",
        verification_code=code,
        is_demonstration=end.auction.is_demonstration,
    )


def _price_per_mu(final: Money, lot: Lot) -> Money:
    """The price of one mu, half up to the fen."""
    numerator, denominator = lot.area_mu.as_integer_ratio()
    return Money((2 * final.fen * denominator + numerator) // (2 * numerator))


def _papers(end: _End, issuer: Issuer, now: datetime) -> tuple[bytes, bytes]:
    """The bid record as PDF and as CSV. Runs in a thread of its own, since it speaks Chinese there."""
    record = record_of(end.auction, end.lot, end.entries, end.bids, centre_name=issuer.centre_name, issued_at=now)
    return bid_record_pdf(record), bid_record_csv(record)
