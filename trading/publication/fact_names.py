"""The names of the facts of announcements, in the groups in which kinds state them, and what each is called. Pure."""

from collections.abc import Mapping

from trading.projects.problems import N_

COMMON = frozenset(
    {
        "entry_code",
        "project_title",
        "owner_name",
        "project_kind",
        "is_demonstration",
        "public_until",
        "announcement_number",
        "announcement_title",
        "published_at",
    }
)
"""What every announcement may state; its own number, title and moment are known once it is published."""
OF_LOT = frozenset({"deal_code", "lot_title", "parcel_number", "location"})
"""Facts that an announcement about a lot may state."""
OF_CHANGE = OF_LOT | {"affects_bids", "no_effect_reason", "moved", "moved_by_rule", "moved_source"}
"""Facts of an announcement that changes an earlier one: what it moves, and by which rule."""
LOT = frozenset({"entry_code", "deal_code", "lot_title"})
LAND_SALE = frozenset({"parcel_number", "location", "area_m2", "area_mu", "land_use", "term_years", "conditions"})
SALE_TERMS = frozenset(
    {
        "owner_name",
        "selling_method",
        "starting_price_fen",
        "increment_fen",
        "deposit_fen",
        "has_reserve",
        "registration_opens_at",
        "registration_closes_at",
        "starts_at",
        "minimum_bidders",
        "rule_profile",
    }
)
SALE_KNOWN = frozenset(
    {
        "number",
        "title",
        "window_s",
        "listing_ends_at",
        "quoting_ends_at",
        "cap_fen",
        "cap_ceiling_fen",
        "cap_rule",
        "cap_window_s",
        "increment_lowest_fen",
        "increment_highest_fen",
        "valuation_fen",
        "whole_multiple",
        "timed_entry",
        "timed_preparation_s",
        "open_s",
        "extension_s",
        "proxy_bids",
        "second_round_of",
        "particulars",
    }
)
ENDED = LOT | {"reason", "ended_at"}
WINNER = frozenset({"winner_name", "winner_shares", "winner_credit_code", "plate", "starting_price_fen", "final_fen"})
RESULT_KNOWN = WINNER | {
    "concluded_at",
    "selling_method",
    "bid_count",
    "area_mu",
    "area_m2",
    "land_use",
    "winner_address",
    "experts",
    "baseline_fen",
}

LABELS: Mapping[str, str] = {
    "entry_code": N_("Entry code"),
    "deal_code": N_("Unified deal code"),
    "project_title": N_("Project title"),
    "lot_title": N_("Lot"),
    "owner_name": N_("Owner"),
    "project_kind": N_("Kind of project"),
    "rule_profile": N_("Rule profile"),
    "parcel_number": N_("Parcel number"),
    "location": N_("Location"),
    "area_m2": N_("Area in m²"),
    "area_mu": N_("Area in mu"),
    "land_use": N_("Land use"),
    "term_years": N_("Term of use"),
    "conditions": N_("Conditions"),
    "selling_method": N_("Way of selling"),
    "method": N_("Method"),
    "starting_price_fen": N_("Starting price"),
    "valuation_fen": N_("Valuation"),
    "increment_fen": N_("Increment"),
    "deposit_fen": N_("Deposit"),
    "budget_fen": N_("Budget or estimate"),
    "cap_fen": N_("Price cap"),
    "cap_ceiling_fen": N_("Highest quote"),
    "cap_rule": N_("What follows above a price cap"),
    "has_reserve": N_("Reserve price or none"),
    "minimum_bidders": N_("Bidders needed"),
    "registration_opens_at": N_("Registration opens"),
    "registration_closes_at": N_("Registration closes"),
    "starts_at": N_("Sale starts"),
    "listing_ends_at": N_("End of the listing or of quotes"),
    "quoting_ends_at": N_("Quoting stops"),
    "documents_open_at": N_("Documents are given out from"),
    "documents_close_at": N_("Documents are given out until"),
    "bids_close_at": N_("Bids close at"),
    "opening_at": N_("Opening"),
    "public_until": N_("Public until"),
    "particulars": N_("Particulars"),
    "lots": N_("Lots"),
    "attachments": N_("Attachments"),
    "moved": N_("Dates that move"),
    "affects_bids": N_("It may affect bids"),
    "moved_source": N_("Rule behind the move"),
    "changed_number": N_("The announcement that is changed"),
    "corrected_number": N_("The announcement that is changed"),
    "changed_title": N_("Its title"),
    "announcement_number": N_("Number of the announcement"),
    "announcement_title": N_("Title of the announcement"),
    "published_at": N_("Published on"),
    "no_effect_reason": N_("Why it does not affect bids"),
    "final_fen": N_("Final price"),
    "value_added_fen": N_("Value added"),
    "winner_name": N_("Winner"),
    "winner_shares": N_("Shares of the joint bidders"),
    "winner_credit_code": N_("Unified social credit code"),
    "plate": N_("Plate"),
    "bid_count": N_("Valid bids"),
    "reason": N_("Reasons"),
    "ended_at": N_("Ended"),
    "concluded_at": N_("Concluded at"),
    "suspended_at": N_("Suspended since"),
    "resumes_at": N_("Goes on at"),
    "window_s": N_("Countdown"),
    "baseline_fen": N_("Starting price or budget"),
    "complaint_number": N_("Number of the complaint"),
    "complainant_name": N_("Complainant"),
    "complaint_matters": N_("What was complained about"),
    "complaint_outcome": N_("Outcome"),
    "complaint_decision": N_("Decision"),
    "decided_at": N_("Decided at"),
    "is_demonstration": N_("Demonstration data"),
}
"""What the facts that no officer types are called: message ids, in the order in which a project tells them."""
