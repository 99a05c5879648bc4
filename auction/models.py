"""Tables of the live sale: one changeable row per lot, which is the only arbiter, and every bid, written once."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auction.sale import NO_PHASE, AuctionState, AuctionTerms, Phase, Stage
from auction.way import Way
from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id
from trading.kernel.money import Money
from trading.projects.profiles import SellingMethod


class Auction(Base):
    """The sale of one lot: its terms, fixed when it was prepared, and where it stands. Whoever decides locks this row.

    `seq` is the number of the last entry of the lot's journal stream. `way` and `phase` are the JSON of `Way` and
    `Phase`. `completed_at` is set once everything that follows the end (result, letter, deposits) has been done.
    """

    __tablename__ = "auctions"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    is_demonstration: Mapped[bool] = mapped_column(Boolean)

    method: Mapped[str] = mapped_column(Text)
    starting_price_fen: Mapped[int] = mapped_column(BigInteger)
    increment_fen: Mapped[int] = mapped_column(BigInteger)
    registration_closes_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    minimum_bidders: Mapped[int] = mapped_column(Integer)
    window_s: Mapped[int | None] = mapped_column(Integer)
    whole_multiple: Mapped[bool] = mapped_column(Boolean)
    way: Mapped[str] = mapped_column(Text)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("auction_sessions.id"), index=True)
    session_position: Mapped[int | None] = mapped_column(Integer)

    stage: Mapped[str] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    plate: Mapped[int | None] = mapped_column(Integer)
    bids: Mapped[int] = mapped_column(Integer)
    calls: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closes_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    phase: Mapped[str | None] = mapped_column(Text)
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_auctions_due", "stage", "starts_at", "closes_at"),
        UniqueConstraint("session_id", "session_position"),
    )

    @property
    def terms(self) -> AuctionTerms:
        """The terms as the rules know them."""
        return AuctionTerms(
            method=SellingMethod(self.method),
            starting_price=Money(self.starting_price_fen),
            increment=Money(self.increment_fen),
            registration_closes_at=self.registration_closes_at,
            starts_at=self.starts_at,
            minimum_bidders=self.minimum_bidders,
            window=None if self.window_s is None else timedelta(seconds=self.window_s),
            whole_multiple=self.whole_multiple,
            way=msgspec.json.decode(self.way, type=Way),
        )

    @property
    def state(self) -> AuctionState:
        """The state as the rules know it."""
        return AuctionState(
            stage=Stage(self.stage),
            seq=self.seq,
            decided_at=self.decided_at,
            price=None if self.price_fen is None else Money(self.price_fen),
            plate=self.plate,
            bids=self.bids,
            calls=self.calls,
            opened_at=self.opened_at,
            closes_at=self.closes_at,
            ended_at=self.ended_at,
            phase=NO_PHASE if self.phase is None else msgspec.json.decode(self.phase, type=Phase),
        )

    def take(self, state: AuctionState) -> None:
        """Become `state`."""
        self.stage = state.stage
        self.seq = state.seq
        self.decided_at = state.decided_at
        self.price_fen = None if state.price is None else state.price.fen
        self.plate = state.plate
        self.bids = state.bids
        self.calls = state.calls
        self.opened_at = state.opened_at
        self.closes_at = state.closes_at
        self.ended_at = state.ended_at
        self.phase = None if state.phase == NO_PHASE else msgspec.json.encode(state.phase).decode()


class Presence(Base):
    """The one row that says when any server last looked at the clock. NULL before the first look."""

    __tablename__ = "auction_presence"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class BidRow(Base):
    """One bid as it was decided, accepted or refused. `key` makes a repeated request count once.

    `price_given` is the price as it was sent (shortened); `price_fen` is empty when that was no price, or is sealed.
    `leads`: its plate led once all that followed from the bid was decided (empty in rows older than that).
    `refusal_facts` is JSON. `arrived_at` is when its frame reached a server (empty in rows older than the stamp),
    `decided_at` the moment of its entry; `before_close_ms` says how long before the end of the stage it arrived.
    """

    __tablename__ = "bids"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("auctions.lot_id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registrations.id"))
    plate: Mapped[int | None] = mapped_column(Integer)
    key: Mapped[UUID]
    price_given: Mapped[str] = mapped_column(Text)
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    accepted: Mapped[bool] = mapped_column(Boolean)
    leads: Mapped[bool | None] = mapped_column(Boolean)
    refusal_code: Mapped[str | None] = mapped_column(Text)
    refusal_facts: Mapped[str | None] = mapped_column(Text)
    arrived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    before_close_ms: Mapped[int | None] = mapped_column(BigInteger)
    entry_hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        UniqueConstraint("lot_id", "account_id", "key"),
        UniqueConstraint("lot_id", "seq"),
        append_only(),
    )


class AuctionSession(Base):
    """Several lots in one session: side by side, or one after another in the order of `auctions.session_position`."""

    __tablename__ = "auction_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(Text)
    one_after_another: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))


class SealedQuote(Base):
    """One sealed quote, told to nobody before all are opened. `commitment` is in the journal from the start."""

    __tablename__ = "sealed_quotes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("auctions.lot_id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    plate: Mapped[int] = mapped_column(Integer)
    price_fen: Mapped[int] = mapped_column(BigInteger)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("lot_id", "seq"), append_only())


class ProxyMaximum(Base):
    """A secret maximum of a plate; the newest of a plate counts."""

    __tablename__ = "proxy_maxima"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("auctions.lot_id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    plate: Mapped[int] = mapped_column(Integer)
    price_fen: Mapped[int] = mapped_column(BigInteger)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("lot_id", "seq"), append_only())


class DrawSecret(Base):
    """The centre's secret for a draw by lot, made when the sale is prepared and told when lots are drawn."""

    __tablename__ = "draw_secrets"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("auctions.lot_id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (append_only(),)


class Budget(Base):
    """The most a unit wants to be bound to over all lots, as it said itself; the newest row counts, NULL lifts it."""

    __tablename__ = "budgets"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (append_only(),)
