"""The form of every kind: a good one becomes an entry, each fault is told at its field, nothing typed makes it fail."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.projects.kind_forms import NOW, form_of_kind, two_lots
from trading.kernel.i18n import use_language
from trading.kernel.money import Money
from trading.projects.kinds.catalogue import KIND_FORMS, profiles_of
from trading.projects.kinds.judging import Judged, PurchaseEntry, SoldEntry, judge_form
from trading.projects.kinds.parts import MOST_LOTS, FieldType, lot_field
from trading.projects.presenting import fact_rows, typed_in_words
from trading.projects.purchase_profiles import PROCUREMENT_87, WORKS_TENDER, PurchaseMethod
from trading.projects.rules import CLASSIFICATION_CODES, ProjectKind

PROCUREMENT, WORKS = ProjectKind.GOVERNMENT_PROCUREMENT, ProjectKind.WORKS
PURCHASES = [kind for kind in ProjectKind if not kind.is_sale]
MINING, PROPERTY = ProjectKind.MINING, ProjectKind.PROPERTY
AGENCY, FIXED = ProjectKind.AGENCY_SELECTION, ProjectKind.FIXED_PRICE_SELECTION


def judge(form: dict[str, str]) -> Judged:
    return judge_form(ProjectKind(form["kind"]), form, NOW, demonstration=False)


def spoilt(kind: ProjectKind, **changed: str) -> list[str]:
    return [problem.field for problem in judge(form_of_kind(kind, **changed)).problems]


@pytest.mark.parametrize("kind", ProjectKind)
def test_a_form_without_a_fault_becomes_an_entry(kind: ProjectKind) -> None:
    judged = judge(form_of_kind(kind))
    assert judged.problems == ()
    assert judged.entry is not None
    assert judged.entry.title == form_of_kind(kind)["title"]


@pytest.mark.parametrize("kind", ProjectKind)
def test_every_field_that_is_always_asked_is_missed_at_once_in_the_order_of_the_form(kind: ProjectKind) -> None:
    """一次性告知."""
    found = [problem.field for problem in judge({"kind": kind.value}).problems]
    asked = [name for name, field in KIND_FORMS[kind].fields(1) if field.is_required and not field.only_if]
    assert found == asked


@pytest.mark.parametrize("kind", ProjectKind)
def test_each_field_left_empty_is_told_exactly_when_it_is_asked(kind: ProjectKind) -> None:
    good = form_of_kind(kind)
    for name, field in KIND_FORMS[kind].fields(1):
        if field.is_required and field.counts(good):
            told = [problem.field for problem in judge(good | {name: "  "}).problems]
            assert name in told, name
        elif name != "reserve_price" and not field.only_if and name != "priority_holders":
            assert name not in [problem.field for problem in judge(good | {name: ""}).problems], name


@pytest.mark.parametrize(
    ("kind", "field", "typed"),
    [
        (MINING, "mining_right", "diamond"),
        (MINING, "area_km2", "0.12345"),
        (MINING, "term_years", "11"),
        (MINING, "corner_points", "长" * 4001),
        (MINING, "rule_profile", "land-auction-39-2007"),
        (MINING, "starts_at", "2026-11-29 09:30"),
        (PROPERTY, "asset_class", ""),
        (PROPERTY, "starting_price", "1,049,999.99"),
        (PROPERTY, "deposit", "59,999.99"),
        (PROPERTY, "deposit", "240,000.01"),
        (PROPERTY, "rule_profile", "property-online-movables-2016"),
        (PROPERTY, "starts_at", "2026-12-01 10:00"),
        (PROPERTY, "selling_method", "auction"),
        (PROCUREMENT, "owner_credit_code", "91510522MADEM0011E"),
        (PROCUREMENT, "agency_credit_code", "abc"),
        (PROCUREMENT, "method", "gift"),
        (PROCUREMENT, "method", "lowest_price"),
        (PROCUREMENT, "lot1_budget", "0"),
        (PROCUREMENT, "lot1_highest_price", "800,000.01"),
        (PROCUREMENT, "lot1_deposit", "16,000.01"),
        (PROCUREMENT, "documents_close_at", "2026-11-09 17:00"),
        (PROCUREMENT, "documents_close_at", "2026-11-03 09:00"),
        (PROCUREMENT, "documents_close_at", "2026-11-23 10:01"),
        (PROCUREMENT, "bids_close_at", "2026-11-21 23:59"),
        (PROCUREMENT, "bids_close_at", "2026-11-02 09:30"),
        (PROCUREMENT, "bids_close_at", "2026-02-30 09:30"),
        (PROCUREMENT, "takes_joint_bids", "perhaps"),
        (PROCUREMENT, "green_channel", "perhaps"),
        (WORKS, "lot1_duration_days", "0"),
        (WORKS, "documents_close_at", "2026-11-07 17:00"),
        (WORKS, "applications_close_at", "2026-11-23 10:00"),
        (WORKS, "applications_close_at", "2026-11-02 09:30"),
        (WORKS, "qualified", "never"),
        (AGENCY, "legal_basis", ""),
        (AGENCY, "decided_by", " "),
        (AGENCY, "warning_read", ""),
        (FIXED, "warning_read", "no"),
        (FIXED, "opening_at", "2026-11-10 09:59"),
        (FIXED, "bids_close_at", "2026-11-08 10:00"),
    ],
)
def test_one_spoilt_field_is_told_at_that_field(kind: ProjectKind, field: str, typed: str) -> None:
    assert field in spoilt(kind, **{field: typed})


def test_another_method_than_open_tender_asks_for_its_reason() -> None:
    assert spoilt(PROCUREMENT, method="consultation") == ["method_reason"]
    assert spoilt(PROCUREMENT, method="consultation", method_reason="技术复杂，财政局批准。") == []


@pytest.mark.parametrize("method", [method for method in PROCUREMENT_87.methods if not method.is_tender])
def test_every_method_of_procurement_has_its_own_dates(method: PurchaseMethod) -> None:
    form = form_of_kind(
        PROCUREMENT, method=method.value, method_reason="法定情形，财政局批准。", opening_at="2026-11-24 09:00"
    )
    judged = judge(form)
    assert judged.problems == ()
    assert isinstance(judged.entry, PurchaseEntry)
    assert judged.entry.dates.opening_at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    has_documents = method is not PurchaseMethod.SINGLE_SOURCE
    assert (judged.entry.dates.documents_close_at is not None) is has_documents


def test_twenty_days_lie_between_the_announcement_and_the_end_of_bids() -> None:
    """招标投标法 art. 24; the first day is not counted: from Monday 2 November, Sunday 22 November is in time."""
    [problem] = judge(form_of_kind(PROCUREMENT, bids_close_at="2026-11-21 10:00")).problems
    assert "2026-11-22" in str(problem)
    assert problem.source == PROCUREMENT_87.methods[PurchaseMethod.OPEN_TENDER].bids.source
    assert spoilt(PROCUREMENT, bids_close_at="2026-11-22 00:00") == []


def test_documents_are_given_out_for_five_working_days_in_procurement_and_five_days_in_works() -> None:
    """财政部令87号 art. 18; 招标投标法实施条例 art. 16."""
    assert spoilt(PROCUREMENT, documents_close_at="2026-11-10 00:00") == []
    assert spoilt(PROCUREMENT, documents_close_at="2026-11-09 23:59") == ["documents_close_at"]
    assert spoilt(WORKS, documents_close_at="2026-11-08 00:00") == []
    assert spoilt(WORKS, documents_close_at="2026-11-07 23:59") == ["documents_close_at"]


def test_a_bid_deposit_is_at_most_two_percent() -> None:
    """财政部令87号 art. 38; 招标投标法实施条例 art. 26."""
    for kind, profile in ((PROCUREMENT, PROCUREMENT_87), (WORKS, WORKS_TENDER)):
        [problem] = judge(form_of_kind(kind, lot1_deposit="16000.01")).problems
        assert profile.most_deposit_percent is not None
        assert problem.source == profile.most_deposit_percent.source


def test_bids_of_a_tender_are_opened_when_they_are_due() -> None:
    """招标投标法 art. 34. What was typed for another method does not count."""
    judged = judge(form_of_kind(PROCUREMENT, opening_at="2026-11-30 09:00"))
    assert isinstance(judged.entry, PurchaseEntry)
    assert judged.entry.dates.opening_at == judged.entry.dates.bids_close_at


def test_twenty_working_days_lie_before_a_sale_of_mining_rights() -> None:
    """矿业权出让交易规则 (unconfirmed): from Monday 2 November to Monday 30 November."""
    on_time = {"registration_closes_at": "2026-11-24 17:00", "starts_at": "2026-11-30 09:30"}
    assert spoilt(MINING, **on_time) == []
    assert spoilt(MINING, **on_time | {"starts_at": "2026-11-29 23:59"}) == ["starts_at"]


def test_a_right_to_explore_lasts_five_years_and_one_to_mine_by_the_size_of_the_mine() -> None:
    """矿产资源开采登记管理办法 art. 7 (unconfirmed)."""
    for right, years in (("exploration", 5), ("mining_large", 30), ("mining_medium", 20), ("mining_small", 10)):
        assert spoilt(MINING, mining_right=right, term_years=str(years)) == []
        assert spoilt(MINING, mining_right=right, term_years=str(years + 1)) == ["term_years"]


def test_movables_are_announced_for_fifteen_days_and_everything_else_for_thirty() -> None:
    """法释〔2016〕18号 art. 12."""
    movables = {"rule_profile": "property-online-movables-2016", "asset_class": "movable"}
    dates = {"starts_at": "2026-11-17 10:00", "registration_closes_at": "2026-11-18 10:00"}
    assert spoilt(PROPERTY, **movables, **dates) == []
    assert spoilt(PROPERTY, **dates) == ["starts_at"]


def test_what_a_purchase_asks_becomes_facts_of_each_of_its_lots() -> None:
    entry = judge(two_lots(WORKS)).entry
    assert isinstance(entry, PurchaseEntry)
    first, second = entry.lots
    assert (first.budget, second.title) == (Money.from_wan("80"), "第二包")
    assert first.facts["applications_close_at"] == "2026-11-13T02:00:00.000000Z"
    assert first.facts == second.facts
    expected = {"duration_days": 180, "deposit_fen": 1_600_000, "takes_joint_bids": False}
    assert {name: first.facts[name] for name in expected} == expected
    assert "warning_read" not in first.facts


def test_two_lots_cannot_have_one_name() -> None:
    form = two_lots(PROCUREMENT) | {"lot2_title": "第一包"}
    assert [problem.field for problem in judge(form).problems] == ["lot2_title"]


def test_a_fault_in_a_lot_is_told_at_that_lot_between_the_others() -> None:
    form = two_lots(PROCUREMENT) | {"lot2_budget": "", "lot1_content": "", "place": ""}
    assert [problem.field for problem in judge(form).problems] == ["lot1_content", "lot2_budget", "place"]


@pytest.mark.parametrize("count", ["", "0", "-1", "2.5", "９", "9999999999", "lots"])
def test_a_forged_count_of_lots_means_one(count: str) -> None:
    judged = judge(form_of_kind(PROCUREMENT, lot_count=count))
    assert isinstance(judged.entry, PurchaseEntry)
    assert len(judged.entry.lots) == 1


def test_a_purchase_has_at_most_thirty_lots() -> None:
    told = {problem.field for problem in judge(form_of_kind(PROCUREMENT, lot_count="999")).problems}
    assert {lot_field(number, "title") for number in range(2, MOST_LOTS + 1)} == {
        name for name in told if name.endswith("_title")
    }


def test_a_green_channel_needs_its_reason() -> None:
    for kind in ProjectKind:
        assert spoilt(kind, green_channel="yes") == ["green_channel_reason"]
    judged = judge(form_of_kind(ProjectKind.LAND, green_channel="yes", green_channel_reason="省重点项目"))
    assert (judged.is_green_channel, judged.green_channel_reason) == (True, "省重点项目")


def test_facts_of_a_right_are_typed_and_shown_in_the_order_of_the_form() -> None:
    entry = judge(form_of_kind(MINING)).entry
    assert isinstance(entry, SoldEntry)
    assert (entry.facts["area_km2"], entry.facts["term_years"], entry.location) == ("0.1234", 10, "合江县九支镇")
    use_language("en")
    rows = fact_rows(MINING, entry.facts)
    labels = ["Right", "Mineral", "Area of the right in km²", "Corner points", "Resources", "Term of the right"]
    assert [label for label, _words, _is_long in rows] == labels
    assert [words for _label, words, _is_long in rows][:3] == ["Mining, small mine", "建筑用砂岩", "0.1234 km²"]


def test_every_kind_has_a_classification_a_profile_and_a_name() -> None:
    assert set(KIND_FORMS) == set(ProjectKind) == set(CLASSIFICATION_CODES)
    assert len(set(CLASSIFICATION_CODES.values())) == len(ProjectKind)
    for kind in ProjectKind:
        assert profiles_of(kind, demonstration=False)
        assert not any(profile.is_demonstration for profile in profiles_of(kind, demonstration=False).values())


def test_fields_of_one_form_have_names_of_their_own_and_explain_themselves() -> None:
    for form in KIND_FORMS.values():
        names = form.names(2)
        assert len(names) == len(set(names))
        for _name, field in form.fields(1):
            assert field.type is not FieldType.CHOICE or field.options or field.name == "rule_profile"


hostile = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["<script>alert(1)</script>", "=1+1", "\x00", "\ud800", "{{ 7 * 7 }}", "9" * 400, "１２３", "%s{0}"]
    ),
)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(ProjectKind), data=st.data())
def test_any_text_in_any_field_is_judged_and_never_fails(kind: ProjectKind, data: st.DataObject) -> None:
    form = form_of_kind(kind)
    for name in data.draw(st.lists(st.sampled_from(KIND_FORMS[kind].names(2)), max_size=5)):
        form[name] = data.draw(hostile)
    order = KIND_FORMS[kind].names(2)
    places = [order.index(problem.field) for problem in judge(form).problems]
    assert places == sorted(places)
    assert all(form[name] for name in typed_in_words(form, kind))
