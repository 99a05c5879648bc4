"""The names of the facts of announcements, in the groups in which kinds state them. Pure data."""

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
