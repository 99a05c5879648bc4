"""Bidding together: who may, with which shares, and what the group is called."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deposits.stage import credit_code
from trading.kernel.errors import Refusal
from trading.registration.joining import (
    MOST_MEMBERS,
    Member,
    MemberCodeInvalid,
    MemberNameMissing,
    MemberShareInvalid,
    MemberTwice,
    OwnerMayNotJoin,
    SharesMustBeWhole,
    check_members,
    joint_name,
    judge_members,
    own_share,
)
from trading.registration.rules import Candidate

LEAD = Candidate("甲公司", credit_code(1), "甲公司")
OWNER = "演示县自然资源局"


def row(number: int, name: str = "乙公司", code: str = "", share: str = "40") -> dict[str, str]:
    code = code or credit_code(number + 1)
    return {f"member_name_{number}": name, f"member_code_{number}": code, f"member_share_{number}": share}


def member(number: int, share: str = "10", name: str = "") -> Member:
    return Member(name or f"第{number}公司", credit_code(number), Decimal(share))


def test_an_empty_form_names_nobody() -> None:
    assert judge_members({}) == ([], {})
    assert judge_members(row(3, "", " ", "")) == ([], {})


def test_rows_are_read_as_people_type_them_with_gaps_between() -> None:
    typed = row(1, " 乙 公司 ", credit_code(2).lower(), "33.33%") | row(9, "丙公司", share="２０")
    members, problems = judge_members(typed)
    assert problems == {}
    assert members == [
        Member("乙 公司", credit_code(2), Decimal("33.33")),
        Member("丙公司", credit_code(10), Decimal("20")),
    ]


@pytest.mark.parametrize(
    ("typed", "field", "problem"),
    [
        (row(2, name=""), "member_name_2", MemberNameMissing),
        (row(2, code="91510522MA0000001X"), "member_code_2", MemberCodeInvalid),
        (row(2, share=""), "member_share_2", MemberShareInvalid),
        (row(2, share="0"), "member_share_2", MemberShareInvalid),
        (row(2, share="100"), "member_share_2", MemberShareInvalid),
        (row(2, share="33.333"), "member_share_2", MemberShareInvalid),
        (row(2, share="-5"), "member_share_2", MemberShareInvalid),
        (row(1, share="60") | row(2, share="40"), "member_share_1", SharesMustBeWhole),
    ],
)
def test_what_is_wrong_is_told_at_its_field(typed: dict[str, str], field: str, problem: type[Refusal]) -> None:
    _, problems = judge_members(typed)
    assert {name: type(found) for name, found in problems.items()} == {field: problem}


@given(st.dictionaries(st.sampled_from([*row(1), *row(2), *row(9)]), st.text(max_size=20)))
def test_no_form_whatever_makes_the_judge_crash(typed: dict[str, str]) -> None:
    members, problems = judge_members(typed)
    if not problems:
        check_members(LEAD, [one for one in members if members.count(one) == 1][:1], owner_name=OWNER)


@given(st.lists(st.decimals("0.01", "99.99", places=2), max_size=MOST_MEMBERS))
def test_shares_make_up_exactly_the_whole_and_leave_something_for_the_lead(shares: list[Decimal]) -> None:
    members = [Member(f"第{number}公司", credit_code(number + 2), share) for number, share in enumerate(shares)]
    if sum(shares) < 100:
        assert own_share(members) > 0
        assert own_share(members) + sum(shares) == 100
    else:
        with pytest.raises(SharesMustBeWhole):
            own_share(members)


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ([member(2), member(2, name="同一代码")], MemberTwice),
        ([member(1)], MemberTwice),
        ([member(2, name="演示县 自然资源局")], OwnerMayNotJoin),
        ([Member("乙公司", "123", Decimal(1))], MemberCodeInvalid),
        ([member(2, "99.99"), member(3, "0.01")], SharesMustBeWhole),
        ([member(2, "-1")], MemberShareInvalid),
    ],
)
def test_a_group_that_may_not_bid_is_refused_whatever_the_form_said(
    members: list[Member], refusal: type[Refusal]
) -> None:
    """拍卖法 art. 30 for the owner; a unit stands once in a group."""
    with pytest.raises(refusal):
        check_members(LEAD, members, owner_name=OWNER)


def test_a_group_is_called_by_all_its_names() -> None:
    members = [member(2, "40", "乙公司"), member(3, "12.50", "丙公司")]
    assert joint_name("甲公司", []) == "甲公司"
    assert joint_name("甲公司", members) == "甲公司、乙公司、丙公司（联合体）"
    assert (
        joint_name("甲公司", members, with_shares=True) == "甲公司（47.5%）、乙公司（40%）、丙公司（12.5%）（联合体）"
    )
