"""The spine of a project: what happened, what comes next, by when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from trading.kernel.i18n import use_language
from trading.projects.models import Deal, Lot, Project
from trading.projects.profiles import HISTORIC, NATIONAL_AUCTION
from trading.projects.timeline import Standing, Step, Told, result_deadline, timeline

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LOT = UUID(int=1)
NOTHING_TOLD = Told({}, {})
ENTRY, REVIEW, ANNOUNCEMENT, REGISTRATION, SALE, RESULT = range(6)


@pytest.fixture(autouse=True)
def english() -> None:
    use_language("en")


def project(state: str, **changed: object) -> Project:
    facts = {
        "kind": "land",
        "title": "地块",
        "owner_name": "局",
        "rule_profile": NATIONAL_AUCTION.name,
        "state": state,
        "entry_code": "JC-510522-20261101-000001-X",
        "created_at": NOW - 40 * DAY,
        "submitted_at": NOW - 39 * DAY,
        "entered_at": NOW - 38 * DAY,
        "published_at": NOW - 37 * DAY,
    }
    return Project(**(facts | changed))


def lot(state: str, **changed: object) -> Lot:
    facts = {
        "id": LOT,
        "title": "地块",
        "state": state,
        "selling_method": "auction",
        "registration_opens_at": NOW - 2 * DAY,
        "registration_closes_at": NOW + 5 * DAY,
        "starts_at": NOW + 10 * DAY,
    }
    return Lot(**(facts | changed))


def states(steps: list[Step]) -> list[str]:
    return [step.state.value for step in steps]


def test_a_draft_that_was_returned_shows_the_reasons_at_the_first_step() -> None:
    drafted = project("draft", entered_at=None, published_at=None)
    steps = timeline(drafted, [], {}, Told({}, {}, "补充宗地图"), NOW)
    assert steps[ENTRY] == Step(
        "Entry", Standing.NOW, words="Returned with reasons", detail="补充宗地图", by="officer in charge"
    )
    assert states(steps) == ["now"] + ["next"] * 6


def test_each_stage_of_entry_moves_the_mark_by_one() -> None:
    submitted = project("submitted", entered_at=None, published_at=None)
    assert states(timeline(submitted, [], {}, NOTHING_TOLD, NOW))[:3] == ["done", "now", "next"]
    entered = project("entered", published_at=None)
    steps = timeline(entered, [lot("entered")], {}, NOTHING_TOLD, NOW)
    assert states(steps)[:4] == ["done", "done", "now", "next"]
    assert "JC-510522-20261101-000001-X" in steps[REVIEW].detail


@pytest.mark.parametrize(
    ("now", "registration", "sale"),
    [
        (NOW - 3 * DAY, "next", "next"),
        (NOW, "now", "next"),
        (NOW + 5 * DAY, "done", "next"),
        (NOW + 10 * DAY, "done", "now"),
    ],
)
def test_a_published_lot_waits_registers_and_starts_by_the_clock(now: datetime, registration: str, sale: str) -> None:
    steps = timeline(project("published"), [lot("published")], {}, NOTHING_TOLD, now)
    assert (steps[REGISTRATION].state, steps[SALE].state) == (registration, sale)
    assert steps[RESULT].words == "published within 10 working days"


def test_a_running_sale_is_where_the_project_stands_and_leads_to_watching_it() -> None:
    steps = timeline(project("published"), [lot("contest")], {}, NOTHING_TOLD, NOW)
    assert (steps[SALE].state, steps[SALE].address) == (Standing.NOW, f"/lots/{LOT}/watch")


@pytest.mark.parametrize(("method", "registration"), [("listing", "now"), ("auction", "done")])
def test_registration_that_runs_into_the_sale_is_going_on_beside_it(method: str, registration: str) -> None:
    running = lot("contest", selling_method=method, registration_closes_at=NOW + timedelta(hours=1))
    steps = timeline(project("published"), [running], {}, NOTHING_TOLD, NOW)
    assert states(steps)[3:5] == [registration, "now"]


def test_a_result_that_is_not_published_in_ten_working_days_is_missed() -> None:
    """国土资源部令39号 (unconfirmed): results within ten working days."""
    ended = lot("sold", ended_at=datetime(2026, 11, 23, 2, tzinfo=UTC))
    deal = Deal(lot_id=LOT, final_fen=100, winner_name="甲")
    last_day = datetime(2026, 12, 7, 15, 59, tzinfo=UTC)

    def publication(now: datetime) -> Step:
        return timeline(project("concluded"), [ended], {LOT: deal}, NOTHING_TOLD, now)[RESULT + 1]

    assert publication(last_day) == Step("Result published", Standing.NOW, words="by 2026-12-07 at the latest")
    assert publication(last_day + timedelta(minutes=1)).state is Standing.MISSED


def test_a_published_result_is_done_and_linked() -> None:
    ended = lot("withdrawn", ended_at=NOW)
    told = Told({}, {LOT: ("/announcements/1", NOW)})
    steps = timeline(project("concluded"), [ended], {}, told, NOW + 90 * DAY)
    assert steps[RESULT + 1] == Step("Result published", Standing.DONE, NOW, address="/announcements/1")
    assert steps[-1].state is Standing.NOW


def test_no_last_day_is_guessed_in_a_year_whose_holidays_are_unknown() -> None:
    ended = lot("sold", ended_at=datetime(2031, 3, 3, tzinfo=UTC))
    assert result_deadline(ended, NATIONAL_AUCTION) is None
    steps = timeline(project("concluded"), [ended], {}, NOTHING_TOLD, NOW)
    assert steps[RESULT + 1].words == "published within 10 working days"


def test_a_filed_project_has_nothing_left_to_do() -> None:
    ended = lot("sold", ended_at=NOW)
    told = Told({LOT: ("/announcements/0", NOW)}, {LOT: ("/announcements/1", NOW)})
    steps = timeline(project("filed", filed_at=NOW), [ended], {}, told, NOW)
    assert set(states(steps)) == {"done"}


@pytest.mark.parametrize(("filed_at", "state"), [(None, Standing.NOW), (NOW, Standing.DONE)])
def test_a_terminated_project_waits_for_its_dossier(filed_at: datetime | None, state: Standing) -> None:
    ended = lot("called_off", ended_at=NOW)
    steps = timeline(project("terminated", filed_at=filed_at), [ended], {}, NOTHING_TOLD, NOW)
    assert (steps[-1].title, steps[-1].state, steps[-1].at) == ("Dossier filed", state, filed_at)


def test_of_several_lots_each_has_its_own_steps() -> None:
    second = lot("published", id=UUID(int=2), title="另一块")
    steps = timeline(project("published"), [lot("contest"), second], {}, NOTHING_TOLD, NOW)
    assert [step.title for step in steps if "另一块" in step.title] == [
        "Registration and deposit · 另一块",
        "Auction · 另一块",
        "Result · 另一块",
    ]


def test_a_recorded_deal_tells_when_it_was_concluded_and_when_recorded() -> None:
    recorded = project("concluded", rule_profile=HISTORIC, concluded_at=NOW - 900 * DAY, created_at=NOW)
    deal = Deal(lot_id=LOT, final_fen=74_820_000, winner_name="甲公司")
    steps = timeline(recorded, [lot("sold", is_recorded=True)], {LOT: deal}, NOTHING_TOLD, NOW)
    assert [(step.title, step.at) for step in steps] == [
        ("Deal concluded", NOW - 900 * DAY),
        ("Recorded on this platform", NOW),
    ]
    assert steps[0].detail == "甲公司, 748,200.00 yuan"
