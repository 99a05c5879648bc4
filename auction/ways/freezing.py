"""Suspension (中止) and resumption (恢复), and what follows when the platform was away or its clock jumped. Pure.

A stage that runs to a moment keeps what remained of it: its end moves by the time for which nobody could act. A
countdown begins anew, timed bidding after its time to prepare. What was bid before stands.

Source: Fujian art. 55, 58 (a suspension extends by at least its own time; in the last hour the remainder is at most one
hour; in the auction phase it restarts with preparation and the full window; resumed within one hour directly, else with
24 hours' notice). Stages that these articles do not know (sealed quotes, draws by lot, online auctions) follow them by
analogy: a short round after the price cap begins its full time anew, a tender and an online auction keep what
remained, an online auction at least its extension.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from auction.refusals import EndBeingDecided
from auction.refused_orders import (
    AlreadyFrozen,
    ClockBehind,
    FrozenBySupervisor,
    NotFrozen,
    ResumptionNeedsNotice,
    ResumptionNotAhead,
)
from auction.rules import check_running, moment_of, next_state
from auction.sale import (
    ENDED,
    AuctionState,
    AuctionTerms,
    Frozen,
    FrozenBecause,
    Phase,
    Resumed,
    ResumptionAnnounced,
    Stage,
    Step,
    Suspended,
)
from auction.ways import listing
from auction.ways.powers import checked_reason
from trading.projects.profiles import SellingMethod

FURTHEST_BEHIND = timedelta(seconds=10)
"""The clock may stand this far behind a lot's last decision: until it has caught up, all moments would be the same."""

_QUIET = ENDED | {Stage.WAITING, Stage.FROZEN}


def suspend(
    terms: AuctionTerms, state: AuctionState, *, reason: str, now: datetime, by_supervisor: bool = False
) -> Step:
    """Somebody suspends the sale. A hammer whose sale is not concluded yet is void: the price is called again.

    A supervisor may freeze a sale that an officer has suspended: it stays as it was, and what was announced falls.

    Refusals: ReasonNeeded, NotOpenedYet, AlreadyEnded, AlreadyFrozen, EndBeingDecided.
    Source: Fujian art. 55.
    """
    reason = checked_reason(reason)
    check_running(state)
    now = moment_of(state, now)
    if state.stage is Stage.FROZEN:
        return _take_over(state, reason, now=now, by_supervisor=by_supervisor)
    if state.closes_at is not None and now >= state.closes_at and not _is_called(terms, state):
        raise EndBeingDecided()
    step = _freeze(terms, state, FrozenBecause.BY_ORDER, reason, since=now, now=now)
    return _as_supervisors(step) if by_supervisor else step


def announce_resumption(
    terms: AuctionTerms,
    state: AuctionState,
    *,
    resumes_at: datetime,
    reason: str,
    now: datetime,
    by_supervisor: bool = False,
) -> Step:
    """Announce when the sale goes on; the clock resumes it then. A later announcement replaces an earlier one.

    Refusals: ReasonNeeded, NotOpenedYet, AlreadyEnded, NotFrozen, FrozenBySupervisor, ResumptionNotAhead,
    ResumptionNeedsNotice.
    Source: Fujian art. 58.
    """
    reason = checked_reason(reason)
    frozen = _frozen(state)
    _check_may_lift(frozen, by_supervisor=by_supervisor)
    now = moment_of(state, now)
    if resumes_at <= now:
        raise ResumptionNotAhead(resumes_at=resumes_at)
    if resumes_at < now + terms.way.freeze.notice:
        _check_directly(terms, frozen, resumes_at, now=now)
    announced = next_state(state, now, closes_at=resumes_at)
    return Step(announced, ResumptionAnnounced(closes_at=resumes_at, reason=reason))


def resume(terms: AuctionTerms, state: AuctionState, *, now: datetime, by_supervisor: bool = False) -> Step:
    """The sale goes on: at the announced moment, or directly, soon enough after it was suspended.

    Refusals: NotOpenedYet, AlreadyEnded, NotFrozen, FrozenBySupervisor, ClockBehind, ResumptionNeedsNotice.
    Source: Fujian art. 55, 58.
    """
    frozen = _frozen(state)
    at = moment_of(state, now)
    if at - now > FURTHEST_BEHIND:
        raise ClockBehind(decided_at=at)
    if state.closes_at is None or now < state.closes_at:
        _check_may_lift(frozen, by_supervisor=by_supervisor)
        _check_directly(terms, frozen, at, now=at)
    stage, closes_at = frozen.stage, _end_after(terms, frozen, at)
    preparation = _preparation(terms)
    if preparation and stage is Stage.OPEN and terms.window is not None:
        stage, closes_at = Stage.PREPARING, at + preparation
    phase = replace(state.phase, frozen=None)
    resumed = next_state(state, at, stage=stage, closes_at=closes_at, phase=phase)
    return Step(resumed, Resumed(absent_since=frozen.at, closes_at=closes_at))


