"""Whether the periods before a land sale are long enough: judged at entry, and again when it is published. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trading.kernel.moments import local_day
from trading.projects.problems import N_, Problem
from trading.projects.profile_types import RuleProfile, SellingMethod
from trading.projects.working_days import WorkingDaysUnknown, working_days_after, working_days_before


@dataclass(frozen=True, slots=True)
class Dates:
    """The moments of a sale, in UTC; None where one could not be read, or does not belong to the way of selling.

    `listing_ends_at` is the end of the listing, or of a tender's quotes.
    """

    method: SellingMethod | None
    registration_closes_at: datetime | None
    starts_at: datetime | None
    listing_ends_at: datetime | None = None


def quotes_end_at(dates: Dates, profile: RuleProfile) -> datetime | None:
    """Until when bidders may still come: the end of quoting, the first possible end online, else the start itself.

    Source: 39号 (registration may run into a listing); judicial online auctions (it stays open during the auction).
    """
    match dates.method:
        case SellingMethod.LISTING if profile.listing is not None and dates.listing_ends_at is not None:
            return dates.listing_ends_at - timedelta(seconds=profile.listing.quoting_stops_s_before.value)
        case SellingMethod.TENDER | SellingMethod.LISTING:
            return dates.listing_ends_at
        case SellingMethod.ONLINE_AUCTION if profile.online is not None and dates.starts_at is not None:
            return dates.starts_at + timedelta(seconds=profile.online.open_s.value)
        case _:
            return dates.starts_at


def judge_periods(dates: Dates, profile: RuleProfile, now: datetime) -> list[Problem]:
    """What is wrong with the periods, seen from `now` as the moment of the announcement.

    The first day is not counted (民法典 art. 201); the numbers and their sources are the profile's.
    """
    problems = []
    closes_at, starts_at = dates.registration_closes_at, dates.starts_at
    if closes_at is not None and closes_at <= now:
        problems.append(Problem("registration_closes_at", N_("Registration must close in the future.")))
    if starts_at is None:
        return problems
    if starts_at <= now:
        return [*problems, Problem("starts_at", N_("The sale must start in the future."))]
    problems += _judge_announcement(starts_at, profile, now)
    problems += _judge_listing(dates, starts_at, profile)
    last = quotes_end_at(dates, profile)
    if closes_at is not None and last is not None and now < closes_at <= last:
        problems += _judge_closing(closes_at, last, dates.method, profile)
    return problems


def _judge_announcement(starts_at: datetime, profile: RuleProfile, now: datetime) -> list[Problem]:
    day, rule = local_day(now), profile.announcement_days
    earliest = day + timedelta(days=rule.value)
    message = N_("Between the announcement and the start there must be {days} days: {earliest} at the earliest.")
    if profile.announcement_working_days is not None:
        rule = profile.announcement_working_days
        message = N_(
            "Between the announcement and the start there must be {days} working days: {earliest} at the earliest."
        )
        try:
            earliest = working_days_after(day, rule.value)
        except WorkingDaysUnknown as unknown:
            return [Problem("starts_at", unknown.message, unknown.facts())]
    if local_day(starts_at) >= earliest:
        return []
    return [Problem("starts_at", message, {"days": rule.value, "earliest": earliest}, rule.source)]


def _judge_listing(dates: Dates, starts_at: datetime, profile: RuleProfile) -> list[Problem]:
    """Quotes are taken after the start, and a listing lasts as many working days as the profile says (39号)."""
    ends_at, last = dates.listing_ends_at, quotes_end_at(dates, profile)
    if ends_at is None or last is None:
        return []
    if last <= starts_at:
        return [Problem("listing_ends_at", N_("No time is left for quotes between the start and this end."))]
    if dates.method is not SellingMethod.LISTING or profile.listing is None:
        return []
    rule = profile.listing.working_days
    try:
        earliest = working_days_after(local_day(starts_at), rule.value)
    except WorkingDaysUnknown as unknown:
        return [Problem("listing_ends_at", unknown.message, unknown.facts())]
    if local_day(ends_at) >= earliest:
        return []
    message = N_("The listing must last {days} working days: until {earliest} at the earliest.")
    return [Problem("listing_ends_at", message, {"days": rule.value, "earliest": earliest}, rule.source)]


def _judge_closing(
    closes_at: datetime, last: datetime, method: SellingMethod | None, profile: RuleProfile
) -> list[Problem]:
    rule = profile.registration_closes_working_days_before
    if rule.value == 0:
        return []
    quotes_end = method is not None and method.ends_on_its_day
    try:
        latest = working_days_before(local_day(last), rule.value)
    except WorkingDaysUnknown as unknown:
        return [Problem("listing_ends_at" if quotes_end else "starts_at", unknown.message, unknown.facts())]
    if local_day(closes_at) <= latest:
        return []
    message = N_("Registration must close {days} working days before the start: on {latest} at the latest.")
    if quotes_end:
        message = N_("Registration must close {days} working days before quotes end: on {latest} at the latest.")
    return [Problem("registration_closes_at", message, {"days": rule.value, "latest": latest}, rule.source)]
