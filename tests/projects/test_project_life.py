"""The life of a project and of its lots."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.money import Money
from trading.projects.profiles import (
    PROFILES,
    PROPERTY_ONLINE,
    RuleProfile,
    RuleProfileUnknown,
    SellingMethod,
    rule_profile,
)
from trading.projects.rules import (
    CalledOff,
    LotMovedOn,
    LotState,
    LotStep,
    OwnEntry,
    ProjectMovedOn,
    ProjectState,
    ProjectStep,
    Sold,
    Withdrawn,
    check_reviewer,
    is_decided,
    next_lot_state,
    next_project_state,
    reserve_commitment,
    step_of,
)

OFFICER, REVIEWER, LOT = UUID(int=1), UUID(int=2), UUID(int=3)

PROJECT_MOVES = {
    ("draft", "submit"): "submitted",
    ("submitted", "return"): "draft",
    ("submitted", "agree"): "entered",
    ("entered", "take_back"): "draft",
    ("entered", "publish"): "published",
    ("published", "conclude"): "concluded",
    ("concluded", "file"): "filed",
    ("entered", "terminate"): "terminated",
    ("published", "terminate"): "terminated",
}
LAND = [profile for profile in PROFILES.values() if not profile.name.startswith("property-online")]
LOT_MOVES = {
    ("entered", "publish"): "published",
    ("published", "open"): "contest",
    ("contest", "sell"): "sold",
    ("published", "award"): "sold",
    ("contest", "award"): "sold",
    ("published", "withdraw"): "withdrawn",
    ("contest", "withdraw"): "withdrawn",
    ("entered", "call_off"): "called_off",
    ("published", "call_off"): "called_off",
    ("contest", "call_off"): "called_off",
    ("sold", "void"): "voided",
}


@pytest.mark.parametrize(("state", "step"), list(product(ProjectState, ProjectStep)))
def test_a_project_moves_as_the_table_says_and_not_otherwise(state: ProjectState, step: ProjectStep) -> None:
    expected = PROJECT_MOVES.get((state.value, step.value))
    if expected is not None:
        assert next_project_state(state, step) == expected
        return
    with pytest.raises(ProjectMovedOn):
        next_project_state(state, step)


@pytest.mark.parametrize(("state", "step"), list(product(LotState, LotStep)))
def test_a_lot_moves_as_the_table_says_and_not_otherwise(state: LotState, step: LotStep) -> None:
    expected = LOT_MOVES.get((state.value, step.value))
    if expected is not None:
        assert next_lot_state(state, step) == expected
        return
    with pytest.raises(LotMovedOn):
        next_lot_state(state, step)


def test_each_outcome_makes_its_own_step() -> None:
    assert step_of(Sold("甲", None, Money(1))) is LotStep.SELL
    assert step_of(Sold("甲", None, Money(1)), is_sale=False) is LotStep.AWARD
    assert step_of(Withdrawn("nobody bid")) is LotStep.WITHDRAW
    assert step_of(CalledOff("two bidders only")) is LotStep.CALL_OFF


def test_a_project_is_decided_when_its_last_lot_has_ended() -> None:
    assert is_decided([LotState.SOLD, LotState.WITHDRAWN, LotState.CALLED_OFF])
    assert not is_decided([LotState.SOLD, LotState.CONTEST])
    assert not is_decided([])


def test_nobody_reviews_an_entry_of_their_own() -> None:
    check_reviewer(officer_id=OFFICER, reviewer_id=REVIEWER)
    for reviewer in (OFFICER, None):
        with pytest.raises(OwnEntry):
            check_reviewer(officer_id=OFFICER, reviewer_id=reviewer)


@given(price=st.integers(1, 10**14), other=st.integers(1, 10**14), salt=st.binary(min_size=32, max_size=32))
def test_a_commitment_binds_the_reserve_to_its_amount(price: int, other: int, salt: bytes) -> None:
    commitment = reserve_commitment(LOT, Money(price), salt)
    assert (commitment == reserve_commitment(LOT, Money(other), salt)) == (price == other)
    assert str(price) not in commitment or price < 10**8


def test_a_commitment_cannot_be_guessed_without_its_salt() -> None:
    assert reserve_commitment(LOT, Money(1), bytes(32)) != reserve_commitment(LOT, Money(1), b"\x01" * 32)
    with pytest.raises(ValueError, match="32 bytes"):
        reserve_commitment(LOT, Money(1), b"short")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_value_of_a_profile_names_its_source(profile: RuleProfile) -> None:
    groups: list[Any] = [profile, profile.suspension, profile.reserve, profile.listing, profile.cap, profile.online]
    ruled = [getattr(group, name) for group in groups if group for name in group.__dataclass_fields__]
    sources = [value.source for value in ruled if hasattr(value, "source")]
    sources += [value.source for value in profile.land_use_years.values()]
    assert len(sources) >= 23
    assert all(len(source) > 5 for source in sources)


def test_an_auction_needs_three_bidders_and_timed_bidding_one() -> None:
    """国土资源部令39号 (unconfirmed)."""
    for profile in LAND:
        assert profile.minimum_bidders(SellingMethod.AUCTION) == 3
        assert profile.minimum_bidders(SellingMethod.TIMED_BIDDING) == 1


def test_losers_deposits_return_within_five_working_days() -> None:
    """Fujian rules art. 46."""
    assert {profile.refund_working_days.value for profile in LAND} == {5}


def test_an_online_auction_needs_one_bidder_and_returns_deposits_within_a_day() -> None:
    """最高人民法院关于人民法院网络司法拍卖若干问题的规定 art. 11, 17."""
    assert PROPERTY_ONLINE.minimum_bidders(SellingMethod.ONLINE_AUCTION) == 1
    assert PROPERTY_ONLINE.refund_working_days.value == 1


def test_results_are_published_within_ten_working_days() -> None:
    """国土资源部令39号 (unconfirmed)."""
    assert {profile.result_publication_working_days.value for profile in PROFILES.values()} == {10}


def test_an_unknown_profile_is_refused_by_name() -> None:
    with pytest.raises(RuleProfileUnknown, match="no-such"):
        rule_profile("no-such")
