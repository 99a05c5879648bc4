"""The lots of the demonstration, as an officer would type them: what is sold, and when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from trading.kernel.moments import SHANGHAI
from trading.projects.profiles import DEMONSTRATION, SellingMethod

LIVE_AFTER = timedelta(minutes=2)
REGISTRATION_ENDS_BEFORE_START = timedelta(seconds=20)
TIMED_WINDOW_S = 45


@dataclass(frozen=True)
class DemonstrationLot:
    """One lot. Amounts in yuan; the area in m² is the one in mu at 2000/3 m² a mu. Aware times.

    `way` are the fields of the form that only some ways of selling have.
    """

    title: str
    parcel_number: str
    location: str
    area_m2: str
    area_mu: str
    land_use: str
    term_years: int
    starting_price_yuan: int
    increment_yuan: int
    reserve_yuan: int | None
    method: SellingMethod
    registration_opens_at: datetime
    registration_closes_at: datetime
    starts_at: datetime
    way: Mapping[str, str] = field(default_factory=dict)

    def form(self) -> dict[str, str]:
        """The form of a land entry, filled in."""
        timed = self.method is SellingMethod.TIMED_BIDDING
        return {
            "title": self.title,
            "owner_name": "合江县自然资源和规划局（演示）",
            "rule_profile": DEMONSTRATION.name,
            "parcel_number": self.parcel_number,
            "location": self.location,
            "area_m2": self.area_m2,
            "area_mu": self.area_mu,
            "land_use": self.land_use,
            "term_years": str(self.term_years),
            "conditions": "成交价款自成交确认书签订之日起六十日内付清。",
            "selling_method": self.method.value,
            "window_s": str(TIMED_WINDOW_S) if timed else "",
            "starting_price": str(self.starting_price_yuan),
            "increment": str(self.increment_yuan),
            "deposit": str(self.starting_price_yuan // 5),
            "has_reserve": "no" if self.reserve_yuan is None else "yes",
            "reserve_price": "" if self.reserve_yuan is None else str(self.reserve_yuan),
            "registration_opens_at": typed(self.registration_opens_at),
            "registration_closes_at": typed(self.registration_closes_at),
            "starts_at": typed(self.starts_at),
            **self.way,
        }

    def numbered(self, number: int) -> "DemonstrationLot":
        """The same lot as another parcel, so that every start has one of its own."""
        return replace(self, title=self.title.format(number=number), parcel_number=f"演示-{number:03d}")


def timed_lot(now: datetime) -> DemonstrationLot:
    """A lot in timed bidding that goes live two minutes from now."""
    starts_at = whole_second(now + LIVE_AFTER)
    return DemonstrationLot(
        title="县城第{number}号地块国有建设用地使用权限时竞价出让",
        parcel_number="",
        location="合江县符阳街道少岷南路东侧",
        area_m2="12,000.00",
        area_mu="18.00",
        land_use="housing",
        term_years=70,
        starting_price_yuan=48_600_000,
        increment_yuan=500_000,
        reserve_yuan=None,
        method=SellingMethod.TIMED_BIDDING,
        registration_opens_at=whole_second(now),
        registration_closes_at=starts_at - REGISTRATION_ENDS_BEFORE_START,
        starts_at=starts_at,
    )


def led_lot(now: datetime) -> DemonstrationLot:
    """A lot that an auctioneer may open two minutes from now."""
    starts_at = whole_second(now + LIVE_AFTER)
    return DemonstrationLot(
        title="县城第{number}号地块国有建设用地使用权拍卖出让",
        parcel_number="",
        location="合江县临港街道滨江路北侧",
        area_m2="8,000.00",
        area_mu="12.00",
        land_use="commerce",
        term_years=40,
        starting_price_yuan=31_200_000,
        increment_yuan=300_000,
        reserve_yuan=33_000_000,
        method=SellingMethod.AUCTION,
        registration_opens_at=whole_second(now),
        registration_closes_at=starts_at - REGISTRATION_ENDS_BEFORE_START,
        starts_at=starts_at,
    )


def yesterdays_lot(opens_at: datetime) -> DemonstrationLot:
    """A lot whose auction was opened at `opens_at`; registration ran over the week before."""
    return DemonstrationLot(
        title="县城第{number}号地块国有建设用地使用权拍卖出让",
        parcel_number="",
        location="合江县符阳街道黄泥凼片区",
        area_m2="6,093.33",
        area_mu="9.14",
        land_use="housing",
        term_years=70,
        starting_price_yuan=23_600_000,
        increment_yuan=200_000,
        reserve_yuan=25_000_000,
        method=SellingMethod.AUCTION,
        registration_opens_at=opens_at - timedelta(days=7),
        registration_closes_at=opens_at - timedelta(days=1),
        starts_at=opens_at,
    )


def lot_open_for_registration(now: datetime) -> DemonstrationLot:
    """A lot that anybody may register for during ten days."""
    day = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return DemonstrationLot(
        title="县城第{number}号地块国有建设用地使用权拍卖出让",
        parcel_number="",
        location="合江县榕山镇工业园区",
        area_m2="40,000.00",
        area_mu="60.00",
        land_use="industry",
        term_years=50,
        starting_price_yuan=14_400_000,
        increment_yuan=100_000,
        reserve_yuan=None,
        method=SellingMethod.AUCTION,
        registration_opens_at=whole_second(now),
        registration_closes_at=day + timedelta(days=10, hours=17),
        starts_at=day + timedelta(days=14, hours=10),
    )


def lot_to_review(now: datetime) -> DemonstrationLot:
    """A lot whose entry waits for a reviewer."""
    day = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return DemonstrationLot(
        title="县城第{number}号地块国有建设用地使用权限时竞价出让",
        parcel_number="",
        location="合江县先市镇下坝村",
        area_m2="20,000.00",
        area_mu="30.00",
        land_use="education",
        term_years=50,
        starting_price_yuan=9_600_000,
        increment_yuan=100_000,
        reserve_yuan=None,
        method=SellingMethod.TIMED_BIDDING,
        registration_opens_at=day + timedelta(days=3, hours=9),
        registration_closes_at=day + timedelta(days=20, hours=17),
        starts_at=day + timedelta(days=25, hours=10),
    )


def whole_second(moment: datetime) -> datetime:
    """The moment without the part of a second that a form does not keep."""
    return moment.replace(microsecond=0)


def typed(moment: datetime) -> str:
    """A moment as the form takes it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
