"""The reserve price after the entry: sealed in its window, locked, and missing when nobody sealed it."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects.forms import NOW, demonstration_form, land_form
from tests.projects.people import CODES, make_officer
from tests.projects.test_selling_entry import listing
from trading.accounts.rules import Actor
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.i18n import use_language
from trading.kernel.ids import new_id
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects import desk, entry, service
from trading.projects.deadlines import moved
from trading.projects.models import Lot
from trading.projects.profiles import PROFILES, SellingMethod
from trading.projects.reserve_window import (
    NoReserveAnnounced,
    ReserveAboveCap,
    ReserveLocked,
    ReserveMissing,
    ReserveNotMissing,
    ReserveNotYet,
    ReserveUnreadable,
    reserve_window,
)
from trading.projects.rules import LotMovedOn, LotState, NotYourProject, ReasonsMissing

ENDS_AT = datetime(2026, 12, 7, 2, 0, tzinfo=UTC)
"""When the listing of the form ends."""

MINUTE = timedelta(minutes=1)


async def entered(
    database: Database, form: dict[str, str], officer: Actor, *, drafted: dict[str, str] | None = None
) -> Lot:
    """The lot of a project that was entered and reviewed; `drafted`: what was typed first."""
    project_id = new_id()
    reviewer = await make_officer(database, f"r{project_id}", NOW)
    async with database.work() as session:
        if drafted is not None:
            await entry.save_draft(session, project_id, drafted, actor=officer, demonstration=True, now=NOW)
        await entry.save_draft(session, project_id, form, actor=officer, demonstration=True, now=NOW)
        await entry.submit(session, project_id, actor=officer, demonstration=True, now=NOW)
        await entry.agree_to_entry(session, project_id, CODES, actor=reviewer, demonstration=True, now=NOW)
        [lot] = await service.lots_of(session, project_id)
    return lot


@pytest.fixture
async def officer(database: Database) -> Actor:
    return await make_officer(database, "officer", NOW)


@pytest.fixture
async def suzhou(database: Database, officer: Actor) -> Lot:
    return await entered(database, listing(has_reserve="yes"), officer)


async def seal(database: Database, lot: Lot, typed: str, officer: Actor, now: datetime) -> str:
    async with database.work() as session:
        return await service.seal_reserve(session, lot.id, typed, actor=officer, now=now)


async def waive(database: Database, lot: Lot, reasons: str, officer: Actor, now: datetime) -> None:
    async with database.work() as session:
        await service.waive_reserve(session, lot.id, reasons, actor=officer, now=now)


async def standing(database: Database, lot: Lot, now: datetime) -> service.ReserveStanding:
    async with database.reading() as session:
        found = await service.reserve_standing(session, await service.get_lot(session, lot.id), now)
    assert found is not None
    return found


async def amount(database: Database, lot: Lot) -> Money | None:
    async with database.reading() as session:
        sealed = await service.sealed_reserve_of(session, lot.id)
    return None if sealed is None else sealed.price


@given(
    name=st.sampled_from(sorted(PROFILES)),
    method=st.sampled_from(list(SellingMethod)),
    seconds=st.integers(-100_000, 100_000),
    from_lock=st.booleans(),
)
def test_whoever_is_not_refused_seals_between_opening_and_lock(
    name: str, method: SellingMethod, seconds: int, from_lock: bool
) -> None:
    ends_at = ENDS_AT if method.ends_on_its_day else None
    window = reserve_window(PROFILES[name].reserve, method, starts_at=NOW, listing_ends_at=ends_at)
    now = (window.locks_at if from_lock else window.opens_at or NOW) + timedelta(seconds=seconds)
    refused: list[type[Refusal]] = [ReserveNotYet] if window.opens_at is not None and now < window.opens_at else []
    refused += [ReserveLocked] if now >= window.locks_at else []
    with pytest.raises(refused[0]) if refused else nullcontext():
        window.check(now)


async def test_a_reserve_is_sealed_only_in_the_last_half_hour_before_the_listing_ends(
    database: Database, officer: Actor, suzhou: Lot
) -> None:
    """Suzhou: sealed within the last 30 minutes."""
    with pytest.raises(ReserveNotYet):
        await seal(database, suzhou, "25000000", officer, ENDS_AT - 30 * MINUTE - timedelta(microseconds=1))
    commitment = await seal(database, suzhou, "25,000,000.77", officer, ENDS_AT - 30 * MINUTE)
    with pytest.raises(ReserveLocked):
        await seal(database, suzhou, "26000000", officer, ENDS_AT)
    assert await amount(database, suzhou) == Money(2_500_000_077)
    found = await standing(database, suzhou, ENDS_AT)
    assert (found.commitment, found.sealed_at, found.is_missing) == (commitment, ENDS_AT - 30 * MINUTE, False)
    async with database.reading() as session:
        history = await service.history_of(session, suzhou.project_id)
    assert [fact.body for fact in history if fact.kind == "reserve_sealed"] == [{"commitment": commitment}]


async def test_a_reserve_is_locked_an_hour_before_the_decision(database: Database, officer: Actor) -> None:
    """Fujian: locked before the last hour, unchangeable."""
    form = listing(rule_profile="land-timed-fujian", window_s="300", has_reserve="yes", reserve_price="25000000")
    lot = await entered(database, form, officer)
    await seal(database, lot, "26000000", officer, ENDS_AT - timedelta(hours=1, microseconds=1))
    with pytest.raises(ReserveLocked):
        await seal(database, lot, "27000000", officer, ENDS_AT - timedelta(hours=1))
    assert await amount(database, lot) == Money.from_wan("2600")


async def test_the_newest_seal_counts(database: Database, officer: Actor, suzhou: Lot) -> None:
    first = await seal(database, suzhou, "25000000", officer, ENDS_AT - 20 * MINUTE)
    second = await seal(database, suzhou, "24000000", officer, ENDS_AT - 10 * MINUTE)
    assert first != second
    assert await amount(database, suzhou) == Money.from_wan("2400")


async def test_what_was_sealed_with_the_draft_does_not_count_where_there_is_a_window(
    database: Database, officer: Actor
) -> None:
    """A draft may have been typed under another profile first."""
    lot = await entered(
        database,
        listing(has_reserve="yes"),
        officer,
        drafted=demonstration_form(NOW, has_reserve="yes", reserve_price="25000000"),
    )
    with pytest.raises(ReserveMissing):
        await amount(database, lot)
    assert (await standing(database, lot, ENDS_AT)).is_missing


async def test_the_window_of_a_suspended_listing_stands_still_and_moves_with_its_end(
    database: Database, officer: Actor, suzhou: Lot
) -> None:
    """Fujian art. 55, by analogy: suspended an hour before the end, for two hours."""
    since, resumed = ENDS_AT - timedelta(hours=1), ENDS_AT + timedelta(hours=1)
    async with database.work() as session:
        await service.hold_deadlines(session, suzhou.id, since=since)
    with pytest.raises(ReserveNotYet):
        await seal(database, suzhou, "25000000", officer, ENDS_AT - MINUTE)
    assert not (await standing(database, suzhou, resumed)).is_missing
    async with database.work() as session:
        await service.move_deadlines(session, suzhou.id, since=since, actor=officer, now=resumed)
    async with database.reading() as session:
        lot = await service.get_lot(session, suzhou.id)
        history = await service.history_of(session, lot.project_id)
    assert (lot.listing_ends_at, lot.suspended_at) == (ENDS_AT + timedelta(hours=2), None)
    assert lot.registration_closes_at == suzhou.registration_closes_at, "it had passed before"
    assert [(fact.kind, fact.body) for fact in history][-1] == (
        "deadlines_moved",
        {"listing_ends_at": iso(ENDS_AT + timedelta(hours=2)), "suspended_at": iso(since)},
    )
    ends_at = ENDS_AT + timedelta(hours=2)
    with pytest.raises(ReserveNotYet):
        await seal(database, suzhou, "25000000", officer, ends_at - 31 * MINUTE)
    await seal(database, suzhou, "25000000", officer, ends_at - 30 * MINUTE)


async def test_a_reserve_sealed_before_a_suspension_stays_sealed_and_a_locked_one_locked(
    database: Database, officer: Actor, suzhou: Lot
) -> None:
    await seal(database, suzhou, "25000000", officer, ENDS_AT - 20 * MINUTE)
    since, resumed = ENDS_AT - 10 * MINUTE, ENDS_AT + 50 * MINUTE
    form = listing(rule_profile="land-timed-fujian", window_s="300", has_reserve="yes", reserve_price="25000000")
    fujian = await entered(database, form, officer)
    for lot in (suzhou, fujian):
        async with database.work() as session:
            await service.hold_deadlines(session, lot.id, since=since)
        async with database.work() as session:
            await service.move_deadlines(session, lot.id, since=since, actor=officer, now=resumed)
    assert await amount(database, suzhou) == Money.from_wan("2500")
    with pytest.raises(ReserveLocked):
        await seal(database, fujian, "26000000", officer, resumed)


@given(deadline=st.integers(-1000, 1000), since=st.integers(-1000, 1000), lasted=st.integers(-1000, 1000))
def test_a_deadline_that_was_ahead_is_as_far_ahead_afterwards_and_what_had_passed_stays(
    deadline: int, since: int, lasted: int
) -> None:
    at, began, resumed = (ENDS_AT + timedelta(seconds=seconds) for seconds in (deadline, since, since + lasted))
    later = moved(at, since=began, now=resumed)
    if deadline <= since or lasted <= 0:
        assert later == at
    else:
        assert later - resumed == at - began


@pytest.mark.parametrize("typed", ["", "x", "23609999.99", "0", "-1"])
async def test_what_is_no_reserve_is_not_sealed_and_not_repeated(
    database: Database, officer: Actor, suzhou: Lot, typed: str
) -> None:
    with pytest.raises(ReserveUnreadable) as refusal:
        await seal(database, suzhou, typed, officer, ENDS_AT - MINUTE)
    assert refusal.value.facts() == {}
    assert (await standing(database, suzhou, ENDS_AT - MINUTE)).sealed_at is None


@pytest.mark.parametrize(
    ("cap_rule", "highest", "above"),
    [("one_price", "35415000", "35415000.01"), ("draw_by_lot", "29512500", "29512500.01")],
)
async def test_a_reserve_above_what_the_cap_leaves_is_not_sealed(
    database: Database, officer: Actor, cap_rule: str, highest: str, above: str
) -> None:
    lot = await entered(database, listing(has_reserve="yes", cap_rule=cap_rule), officer)
    with pytest.raises(ReserveAboveCap) as refusal:
        await seal(database, lot, above, officer, ENDS_AT - MINUTE)
    assert refusal.value.facts() == {"highest": Money.from_yuan(highest)}
    assert (await standing(database, lot, ENDS_AT - MINUTE)).sealed_at is None
    await seal(database, lot, highest, officer, ENDS_AT - MINUTE)
    assert await amount(database, lot) == Money.from_yuan(highest)


async def test_only_the_officer_in_charge_seals_and_only_where_a_reserve_was_announced(
    database: Database, officer: Actor, suzhou: Lot
) -> None:
    other = await make_officer(database, "other", NOW)
    with pytest.raises(NotYourProject):
        await seal(database, suzhou, "25000000", other, ENDS_AT - MINUTE)
    with pytest.raises(NotYourProject):
        await waive(database, suzhou, "忘记录入", other, ENDS_AT)
    without = await entered(database, land_form(), officer)
    with pytest.raises(NoReserveAnnounced):
        await seal(database, without, "25000000", officer, NOW)
    assert await amount(database, without) is None


async def test_a_missing_reserve_is_waived_only_by_a_recorded_decision_after_its_window(
    database: Database, officer: Actor, suzhou: Lot
) -> None:
    with pytest.raises(ReserveNotMissing):
        await waive(database, suzhou, "忘记录入", officer, ENDS_AT - MINUTE)
    with pytest.raises(ReasonsMissing):
        await waive(database, suzhou, "  ", officer, ENDS_AT)
    with pytest.raises(ReserveMissing):
        await amount(database, suzhou)
    await waive(database, suzhou, "经集体研究决定", officer, ENDS_AT)
    assert await amount(database, suzhou) is None
    found = await standing(database, suzhou, ENDS_AT)
    assert (found.is_waived, found.is_missing) == (True, False)
    with pytest.raises(ReserveNotMissing):
        await waive(database, suzhou, "再来一次", officer, ENDS_AT)
    async with database.reading() as session:
        history = await service.history_of(session, suzhou.project_id)
    [decided] = [fact for fact in history if fact.kind == "reserve_waived"]
    assert (decided.body, decided.actor) == ({"reasons": "经集体研究决定"}, officer.reference)


async def test_a_sealed_reserve_cannot_be_waived(database: Database, officer: Actor) -> None:
    form = demonstration_form(NOW, has_reserve="yes", reserve_price="25000000")
    lot = await entered(database, form, officer)
    with pytest.raises(ReserveNotMissing):
        await waive(database, lot, "不想要了", officer, NOW + timedelta(hours=1))
    assert await amount(database, lot) == Money.from_wan("2500")


async def test_a_lot_that_has_ended_takes_no_seal(database: Database, officer: Actor, suzhou: Lot) -> None:
    async with database.work() as session:
        (await service.lock_lot(session, suzhou.id)).state = LotState.CALLED_OFF
    with pytest.raises(LotMovedOn):
        await seal(database, suzhou, "25000000", officer, ENDS_AT - MINUTE)


async def test_the_officers_list_says_when_a_reserve_is_to_be_sealed_and_that_one_is_missing(
    database: Database, officer: Actor, suzhou: Lot
) -> None:
    async with database.work() as session:
        await service.mark_published(session, suzhou.project_id, actor=officer, now=NOW)

    async def next_step(now: datetime) -> tuple[str, datetime | None]:
        use_language("en")
        async with database.reading() as session:
            [row] = await desk.my_projects(session, officer, demonstration=True, now=now)
        return row.next_step, row.deadline

    assert await next_step(ENDS_AT - 31 * MINUTE) != ("Seal the reserve price", ENDS_AT)
    assert await next_step(ENDS_AT - 30 * MINUTE) == ("Seal the reserve price", ENDS_AT)
    assert (await next_step(ENDS_AT))[0] == "A reserve price is missing: decide on the project's page"
    await seal(database, suzhou, "25000000", officer, ENDS_AT - MINUTE)
    for now in (ENDS_AT - MINUTE / 2, ENDS_AT):
        assert "reserve" not in (await next_step(now))[0]