def after_absence(
    terms: AuctionTerms, state: AuctionState, *, absent_since: datetime, now: datetime, clock_jumped: bool = False
) -> Step | None:
    """What becomes of a sale after no server looked at the clock since `absent_since`; None: it goes on as it was.

    After more than the longest absence its countdown begins anew and other ends move by the absence, or the sale is
    suspended where the profile says so. Without it a lot whose countdown ran out meanwhile would go to whoever led
    when the power failed. What had ended before the absence stays ended.

    `clock_jumped`: the database's clock was moved meanwhile. Countdowns begin anew; a sale whose last decision now lies
    in the future is suspended, for no bid could be told from another by its moment.

    Source: Fujian art. 55, 58, by analogy for the clock.
    """
    if state.stage in _QUIET:
        return None
    assert state.decided_at is not None
    if clock_jumped and state.decided_at - now > FURTHEST_BEHIND:
        return _freeze(terms, state, FrozenBecause.CLOCK_JUMPED, "", since=state.decided_at, now=now)
    if state.closes_at is not None and state.closes_at + terms.way.settle_delay <= absent_since:
        return None
    was_away = now - absent_since > terms.way.longest_absence
    if was_away and terms.way.absence_freezes:
        because = FrozenBecause.CLOCK_JUMPED if clock_jumped else FrozenBecause.PLATFORM_AWAY
        return _freeze(terms, state, because, "", since=absent_since, now=now)
    if state.closes_at is None or not (was_away or (clock_jumped and _anew(terms, state.stage) is not None)):
        return None
    held, phase = _held(terms, state, absent_since)
    at = moment_of(state, now)
    closes_at = _end_after(terms, held, at)
    resumed = next_state(state, at, calls=0, closes_at=closes_at, phase=replace(phase, frozen=None))
    return Step(resumed, Resumed(absent_since=absent_since, closes_at=closes_at))


def _freeze(
    terms: AuctionTerms, state: AuctionState, because: FrozenBecause, reason: str, *, since: datetime, now: datetime
) -> Step:
    _, phase = _held(terms, state, since)
    frozen = next_state(state, moment_of(state, now), stage=Stage.FROZEN, closes_at=None, calls=0, phase=phase)
    return Step(frozen, Suspended(because=because, reason=reason, stage=state.stage))


def _take_over(state: AuctionState, reason: str, *, now: datetime, by_supervisor: bool) -> Step:
    frozen = _frozen(state)
    if frozen.by_supervisor or not by_supervisor:
        raise AlreadyFrozen()
    kept = next_state(state, now, closes_at=None)
    return _as_supervisors(Step(kept, Suspended(FrozenBecause.BY_ORDER, reason, stage=frozen.stage)))


def _as_supervisors(step: Step) -> Step:
    assert step.state.phase.frozen is not None, "a suspended sale knows what it was doing"
    frozen = replace(step.state.phase.frozen, by_supervisor=True)
    return Step(structs.replace(step.state, phase=replace(step.state.phase, frozen=frozen)), step.event)


def _check_may_lift(frozen: Frozen, *, by_supervisor: bool) -> None:
    if frozen.by_supervisor and not by_supervisor:
        raise FrozenBySupervisor()


def _held(terms: AuctionTerms, state: AuctionState, since: datetime) -> tuple[Frozen, Phase]:
    """What the sale was doing at `since`, kept until it goes on. A hammer is void."""
    closes_at = None if _is_called(terms, state) else state.closes_at
    held = Frozen(stage=state.stage, at=since, closes_at=closes_at)
    decisive_since = state.phase.decisive_since
    if state.stage is Stage.LISTING and listing.decisive_since(terms, state) <= since:
        decisive_since = listing.decisive_since(terms, state)
    return held, replace(state.phase, frozen=held, decisive_since=decisive_since)


def _end_after(terms: AuctionTerms, held: Frozen, now: datetime) -> datetime | None:
    """When the stage ends that goes on now."""
    if held.closes_at is None:
        return None
    remaining = max(held.closes_at - held.at, timedelta())
    anew = _anew(terms, held.stage)
    if anew is not None:
        return now + anew
    if held.stage is Stage.OPEN and terms.way.online is not None:
        return now + max(remaining, terms.way.online.extension)
    return now + remaining


def _anew(terms: AuctionTerms, stage: Stage) -> timedelta | None:
    """The full time of a stage whose countdown begins anew; None for one that keeps what remained."""
    if stage is Stage.OPEN:
        return terms.window
    if stage is Stage.PREPARING:
        return _preparation(terms)
    if stage in (Stage.SEALED, Stage.DRAWING) and terms.way.cap is not None:
        return terms.way.cap.window
    return None


def _preparation(terms: AuctionTerms) -> timedelta:
    return terms.way.freeze.preparation if terms.way.listing is None else terms.way.listing.preparation


def _is_called(terms: AuctionTerms, state: AuctionState) -> bool:
    """Whether an auctioneer ends this stage, by the hammer."""
    return terms.method is SellingMethod.AUCTION and state.stage is Stage.OPEN


def _frozen(state: AuctionState) -> Frozen:
    check_running(state)
    if state.stage is not Stage.FROZEN:
        raise NotFrozen()
    assert state.phase.frozen is not None, "a suspended sale knows what it was doing"
    return state.phase.frozen


def _check_directly(terms: AuctionTerms, frozen: Frozen, resumes_at: datetime, *, now: datetime) -> None:
    directly_until = frozen.at + terms.way.freeze.directly_within
    if resumes_at > directly_until:
        earliest = now + terms.way.freeze.notice
        raise ResumptionNeedsNotice(suspended_at=frozen.at, directly_until=directly_until, earliest=earliest)
