"""One lot for each further way of selling, short enough to be watched in minutes. Pure.

All of them begin when the lot in timed bidding goes live: a listing that leads into timed bidding, a sale under a price
cap that a one-price round decides, an online auction with a secret maximum, a tender, and a session of two lots.
"""

from datetime import datetime, timedelta

from trading.demonstration import lots
from trading.demonstration.lots import DemonstrationLot, typed, whole_second
from trading.projects.profiles import SellingMethod

LISTING_LASTS = timedelta(minutes=3)
QUOTES_TAKEN_FOR = timedelta(minutes=3)
BIDDERS_COME_UNTIL = timedelta(minutes=1)
"""Registration runs into the sale this long, where the way of selling takes bidders meanwhile."""

SESSION_TITLE = "演示场次：两宗地块依次竞价"


def listing_lot(now: datetime) -> DemonstrationLot:
    """A listing of three minutes; whoever quotes and declares takes part in the timed bidding after it."""
    ends_at = whole_second(now + lots.LIVE_AFTER) + LISTING_LASTS
    return _lot(
        now,
        "县城第{number}号地块国有建设用地使用权挂牌出让",
        SellingMethod.LISTING,
        starting_price_yuan=21_000_000,
        increment_yuan=200_000,
        way={"window_s": str(lots.TIMED_WINDOW_S), "listing_ends_at": typed(ends_at)},
    )


def capped_lot(now: datetime) -> DemonstrationLot:
    """Timed bidding under a price cap that five increments reach; then everybody gives one sealed quote."""
    return _lot(
        now,
        "县城第{number}号地块国有建设用地使用权限价竞价出让",
        SellingMethod.TIMED_BIDDING,
        starting_price_yuan=20_000_000,
        increment_yuan=1_000_000,
        way={"cap_rule": "one_price", "cap": "", "cap_ceiling": ""},
    )


def online_lot(now: datetime) -> DemonstrationLot:
    """Property rights, open for two minutes and extended by late bids."""
    return _lot(
        now,
        "县城第{number}号资产产权网络竞价转让",
        SellingMethod.ONLINE_AUCTION,
        starting_price_yuan=7_200_000,
        increment_yuan=100_000,
        way={"valuation": "10000000"},
    )


def tender_lot(now: datetime) -> DemonstrationLot:
    """A tender whose sealed quotes are opened after three minutes."""
    ends_at = whole_second(now + lots.LIVE_AFTER) + QUOTES_TAKEN_FOR
    return _lot(
        now,
        "县城第{number}号地块国有建设用地使用权招标出让",
        SellingMethod.TENDER,
        starting_price_yuan=16_500_000,
        increment_yuan=100_000,
        way={"listing_ends_at": typed(ends_at)},
    )


def session_lot(now: datetime) -> DemonstrationLot:
    """A lot of the session: timed bidding like the other, for less money."""
    return _lot(
        now,
        "县城第{number}号地块国有建设用地使用权限时竞价出让",
        SellingMethod.TIMED_BIDDING,
        starting_price_yuan=12_000_000,
        increment_yuan=400_000,
    )


def _lot(
    now: datetime,
    title: str,
    method: SellingMethod,
    *,
    starting_price_yuan: int,
    increment_yuan: int,
    way: dict[str, str] | None = None,
) -> DemonstrationLot:
    starts_at = whole_second(now + lots.LIVE_AFTER)
    runs_into = method.takes_bidders_while_it_runs
    closes_at = starts_at + BIDDERS_COME_UNTIL if runs_into else starts_at - lots.REGISTRATION_ENDS_BEFORE_START
    return DemonstrationLot(
        title=title,
        parcel_number="",
        location="合江县符阳街道少岷北路西侧",
        area_m2="10,000.00",
        area_mu="15.00",
        land_use="commerce",
        term_years=40,
        starting_price_yuan=starting_price_yuan,
        increment_yuan=increment_yuan,
        reserve_yuan=None,
        method=method,
        registration_opens_at=whole_second(now),
        registration_closes_at=closes_at,
        starts_at=starts_at,
        way=way or {},
    )
