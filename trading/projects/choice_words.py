"""What the choices of land and of sales are called, as message ids. Pure."""

from collections.abc import Mapping

from trading.projects.problems import N_
from trading.projects.profile_types import CapRule, LandUse, SellingMethod

LAND_USES: Mapping[LandUse, str] = {
    LandUse.HOUSING: N_("Housing"),
    LandUse.INDUSTRY: N_("Industry"),
    LandUse.EDUCATION: N_("Education, science, culture, health, sport"),
    LandUse.COMMERCE: N_("Commerce, tourism, leisure"),
    LandUse.OTHER: N_("Other or mixed use"),
}

SELLING_METHODS: Mapping[SellingMethod, tuple[str, str]] = {
    SellingMethod.AUCTION: (
        N_("Auction"),
        N_("Led by an auctioneer, who calls each price three times before the hammer."),
    ),
    SellingMethod.TIMED_BIDDING: (
        N_("Timed bidding"),
        N_("A countdown that every valid bid starts anew; the highest bid at its end wins."),
    ),
    SellingMethod.LISTING: (
        N_("Listing"),
        N_("Quotes over days; when several bidders remain at its end, timed bidding follows."),
    ),
    SellingMethod.TENDER: (
        N_("Tender"),
        N_("One sealed quote a bidder; all are opened together, and the highest wins."),
    ),
    SellingMethod.ONLINE_AUCTION: (
        N_("Online auction"),
        N_("Property rights, open for a day or more; late bids extend it, and secret maxima may be set."),
    ),
}

CAP_RULES: Mapping[CapRule, str] = {
    CapRule.ONE_PRICE: N_("One sealed quote each, the closest to the average wins"),
    CapRule.DRAW_BY_LOT: N_("A draw by lot in public, at the price cap"),
}
"""What follows when somebody bids above the price cap."""
