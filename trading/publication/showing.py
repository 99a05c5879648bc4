"""What the public pages show: announcements from their frozen facts, lots with what one can do, projects as a spine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.i18n import gettext as _
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.presenting import PROJECT_KINDS, shown_terms
from trading.projects.profiles import SellingMethod
from trading.projects.rooms_steps import steps_of_rooms
from trading.projects.rules import LotState, ProjectKind
from trading.projects.timeline import Told, timeline
from trading.publication.kinds import KINDS
from trading.publication.models import Announcement
from trading.publication.rules import AnnouncementKind
from trading.publication.service import announcements_of
from trading.registration import service as registrations
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState, is_on_offer
from trading.venues import service as venues
from trading.venues.words import purpose_words

ANNOUNCEMENT_KINDS: Mapping[AnnouncementKind, str] = {kind: rules.name for kind, rules in KINDS.items()}
"""What each kind is called, as a message id."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that whoever looks at a lot can do now."""

    address: str
    words: str
    is_main: bool


def kind_words(kind: str) -> str:
    """What a kind of announcement is called."""
    return _(ANNOUNCEMENT_KINDS[AnnouncementKind(kind)])


async def project_page(session: AsyncSession, project: Project, now: datetime) -> dict[str, Any]:
    """A public project: its spine, its lots, when and where it is opened or auctioned, its announcements."""
    lots = await projects.lots_of(session, project.id)
    found = [await projects.deal_of(session, lot.id) for lot in lots]
    deals = {deal.lot_id: deal for deal in found if deal is not None}
    announcements = await announcements_of(session, project.id)
    more = await steps_of_rooms(session, project, lots, now, public=True)
    return {
        "project": project,
        "kind_of_project": _(PROJECT_KINDS[ProjectKind(project.kind)]),
        "lots": lots,
        "deals": deals,
        "steps": timeline(project, lots, deals, replace(told(announcements), more=more), now),
        "announcements": announcements,
        "kind_words": kind_words,
        "basis": await projects.selection_basis_of(session, project.id),
        "bookings": [
            (purpose_words(booking.purpose), booking, venue)
            for booking, venue in await venues.public_bookings(session, project.id)
        ],
    }


async def lot_page(
    session: AsyncSession, project: Project, lot: Lot, actor: Actor | None, now: datetime
) -> dict[str, Any]:
    """A public lot: its terms, where it stands, what this person can do, and how it ended."""
    registration = None
    if actor is not None and actor.unit_id is not None and lot.is_sold_here:
        registration = await registrations.registration_of(session, lot.id, actor.unit_id)
    terms = None
    if not lot.is_recorded:
        announced = projects.announced_terms(lot, projects.any_profile(project.rule_profile))
        terms = shown_terms(announced, ProjectKind(project.kind))
    announcements = [found for found in await announcements_of(session, project.id) if found.lot_id == lot.id]
    return {
        "project": project,
        "lot": lot,
        "terms": terms,
        "deal": await projects.deal_of(session, lot.id),
        "actions": actions_of(lot, actor, registration, now),
        "registration": registration,
        "announcements": announcements,
        "kind_words": kind_words,
        "next_moment": _next_moment(lot, now),
    }


def actions_of(lot: Lot, actor: Actor | None, registration: Registration | None, now: datetime) -> list[Action]:
    """What this person can do with a lot now, the most important first."""
    if not lot.is_sold_here or lot.state == LotState.ENTERED:
        return []
    actions = []
    state = LotState(lot.state)
    is_running = state is LotState.CONTEST or (state is LotState.PUBLISHED and lot.starts_at <= now)
    if actor is not None and actor.has(Role.AUCTIONEER) and not state.is_final:
        actions.append(Action(f"/lots/{lot.id}/console", _("To the auctioneer's console"), is_main=True))
    elif (
        actor is not None
        and actor.has(Role.OFFICER, Role.SUPERVISOR)
        and (not state.is_final or (state is LotState.SOLD and actor.has(Role.OFFICER)))
    ):
        actions.append(Action(f"/lots/{lot.id}/orders", _("Orders over the sale"), is_main=False))
    if registration is not None and registration.state == RegistrationState.QUALIFIED and not state.is_final:
        actions.append(Action(f"/lots/{lot.id}/room", _("Enter the room"), is_main=True))
    elif registration is not None:
        words = _("My registration") if state.is_final else _("My registration and deposit")
        actions.append(Action(f"/lots/{lot.id}/registration", words, is_main=not state.is_final))
    elif _may_register(lot, state, actor, now):
        actions.append(Action(f"/lots/{lot.id}/registration", _("Register to take part"), is_main=True))
    if is_running or state.is_final:
        words = _("See how the sale went") if state.is_final else _("Watch the sale")
        actions.append(Action(f"/lots/{lot.id}/watch", words, is_main=is_running and not actions))
    return actions


_ENDS = frozenset({AnnouncementKind.RESULT, AnnouncementKind.WITHDRAWAL, AnnouncementKind.CALLING_OFF})


def told(announcements: list[Announcement]) -> Told:
    """Where the timeline leads to for the announcements of each lot."""
    sales, results = {}, {}
    for announcement in announcements:
        where = (f"/announcements/{announcement.id}", announcement.published_at)
        if announcement.lot_id is None:
            continue
        if announcement.kind == AnnouncementKind.SALE:
            sales[announcement.lot_id] = where
        elif announcement.kind in _ENDS:
            results[announcement.lot_id] = where
    return Told(sales, results)


def _may_register(lot: Lot, state: LotState, actor: Actor | None, now: datetime) -> bool:
    in_time = lot.registration_opens_at <= projects.time_for_deadlines(lot, now) < lot.registration_closes_at
    return in_time and is_on_offer(lot.selling_method, state) and (actor is None or actor.has(Role.BIDDER))


def _next_moment(lot: Lot, now: datetime) -> tuple[str, datetime] | None:
    if not lot.is_sold_here and not lot.is_recorded:
        of_purchase = (
            (lot.documents_close_at, _("Documents until")),
            (lot.bids_close_at, _("Bids are due")),
            (lot.opening_at, _("Opening and choice")),
        )
        return next(((words, at) for at, words in of_purchase if at is not None and at > now), None)
    if not lot.is_sold_here or lot.suspended_at is not None or not is_on_offer(lot.selling_method, LotState(lot.state)):
        return None
    moments = [
        (lot.registration_opens_at, _("Registration opens")),
        (lot.registration_closes_at, _("Registration closes")),
        (lot.starts_at, _("Sale starts")),
    ]
    if lot.listing_ends_at is not None:
        moments.append((lot.listing_ends_at, _("The listing ends") if _is_listing(lot) else _("Quotes end")))
    return next(((words, at) for at, words in sorted(moments) if at > now), None)


def _is_listing(lot: Lot) -> bool:
    return lot.selling_method == SellingMethod.LISTING
