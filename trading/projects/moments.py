"""The moments of a lot that people wait for, in one list for sales and purchases: what the calendar tells."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Select, func, or_, select

from trading.projects.models import Lot, Project
from trading.projects.profiles import SellingMethod
from trading.projects.rules import LotState


class Waited(StrEnum):
    """What happens at such a moment."""

    REGISTRATION_OPENS = "registration_opens"
    REGISTRATION_CLOSES = "registration_closes"
    SALE_STARTS = "sale_starts"
    LISTING_ENDS = "listing_ends"
    QUOTES_END = "quotes_end"
    DOCUMENTS_CLOSE = "documents_close"
    BIDS_CLOSE = "bids_close"
    OPENING = "opening"


@dataclass(frozen=True, slots=True)
class WaitedMoment:
    """One moment of a lot. It is cancelled when the lot ended without it."""

    lot: Lot
    project: Project
    what: Waited
    at: datetime
    is_cancelled: bool


def moments_of(lot: Lot, project: Project) -> Iterator[WaitedMoment]:
    """The moments of one public lot, the columns of which its way of selling or buying fills."""
    ends = Waited.LISTING_ENDS if lot.selling_method == SellingMethod.LISTING else Waited.QUOTES_END
    known = (
        (Waited.REGISTRATION_OPENS, lot.registration_opens_at),
        (Waited.REGISTRATION_CLOSES, lot.registration_closes_at),
        (Waited.SALE_STARTS, lot.starts_at),
        (ends, lot.listing_ends_at),
        (Waited.DOCUMENTS_CLOSE, lot.documents_close_at),
        (Waited.BIDS_CLOSE, lot.bids_close_at),
        (Waited.OPENING, lot.opening_at),
    )
    fell_away = lot.state in (LotState.CALLED_OFF, LotState.WITHDRAWN)
    for what, at in known:
        if at is not None:
            cancelled = fell_away and lot.ended_at is not None and lot.ended_at < at
            yield WaitedMoment(lot, project, what, at.astimezone(UTC), cancelled)


def lots_with_moments(first: datetime, last: datetime) -> Select[Lot, Project]:
    """The public lots that have a moment from `first` to before `last`, with their projects."""
    columns = (
        Lot.registration_opens_at,
        Lot.registration_closes_at,
        Lot.starts_at,
        Lot.listing_ends_at,
        Lot.documents_close_at,
        Lot.bids_close_at,
        Lot.opening_at,
    )
    inside = or_(*((column >= first) & (column < last) for column in columns))
    public = (Lot.state != LotState.ENTERED) & ~Lot.is_recorded & Project.published_at.is_not(None)
    query = select(Lot, Project).join(Project, Project.id == Lot.project_id).where(public, inside)
    return query.order_by(func.coalesce(Lot.starts_at, Lot.opening_at, Lot.bids_close_at), Lot.id)
