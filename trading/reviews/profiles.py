"""The numbers of parallel review, beside their sources. Pure data.

Which department reviews what, and how long it promised to take, is not here: administrators set it, dated and with
their name (`trading.reviews.departments`). A case keeps the name of its profile for life. docs/laws.md lists what is
unconfirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from trading.projects.profile_types import Ruled, RuleProfileUnknown, confirmed, unconfirmed


class CompletionClock(StrEnum):
    """What a request for completion does to the limits: they stop until the officer hands in again and go on with what
    remained, or they begin anew then.
    """

    STOPS = "stops"
    BEGINS_ANEW = "begins_anew"


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """The numbers of one way of reviewing. Days are working days, and the first day is not counted.

    `closes_at_hour`: a limit ends at this hour of its last day, Beijing time. `green_channel_percent`: what is left of
    a limit for a key project. `asking_share`: the papers are looked through in this part of the shortest limit, but in
    at most `asking_days`. `meeting_notice_days`: a meeting is called so long before its day.
    """

    name: str
    closes_at_hour: Ruled[int]
    centre_days: Ruled[int]
    green_channel_percent: Ruled[int]
    extension_days: Ruled[int]
    asking_share: Ruled[int]
    asking_days: Ruled[int]
    completion: Ruled[CompletionClock]
    meeting_notice_days: Ruled[int]


_LICENSING = "行政许可法"
_CENTRE = "the centre's own practice"

NATIONAL = ReviewRules(
    name="review-2026",
    closes_at_hour=unconfirmed(17, "民法典 art. 203: a last day ends when business ends; the hour is the centre's"),
    centre_days=unconfirmed(3, f"{_CENTRE}; the centre's own silence is never consent"),
    green_channel_percent=unconfirmed(50, f"{_CENTRE}: key projects are reviewed in half the time"),
    extension_days=unconfirmed(10, f"{_LICENSING} art. 42: by at most 10 days, agreed to by the department's head"),
    asking_share=unconfirmed(3, "own: a third of the shortest limit, so that one notice leaves before a limit ends"),
    asking_days=unconfirmed(5, f"{_LICENSING} art. 32 (4): told once within five days, else the papers are complete"),
    completion=unconfirmed(
        CompletionClock.STOPS, f"{_CENTRE}; {_LICENSING} art. 32, 42 count from complete papers, which is begins_anew"
    ),
    meeting_notice_days=confirmed(1, f"{_CENTRE}: nobody agrees by absence without a warning the day before"),
)

REVIEW_RULES: Mapping[str, ReviewRules] = MappingProxyType({NATIONAL.name: NATIONAL})


def review_rules(name: str) -> ReviewRules:
    """The rules of this name. Refuses with `RuleProfileUnknown`."""
    try:
        return REVIEW_RULES[name]
    except KeyError as error:
        raise RuleProfileUnknown(name) from error
