"""What the public pages show: announcements from their frozen facts, lots with what one can do, projects as a spine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor, Role
from trading.kernel.i18n import gettext as _
from trading.projects import service as projects
from trading.projects.models import Lot, Project
from trading.projects.presenting import PROJECT_KINDS, land_use_words, plain_number, shown_moments, shown_terms
from trading.projects.problems import N_
from trading.projects.profiles import SellingMethod, rule_profile
from trading.projects.rules import LotState, ProjectKind
from trading.projects.timeline import Told, timeline
from trading.publication.models import Announcement
from trading.publication.rules import AnnouncementKind
from trading.publication.service import Found, Search, announcements_of, facts_of
from trading.registration import service as registrations
from trading.registration.models import Registration
from trading.registration.rules import RegistrationState, is_on_offer

ANNOUNCEMENT_KINDS: Mapping[AnnouncementKind, str] = {
    AnnouncementKind.SALE: N_("Sale announcement"),
    AnnouncementKind.RESULT: N_("Result announcement"),
    AnnouncementKind.WITHDRAWAL: N_("Withdrawal announcement"),
    AnnouncementKind.CALLING_OFF: N_("Calling-off announcement"),
    AnnouncementKind.CORRECTION: N_("Correction announcement"),
}

REASONS: Mapping[str, str] = {
    "nobody_bid": N_("Nobody bid."),
    "below_reserve": N_("The highest bid was below the reserve price."),
    "too_few_bidders": N_("There were fewer qualified bidders than the rules require."),
    "by_order": N_("The lot was withdrawn by order."),
}
"""The words for the reasons that the sale gives; a reason in words of its own is shown as it is."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that whoever looks at a lot can do now."""

    address: str
    words: str
    is_main: bool


def kind_words(kind: str) -> str:
    """What a kind of announcement is called."""
    return _(ANNOUNCEMENT_KINDS[AnnouncementKind(kind)])


def shown_facts(announcement: Announcement) -> dict[str, Any]:
    """The frozen facts of an announcement as its page shows them."""
    facts = facts_of(announcement)
    if announcement.kind == AnnouncementKind.SALE:
        return shown_terms(facts)
    shown = shown_moments(facts)
    if facts.get("land_use"):
        shown["land_use_words"] = land_use_words(str(facts["land_use"]))
    for name in ("area_mu", "area_m2"):
        if facts.get(name):
            shown[name] = plain_number(str(facts[name]))
    reason = facts.get("reason")
    if reason is not None:
        shown["reason_words"] = _(REASONS[reason]) if reason in REASONS else reason
    return shown


def search_page(search: Search, found: Found) -> dict[str, Any]:
    """The list of announcements with its filters, which live in the address."""
    kept = {
        "q": search.typed,
        "kind": search.kind or "",
        "from": _day_text(search.first_day),
        "to": _day_text(search.last_day),
    }
    stated = {name: value for name, value in kept.items() if value}
    address = "/announcements?" + urlencode(stated) + ("&" if stated else "") + "page={page}"
    return {
        "found": found,
        "values": kept,
        "is_filtered": bool(stated),
        "address": address,
        "kinds": [("", _("All kinds"))] + [(kind.value, _(words)) for kind, words in ANNOUNCEMENT_KINDS.items()],
        "kind_words": kind_words,
    }


async def project_page(session: AsyncSession, project: Project, now: datetime) -> dict[str, Any]:
    """A public project: its spine, its lots and its announcements."""
    lots = await projects.lots_of(session, project.id)
    found = [await projects.deal_of(session, lot.id) for lot in lots]
    deals = {deal.lot_id: deal for deal in found if deal is not None}
    announcements = await announcements_of(session, project.id)
    return {
        "project": project,
        "kind_of_project": _(PROJECT_KINDS[ProjectKind(project.kind)]),
        "lots": lots,
        "deals": deals,
        "steps": timeline(project, lots, deals, told(announcements), now),
        "announcements": announcements,
        "kind_words": kind_words,
        "basis": await projects.selection_basis_of(session, project.id),
    }


async def lot_page(
    session: AsyncSession, project: Project, lot: Lot, actor: Actor | None, now: datetime
) -> dict[str, Any]:
    """A public lot: its terms, where it stands, what this person can do, and how it ended."""
    registration = None
    if actor is not None and actor.unit_id is not None and not lot.is_recorded:
        registration = await registrations.registration_of(session, lot.id, actor.unit_id)
    terms = None
    if not lot.is_recorded:
        terms = shown_terms(projects.announced_terms(lot, rule_profile(project.rule_profile)))
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
    if lot.is_recorded or lot.state == LotState.ENTERED:
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


def told(announcements: list[Announcement]) -> Told:
    """Where the timeline leads to for the announcements of each lot."""
    sales, results = {}, {}
    for announcement in announcements:
        where = (f"/announcements/{announcement.id}", announcement.published_at)
        if announcement.lot_id is None or announcement.kind == AnnouncementKind.CORRECTION:
            continue
        if announcement.kind == AnnouncementKind.SALE:
            sales[announcement.lot_id] = where
        else:
            results[announcement.lot_id] = where
    return Told(sales, results)


def _may_register(lot: Lot, state: LotState, actor: Actor | None, now: datetime) -> bool:
    in_time = lot.registration_opens_at <= projects.time_for_deadlines(lot, now) < lot.registration_closes_at
    return in_time and is_on_offer(lot.selling_method, state) and (actor is None or actor.has(Role.BIDDER))


def _next_moment(lot: Lot, now: datetime) -> tuple[str, datetime] | None:
    if lot.is_recorded or lot.suspended_at is not None or not is_on_offer(lot.selling_method, LotState(lot.state)):
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


def _day_text(day: date | None) -> str:
    return "" if day is None else day.isoformat()
