"""The lot that an entry describes, and the terms of a lot as facts: what announcements, pages and the journal tell."""

from typing import Any
from uuid import UUID

from trading.kernel.moments import iso
from trading.projects.land_entry import LandEntry
from trading.projects.land_periods import Dates, quotes_end_at
from trading.projects.models import Lot, Project
from trading.projects.profile_types import RuleProfile, SellingMethod
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


def lot_of(lot_id: UUID, project: Project, entry: LandEntry) -> Lot:
    """The lot that an entry describes, not yet stored."""
    parcel, prices, selling, schedule = entry.parcel, entry.prices, entry.selling, entry.schedule
    cap, increments = selling.cap, selling.increments
    return Lot(
        id=lot_id,
        project_id=project.id,
        number=1,
        title=entry.title,
        parcel_number=parcel.number,
        location=parcel.location,
        area_m2=parcel.area_m2,
        area_mu=parcel.area_mu,
        land_use=parcel.land_use,
        term_years=parcel.term_years,
        conditions=parcel.conditions,
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

    Of what only some ways of selling have, only what this lot has is among them.
    """
    terms = {
        "project": str(lot.project_id),
        "number": lot.number,
        "title": lot.title,
        "parcel_number": lot.parcel_number,
        "location": lot.location,
        "area_m2": str(lot.area_m2),
        "area_mu": str(lot.area_mu),
        "land_use": lot.land_use,
        "term_years": lot.term_years,
        "conditions": lot.conditions,
        "starting_price_fen": lot.starting_price_fen,
        "increment_fen": lot.increment_fen,
        "deposit_fen": lot.deposit_fen,
        "has_reserve": lot.has_reserve,
        "selling_method": str(lot.selling_method),
        "window_s": lot.window_s,
        "registration_opens_at": iso(lot.registration_opens_at),
        "registration_closes_at": iso(lot.registration_closes_at),
        "starts_at": iso(lot.starts_at),
        "deal_code": lot.deal_code,
    }
    if lot.listing_ends_at is not None:
        terms["listing_ends_at"] = iso(lot.listing_ends_at)
    of_its_way = {name: getattr(lot, name) for name in _OF_SOME_WAYS}
    return terms | {name: value for name, value in of_its_way.items() if value is not None}


def announced_terms(lot: Lot, profile: RuleProfile) -> dict[str, Any]:
    """The terms with what the rule profile adds to them: what the announcement and the lot's page say.

    Periods are in seconds; `quoting_ends_at` is when a listing takes no more quotes.
    """
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


def reserve_window_of(lot: Lot, profile: RuleProfile) -> ReserveWindow:
    """When the reserve price of a lot may be sealed or replaced."""
    method = SellingMethod(lot.selling_method)
    return reserve_window(profile.reserve, method, starts_at=lot.starts_at, listing_ends_at=lot.listing_ends_at)
