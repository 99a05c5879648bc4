"""What a booking costs, and the other numbers of the room plan: data with their sources. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.projects.profile_types import Ruled, unconfirmed
from trading.venues.rules import Equipment, FeeUnit, Part, Purpose, Span, VenueFacts

_OWN = "own; the centre's service charges (公共资源交易服务收费) are local"


@dataclass(frozen=True, slots=True)
class VenueRules:
    """The numbers of the room plan under a rule profile.

    `noon_minute`: where a day falls into halves, in minutes after midnight. `refused_conflicts`: whose being engaged
    elsewhere is an obstacle and not only a warning. `usual_people`: how many are expected as long as the number of
    bidders must not be known. `lengths`: how long a booking is proposed for. `needs`: what a purpose usually needs.
    """

    noon_minute: Ruled[int]
    public_benefit_is_free: Ruled[bool]
    refused_conflicts: Ruled[frozenset[Part]]
    usual_people: Ruled[int]
    lengths: Ruled[Mapping[Purpose, timedelta]]
    needs: Ruled[Mapping[Purpose, frozenset[Equipment]]]


DEFAULT = VenueRules(
    noon_minute=unconfirmed(12 * 60, _OWN),
    public_benefit_is_free=unconfirmed(value=True, source=_OWN),
    refused_conflicts=unconfirmed(frozenset(), _OWN),
    usual_people=unconfirmed(30, _OWN),
    lengths=unconfirmed(
        {
            Purpose.OPENING: timedelta(hours=2),
            Purpose.AUCTION: timedelta(hours=3),
            Purpose.EVALUATION: timedelta(hours=8),
        },
        _OWN,
    ),
    needs=unconfirmed(
        {
            Purpose.OPENING: frozenset({Equipment.AUDIO, Equipment.VIDEO, Equipment.SCREEN}),
            Purpose.AUCTION: frozenset({Equipment.AUDIO, Equipment.VIDEO, Equipment.SCREEN}),
            Purpose.EVALUATION: frozenset({Equipment.AUDIO, Equipment.VIDEO}),
        },
        "招标投标法实施条例 and 财政部令87号 art. 39 (opening and evaluation are recorded); 39号 for auctions: own",
    ),
)

RULES_BY_PROFILE: dict[str, VenueRules] = {}
"""Rule profiles whose room plan differs from the default."""


def venue_rules(profile_name: str | None) -> VenueRules:
    """The rules of a project's rule profile; the default where it says nothing of rooms."""
    return RULES_BY_PROFILE.get(profile_name or "", DEFAULT)


def units_started(unit: FeeUnit, span: Span, *, noon_minute: int) -> int:
    """How many half days or hours a booking has started: what ends at noon starts no afternoon."""
    if unit is FeeUnit.HOUR:
        return -(-(span.ends_at - span.starts_at) // timedelta(hours=1))
    return _half_days_until(_last_moment(span), noon_minute) - _half_days_until(span.starts_at, noon_minute) + 1


def fee_of(venue: VenueFacts, span: Span, rules: VenueRules, *, purpose: Purpose, is_public_benefit: bool) -> Money:
    """What a booking costs by the time booked, without set-up and clearing. A closure costs nothing."""
    is_free = is_public_benefit and rules.public_benefit_is_free.value
    if is_free or purpose is Purpose.CLOSURE:
        return Money(0)
    return venue.fee * units_started(venue.fee_unit, span, noon_minute=rules.noon_minute.value)


def _last_moment(span: Span) -> datetime:
    return span.ends_at - timedelta(microseconds=1)


def _half_days_until(moment: datetime, noon_minute: int) -> int:
    local = moment.astimezone(SHANGHAI)
    noon = time(noon_minute // 60, noon_minute % 60)
    return local.date().toordinal() * 2 + (local.time() >= noon)
