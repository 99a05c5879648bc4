"""A land entry as an officer types it, for the tests to spoil."""

from datetime import UTC, datetime, timedelta

from trading.kernel.moments import SHANGHAI
from trading.projects.profiles import DEMONSTRATION

NOW = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
"""A Monday, 09:30 in China."""


def land_form(**changed: str) -> dict[str, str]:
    """A form without a fault under the national auction profile, entered at NOW."""
    form = {
        "title": "合江县县城第51号地块国有建设用地使用权出让",
        "owner_name": "合江县自然资源和规划局",
        "rule_profile": "land-auction-39-2007",
        "parcel_number": "HJ-2026-051",
        "location": "合江县符阳街道",
        "area_m2": "6,093.36",
        "area_mu": "9.14",
        "land_use": "housing",
        "term_years": "70",
        "conditions": "成交价款于六十日内付清。",
        "selling_method": "auction",
        "window_s": "",
        "starting_price": "23,610,000",
        "increment": "100000",
        "deposit": "4722000",
        "has_reserve": "no",
        "reserve_price": "",
        "registration_opens_at": "2026-11-03 09:00",
        "registration_closes_at": "2026-11-25 17:00",
        "starts_at": "2026-11-30 09:30",
    }
    return form | changed


def demonstration_form(now: datetime, **changed: str) -> dict[str, str]:
    """A form without a fault under the demonstration profile: timed bidding that starts two minutes after `now`."""
    local = now.astimezone(SHANGHAI)

    def typed(minutes: int) -> str:
        return (local + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")

    form = land_form(
        rule_profile=DEMONSTRATION.name,
        selling_method="timed_bidding",
        window_s="30",
        registration_opens_at=typed(0),
        registration_closes_at=typed(1),
        starts_at=typed(2),
    )
    return form | changed
