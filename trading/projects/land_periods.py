"""Whether the periods before a land sale are long enough: judged at entry, and again when it is published. Pure."""

from datetime import datetime, timedelta

from trading.kernel.moments import SHANGHAI
from trading.projects.problems import N_, Problem
from trading.projects.profiles import RuleProfile
from trading.projects.working_days import WorkingDaysUnknown, working_days_before


def judge_periods(
    registration_closes_at: datetime | None, starts_at: datetime | None, profile: RuleProfile, now: datetime
) -> list[Problem]:
    """What is wrong with the periods, seen from `now` as the moment of the announcement.

    The first day is not counted (民法典 art. 201); the numbers and their sources are the profile's.
    """
    problems = []
    if registration_closes_at is not None and registration_closes_at <= now:
        problems.append(Problem("registration_closes_at", N_("Registration must close in the future.")))
    if starts_at is None:
        return problems
    if starts_at <= now:
        return [*problems, Problem("starts_at", N_("The sale must start in the future."))]
    problems += _judge_announcement(starts_at, profile, now)
    if registration_closes_at is not None and now < registration_closes_at <= starts_at:
        problems += _judge_closing(registration_closes_at, starts_at, profile)
    return problems


def _judge_announcement(starts_at: datetime, profile: RuleProfile, now: datetime) -> list[Problem]:
    rule = profile.announcement_days
    earliest = now.astimezone(SHANGHAI).date() + timedelta(days=rule.value)
    if starts_at.astimezone(SHANGHAI).date() >= earliest:
        return []
    message = N_("Between the announcement and the start there must be {days} days: {earliest} at the earliest.")
    return [Problem("starts_at", message, {"days": rule.value, "earliest": earliest}, rule.source)]


def _judge_closing(closes_at: datetime, starts_at: datetime, profile: RuleProfile) -> list[Problem]:
    rule = profile.registration_closes_working_days_before
    if rule.value == 0:
        return []
    try:
        latest = working_days_before(starts_at.astimezone(SHANGHAI).date(), rule.value)
    except WorkingDaysUnknown as unknown:
        return [Problem("starts_at", unknown.message, unknown.facts())]
    if closes_at.astimezone(SHANGHAI).date() <= latest:
        return []
    message = N_("Registration must close {days} working days before the start: on {latest} at the latest.")
    return [Problem("registration_closes_at", message, {"days": rule.value, "latest": latest}, rule.source)]
