"""The lot that an entry describes, and the terms of a lot as facts: what announcements, pages and the journal tell."""

from typing import Any
from uuid import UUID

from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.projects.kinds.judging import Entry, PurchaseEntry, SoldEntry
from trading.projects.land_entry import LandEntry
from trading.projects.land_periods import Dates, quotes_end_at
from trading.projects.models import Lot, Project
from trading.projects.profile_types import RuleProfile, SellingMethod
from trading.projects.purchase_periods import PurchaseDates
from trading.projects.purchase_profiles import PurchaseMethod, PurchaseProfile
from trading.projects.reserve_window import ReserveWindow, reserve_window
from trading.projects.rules import LotState

_OF_SOME_WAYS = (
    "cap_fen",
    "cap_ceiling_fen",
    "cap_rule",
    "increment_lowest_fen",
    "increment_highest_fen",
    "valuation_fen",
)


_OF_PURCHASES = ("documents_open_at", "documents_close_at", "bids_close_at", "opening_at")


def lots_of_entry(lot_id: UUID, project: Project, entry: Entry) -> list[Lot]:
    """The lots that an entry describes, not yet stored; the first gets the identifier that the draft keeps for it."""
    if not isinstance(entry, PurchaseEntry):
        return [lot_of(lot_id, project, entry)]
    dates = entry.dates
    return [
        Lot(
            id=lot_id if number == 1 else new_id(),
            project_id=project.id,
            number=number,
            title=lot.title,
            facts=dict(lot.facts),
            budget_fen=None if lot.budget is None else lot.budget.fen,
            documents_open_at=dates.documents_open_at,
            documents_close_at=dates.documents_close_at,
            bids_close_at=dates.bids_close_at,
            opening_at=dates.opening_at,
            state=LotState.ENTERED,
        )
        for number, lot in enumerate(entry.lots, start=1)
    ]


def lot_of(lot_id: UUID, project: Project, entry: LandEntry | SoldEntry) -> Lot:
    """The lot that the entry of a sale describes, not yet stored."""
    lot = _lot_for_sale(lot_id, project, entry)
    if isinstance(entry, SoldEntry):
        lot.location, lot.conditions, lot.facts = entry.location, entry.conditions, dict(entry.facts)
        return lot
    parcel = entry.parcel
    lot.parcel_number, lot.location, lot.conditions = parcel.number, parcel.location, parcel.conditions
    lot.area_m2, lot.area_mu = parcel.area_m2, parcel.area_mu
    lot.land_use, lot.term_years = parcel.land_use, parcel.term_years
    return lot


def _lot_for_sale(lot_id: UUID, project: Project, entry: LandEntry | SoldEntry) -> Lot:
    prices, selling, schedule = entry.prices, entry.selling, entry.schedule
    cap, increments = selling.cap, selling.increments
    return Lot(
        id=lot_id,
        project_id=project.id,
        number=1,
        title=entry.title,
        facts={},
        starting_price_fen=prices.starting.fen,
        increment_fen=prices.increment.fen,
        has_reserve=prices.has_reserve,
        deposit_fen=prices.deposit.fen,
        registration_opens_at=schedule.registration_opens_at,
        registration_closes_at=schedule.registration_closes_at,
        selling_method=selling.method,
        starts_at=schedule.starts_at,
        window_s=selling.window_s,
        listing_ends_at=schedule.listing_ends_at,
        cap_fen=None if cap is None else cap.price.fen,
        cap_ceiling_fen=None if cap is None or cap.ceiling is None else cap.ceiling.fen,
        cap_rule=None if cap is None else cap.rule,
        increment_lowest_fen=None if increments is None else increments.lowest.fen,
        increment_highest_fen=None if increments is None else increments.highest.fen,
        valuation_fen=None if selling.valuation is None else selling.valuation.fen,
        state=LotState.ENTERED,
    )


