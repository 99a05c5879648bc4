"""What rivals share is found whoever they are and in whatever order it was written; what one rival does is no sign."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.signs.rules import (
    Payer,
    Payment,
    Visit,
    line_of,
    paid_by_others,
    plain_account,
    shared_addresses,
    shared_devices,
    shared_payers,
)

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
A, B, C = (UUID(int=number) for number in (1, 2, 3))
OWN = {A: Payer("甲有限公司", "6222 0001"), B: Payer("乙有限公司", "6222 0002"), C: Payer("丙有限公司", "6222 0003")}
HALL = [ip_network("203.0.113.0/24")]

visits = st.lists(
    st.builds(
        Visit,
        rival=st.sampled_from([A, B, C]),
        device=st.sampled_from([b"\x01", b"\x02", b"\x03", b"\x04"]),
        address=st.sampled_from(["", "198.51.100.1", "198.51.100.2", "203.0.113.9", "2001:db8::1", "2001:db8::2"]),
        occasion=st.sampled_from(["sign_in", "sale"]),
        first_at=st.integers(0, 9).map(lambda n: NOON + timedelta(minutes=n)),
        last_at=st.just(NOON + timedelta(hours=1)),
        times=st.just(1),
    ),
    max_size=12,
)


def payment(rival: UUID, account: str, name: str = "", minute: int = 0) -> Payment:
    return Payment(
        rival, f"{rival.int}-{minute}", name or OWN[rival].name, account, 10_000, NOON + timedelta(minutes=minute)
    )


def visit(rival: UUID, device: bytes, address: str = "198.51.100.1") -> Visit:
    return Visit(rival, device, address, "sign_in", NOON, NOON, 1)


def test_one_account_that_pays_for_two_rivals_is_found_however_it_is_written() -> None:
    """招标投标法实施条例 art. 40 (6)."""
    found = shared_payers(
        [payment(A, "6222 0001"), payment(B, "６２２２-0001", "甲有限公司", 1), payment(C, "6222 0003")]
    )
    assert [each.rivals for each in found] == [(A, B)]
    assert [each.reference for each in found[0].facts] == ["1-0", "2-1"]


def test_one_rival_that_pays_twice_from_its_account_shares_nothing() -> None:
    assert shared_payers([payment(A, "6222 0001"), payment(A, "6222 0001", minute=1)]) == []


def test_an_unknown_account_is_nobodys() -> None:
    assert shared_payers([payment(A, ""), payment(B, " - ")]) == []


def test_a_payer_of_another_name_is_told_with_the_rival_to_whom_the_account_belongs() -> None:
    found = paid_by_others([payment(A, "6222 0002", "乙 有限公司"), payment(C, "9999", "丁有限公司")], OWN)
    assert [(each.rival, each.payer) for each in found] == [(A, B), (C, None)]


def test_another_account_in_the_rivals_own_name_is_its_own() -> None:
    assert paid_by_others([payment(A, "7000 1234", "甲有限 公司")], OWN) == []


def test_what_one_account_paid_for_several_is_told_once() -> None:
    both = [payment(A, "6222 0001"), payment(B, "6222 0001", "甲有限公司", 1)]
    assert paid_by_others(both, OWN) == []
    assert len(shared_payers(both)) == 1


def test_rivals_on_one_device_are_found_and_not_told_again_by_their_address() -> None:
    """招标投标法实施条例 art. 40 (2)."""
    seen = [visit(A, b"\x01"), visit(B, b"\x01"), visit(C, b"\x02", "198.51.100.7")]
    assert [each.rivals for each in shared_devices(seen)] == [(A, B)]
    assert shared_addresses(seen, known=[]) == []


def test_several_devices_that_the_same_rivals_share_are_one_finding() -> None:
    seen = [visit(rival, device) for rival in (A, B) for device in (b"\x01", b"\x02")]
    [found] = shared_devices(seen)
    assert found.rivals == (A, B)
    assert len(found.marks) == 2
    assert len(found.facts) == 4


def test_rivals_behind_one_address_are_found_unless_it_is_the_halls_or_this_machines() -> None:
    for address, found in (("198.51.100.1", 1), ("203.0.113.9", 0), ("127.0.0.1", 0), ("::1", 0), ("", 0), ("x", 0)):
        seen = [visit(A, b"\x01", address), visit(B, b"\x02", address)]
        assert len(shared_addresses(seen, known=HALL)) == found, address


def test_of_a_long_address_the_line_counts() -> None:
    assert line_of("2001:db8:1:2::77", []) == line_of("2001:db8:1:2:ffff::1", []) == "2001:db8:1:2::/64"
    assert line_of("2001:db8:1:3::77", []) != line_of("2001:db8:1:2::77", [])


@pytest.mark.parametrize("written", ["6222 0001", "6222-0001", "６２２２０００１", " 62220001 "])
def test_an_account_number_is_the_same_however_it_is_written(written: str) -> None:
    assert plain_account(written) == "62220001"


@given(visits, st.randoms(use_true_random=False))
def test_the_order_of_what_was_seen_changes_nothing(seen: list[Visit], chance: st.DrawFn) -> None:
    mixed = list(seen)
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    def rivals(of: list[Visit]) -> list[tuple[set[UUID], set[str]]]:
        found = [*shared_devices(of), *shared_addresses(of, known=HALL)]
        return sorted(((set(each.rivals), set(each.marks)) for each in found), key=repr)

    assert sorted(map(repr, rivals(seen))) == sorted(map(repr, rivals(mixed)))


@given(visits)
def test_every_finding_names_at_least_two_rivals_and_only_facts_of_theirs(seen: list[Visit]) -> None:
    devices, addresses = shared_devices(seen), shared_addresses(seen, known=HALL)
    for each in (*devices, *addresses):
        assert len(each.rivals) > 1
        assert {fact.rival for fact in each.facts} == set(each.rivals)
    together = {each.device for each in seen if len({other.rival for other in seen if other.device == each.device}) > 1}
    assert {bytes.fromhex(mark) for found in devices for mark in found.marks} == together
    assert not any("203.0.113" in mark for found in addresses for mark in found.marks)


@given(visits)
def test_one_rival_alone_is_never_a_sign(seen: list[Visit]) -> None:
    alone = [each for each in seen if each.rival == A]
    assert shared_devices(alone) == shared_addresses(alone, known=[]) == []