def terms_of(lot: Lot) -> dict[str, Any]:
    """The terms of a lot as facts: amounts in fen, areas as text, moments as UTC text.

    Of what only some kinds of projects or ways of selling have, only what this lot has is among them.
    """
    terms = {"project": str(lot.project_id), "number": lot.number, "title": lot.title, "deal_code": lot.deal_code}
    terms |= lot.facts or {}
    if lot.selling_method is None:
        moments = {name: getattr(lot, name) for name in _OF_PURCHASES}
        terms |= {name: iso(at) for name, at in moments.items() if at is not None}
        return terms if lot.budget_fen is None else terms | {"budget_fen": lot.budget_fen}
    return terms | _subject_of(lot) | _sale_of(lot)


def _subject_of(lot: Lot) -> dict[str, Any]:
    subject = {"location": lot.location, "conditions": lot.conditions}
    if lot.parcel_number is None:
        return subject
    return subject | {
        "parcel_number": lot.parcel_number,
        "area_m2": str(lot.area_m2),
        "area_mu": str(lot.area_mu),
        "land_use": lot.land_use,
        "term_years": lot.term_years,
    }


def _sale_of(lot: Lot) -> dict[str, Any]:
    terms: dict[str, Any] = {
        "starting_price_fen": lot.starting_price_fen,
        "increment_fen": lot.increment_fen,
        "deposit_fen": lot.deposit_fen,
        "has_reserve": lot.has_reserve,
        "selling_method": str(lot.selling_method),
        "window_s": lot.window_s,
        "registration_opens_at": iso(lot.registration_opens_at),
        "registration_closes_at": iso(lot.registration_closes_at),
        "starts_at": iso(lot.starts_at),
    }
    if lot.listing_ends_at is not None:
        terms["listing_ends_at"] = iso(lot.listing_ends_at)
    of_its_way = {name: getattr(lot, name) for name in _OF_SOME_WAYS}
    return terms | {name: value for name, value in of_its_way.items() if value is not None}


def announced_terms(lot: Lot, profile: RuleProfile | PurchaseProfile) -> dict[str, Any]:
    """The terms with what the rule profile adds to them: what the announcement and the lot's page say.

    Periods are in seconds; `quoting_ends_at` is when a listing takes no more quotes. Of a purchase: how many bidders
    its method needs. Whoever has only the name of a profile asks `any_profile`.
    """
    if isinstance(profile, PurchaseProfile):
        return terms_of(lot) | {"minimum_bidders": profile.methods[method_of(lot)].minimum_bidders.value}
    method = SellingMethod(lot.selling_method)
    added: dict[str, Any] = {
        "minimum_bidders": profile.minimum_bidders(method),
        "whole_multiple": profile.whole_multiple.value,
    }
    if lot.cap_fen is not None and profile.cap is not None:
        added["cap_window_s"] = profile.cap.window_s.value
    if method is SellingMethod.LISTING and profile.listing is not None:
        stops_at = quotes_end_at(dates_of(lot), profile)
        assert stops_at is not None
        added |= {
            "quoting_ends_at": iso(stops_at),
            "timed_entry": profile.listing.entry.value.value,
            "timed_preparation_s": profile.timed_preparation_s.value,
        }
    if method is SellingMethod.ONLINE_AUCTION and profile.online is not None:
        online = profile.online
        added |= {
            "open_s": online.open_s.value,
            "extension_s": online.extension_s.value,
            "proxy_bids": online.proxy_bids.value,
        }
    return terms_of(lot) | added


def dates_of(lot: Lot) -> Dates:
    """The moments of a lot, for the rules that count between them."""
    method = SellingMethod(lot.selling_method)
    return Dates(method, lot.registration_closes_at, lot.starts_at, lot.listing_ends_at)


def purchase_dates_of(lot: Lot) -> PurchaseDates:
    """The moments of a lot that is bought, for the rules that count between them."""
    return PurchaseDates(lot.documents_open_at, lot.documents_close_at, lot.bids_close_at, lot.opening_at)


def method_of(lot: Lot) -> PurchaseMethod:
    """By which method a lot is bought."""
    return PurchaseMethod(lot.facts["method"])


def reserve_window_of(lot: Lot, profile: RuleProfile) -> ReserveWindow:
    """When the reserve price of a lot may be sealed or replaced."""
    method = SellingMethod(lot.selling_method)
    return reserve_window(profile.reserve, method, starts_at=lot.starts_at, listing_ends_at=lot.listing_ends_at)
