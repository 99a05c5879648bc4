"""What is asked, what binds it, and which ratings may be counted together."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ratings.stage import answers, form_of
from tests.reviews.stage import at
from trading.kernel.ids import new_id
from trading.projects.working_days import PACKAGE
from trading.ratings.batches import Cell, Counted, Waiting, batches_of, in_no_order, tally
from trading.ratings.cases import SERVICE_OF_LIMIT, Case, figures_of
from trading.ratings.quarters import quarter_named, quarters_to, read_quarter
from trading.ratings.rules import (
    LONGEST_WORDS,
    NATIONAL,
    QUESTIONS,
    AlreadyRated,
    Answers,
    RatingOver,
    ScoreMissing,
    Service,
    Side,
    WordsTooLong,
    WordsUnreadable,
    check_may_rate,
    closing_moment,
    judge_answers,
    seal_of,
)
from trading.reviews.figures import Quarter

K = NATIONAL.smallest_group.value
THIRD, FOURTH = Quarter(2026, 3), Quarter(2026, 4)


@pytest.mark.parametrize("side", Side)
def test_a_whole_form_is_read_as_it_was_meant(side: Side) -> None:
    words = "第一行\n第二行 <b>=1+1</b>"
    typed = form_of(answers(side, 3, words))
    assert judge_answers(side, typed) == (answers(side, 3, words if side is Side.UNIT else ""), {})


@given(st.dictionaries(st.sampled_from([question.code for question in QUESTIONS[Side.UNIT]]), st.text(max_size=3)))
def test_every_question_needs_one_of_the_five(typed: dict[str, str]) -> None:
    _, problems = judge_answers(Side.UNIT, typed)
    wrong = {question.code for question in QUESTIONS[Side.UNIT] if typed.get(question.code) not in list("12345")}
    assert set(problems) == wrong
    assert {type(each) for each in problems.values()} <= {ScoreMissing}


@pytest.mark.parametrize(
    ("words", "refusal"),
    [("好" * LONGEST_WORDS, None), ("好" * (LONGEST_WORDS + 1), WordsTooLong), ("a\x00b", WordsUnreadable)],
)
def test_words_are_kept_or_refused_with_words(words: str, refusal: type[Exception] | None) -> None:
    read, problems = judge_answers(Side.UNIT, form_of(answers()) | {"words": words})
    assert (type(problems.get("words")), read.words) == ((type(None), words) if refusal is None else (refusal, ""))


def test_a_seal_binds_request_side_scores_and_words_and_tells_nothing_without_its_salt() -> None:
    request, salt, said = new_id(), bytes(range(32)), answers(words="好")
    seal = seal_of(request, Side.UNIT, said, salt)
    assert seal == seal_of(UUID(str(request)), Side.UNIT, answers(words="好"), salt)
    others = [
        seal_of(new_id(), Side.UNIT, said, salt),
        seal_of(request, Side.OFFICER, said, salt),
        seal_of(request, Side.UNIT, answers(words="好", fair=4), salt),
        seal_of(request, Side.UNIT, answers(words="坏"), salt),
        seal_of(request, Side.UNIT, said, bytes(32)),
    ]
    assert len({seal, *others}) == 6
    with pytest.raises(ValueError, match="32 bytes"):
        seal_of(request, Side.UNIT, said, b"short")


def test_a_side_rates_once_and_until_the_end_of_the_last_day() -> None:
    asked = at("2026-11-23 23:59")
    closes = closing_moment(asked, NATIONAL)
    assert closes == at("2026-12-09 00:00")
    check_may_rate(already=False, closes_at=closes, opened=False, now=closes - timedelta(microseconds=1))
    with pytest.raises(RatingOver):
        check_may_rate(already=False, closes_at=closes, opened=False, now=closes)
    with pytest.raises(RatingOver):
        check_may_rate(already=False, closes_at=closes, opened=True, now=asked)
    with pytest.raises(AlreadyRated):
        check_may_rate(already=True, closes_at=closes, opened=False, now=asked)


cells = st.builds(
    Cell,
    st.just(Side.UNIT),
    st.sampled_from([Service.SALE, Service.ENTRY_REVIEW]),
    st.sampled_from([THIRD, FOURTH]),
    st.sampled_from([UUID(int=1), UUID(int=2)]),
    st.sampled_from([None, UUID(int=3)]),
) | st.builds(Cell, st.just(Side.OFFICER), unit_id=st.sampled_from([UUID(int=4), UUID(int=5)]))


@given(st.lists(st.lists(cells, max_size=12), max_size=5), st.sets(st.sampled_from([THIRD, FOURTH])))
def test_whatever_grows_grows_by_no_fewer_than_the_smallest_group(days: list[list[Cell]], over: set[Quarter]) -> None:
    """However ratings come in: every batch is large enough, and nobody is counted twice or lost."""
    waiting: list[Waiting] = []
    counted: Counter[UUID] = Counter()
    for number, day in enumerate(days):
        waiting += [Waiting(UUID(int=1000 * number + place), cell) for place, cell in enumerate(day)]
        cell_of = {each.rating_id: each.cell for each in waiting}
        for batch in batches_of(waiting, over=over if number + 1 == len(days) else set(), smallest=K):
            assert len(batch.rating_ids) >= K
            for rating_id in batch.rating_ids:
                finest = cell_of[rating_id]
                assert batch.cell.side == finest.side
                assert batch.cell.service in (None, finest.service)
                assert batch.cell.quarter == finest.quarter
                assert batch.cell.officer_id in (None, finest.officer_id)
            counted.update(batch.rating_ids)
        waiting = [each for each in waiting if each.rating_id not in counted]
    assert set(counted.values()) <= {1}


def test_what_is_left_of_a_quarter_is_counted_coarser_once_nothing_can_be_added() -> None:
    sale = [Waiting(UUID(int=n), Cell(Side.UNIT, Service.SALE, THIRD, UUID(int=n))) for n in range(K)]
    assert batches_of(sale, over=set(), smallest=K) == []
    [together] = batches_of(sale, over={THIRD}, smallest=K)
    assert together.cell == Cell(Side.UNIT, Service.SALE, THIRD)
    mixed = [*sale[1:], Waiting(UUID(int=99), Cell(Side.UNIT, Service.ENTRY_REVIEW, THIRD, UUID(int=1)))]
    [coarsest] = batches_of(mixed, over={THIRD}, smallest=K)
    assert coarsest.cell == Cell(Side.UNIT, None, THIRD)
    assert batches_of(mixed[1:], over={THIRD}, smallest=K) == []


@given(st.permutations([dict(answers(score=score).scores) for score in (1, 2, 3, 4, 5)]))
def test_the_order_of_counted_scores_tells_nothing(given_in: list[dict[str, int]]) -> None:
    assert in_no_order(given_in) == in_no_order(sorted(given_in, key=str))


def test_satisfaction_is_the_share_of_four_and_five() -> None:
    scores = tuple(Answers({"overall": score}).scores for score in (1, 3, 4, 5, 5, 3))
    found = tally([Counted(Cell(Side.UNIT), scores)])
    assert (found.count, found.satisfied, str(found.satisfaction)) == (6, 3, "50.0")
    assert tally([]).satisfaction is None


# Thursday 2026-10-08 is the first working day after the holiday that begins on 2026-10-01; 10-10 is a make-up Saturday.
@pytest.mark.parametrize(
    ("received", "due", "done", "in_time", "early", "on_the_spot"),
    [
        ("2026-11-23 09:00", "2026-11-27 00:00", "2026-11-23 17:00", True, True, True),
        ("2026-11-23 09:00", "2026-11-27 00:00", "2026-11-25 17:00", True, True, False),
        ("2026-11-23 09:00", "2026-11-27 00:00", "2026-11-26 23:59", True, False, False),
        ("2026-11-23 09:00", "2026-11-27 00:00", "2026-11-27 00:00", False, False, False),
        ("2026-11-21 09:00", "2026-11-27 00:00", "2026-11-23 10:00", True, True, True),
        ("2026-11-21 09:00", "2026-11-27 00:00", "2026-11-21 10:00", True, True, True),
        ("2026-11-20 09:00", "2026-11-27 00:00", "2026-11-23 10:00", True, True, False),
        ("2026-10-01 09:00", "2026-10-15 00:00", "2026-10-08 10:00", True, True, True),
        ("2026-10-01 09:00", "2026-10-15 00:00", "2026-10-09 10:00", True, True, False),
        ("2031-01-04 09:00", None, "2031-01-06 10:00", False, False, False),
        ("2031-01-04 09:00", None, "2031-01-04 10:00", False, False, True),
    ],
)
def test_on_time_early_and_on_the_spot(
    received: str, due: str | None, done: str, in_time: bool, early: bool, on_the_spot: bool
) -> None:
    case = Case(Service.SALE, None, at(received), None if due is None else at(due), at(done))
    assert (case.in_time, case.early, case.on_the_spot(PACKAGE)) == (in_time, early, on_the_spot)


def test_rates_leave_out_what_has_no_known_due_moment() -> None:
    received: datetime = at("2026-11-23 09:00")
    known = Case(Service.SALE, None, received, received + timedelta(days=3), received + timedelta(days=9))
    unknown = Case(Service.SALE, None, received, None, received)
    waiting = Case(Service.SALE, None, received, received + timedelta(days=3), None)
    found = figures_of([known, unknown, waiting], [known, unknown], PACKAGE)
    assert (found.received, found.done, found.timed) == (3, 2, 1)
    assert [str(rate) for rate in (found.in_time_percent, found.early_percent, found.on_the_spot_percent)] == [
        *("0.0", "0.0", "50.0")
    ]
    assert figures_of([], [], PACKAGE).in_time_percent is None


def test_every_limit_of_the_centre_belongs_to_a_kind_of_service() -> None:
    returns = {code for code, kind in SERVICE_OF_LIMIT.items() if kind is Service.DEPOSIT_REFUND}
    assert returns == {
        *("deposit_return", "tender_deposit_return", "withdrawn_bid_deposit"),
        *("losers_deposit_return", "winners_deposit_return"),
    }
    assert SERVICE_OF_LIMIT["registration_review"] is Service.REGISTRATION
    assert "price_payment" not in SERVICE_OF_LIMIT, "the winner keeps it, not the centre"
    assert "announcement_period" not in SERVICE_OF_LIMIT, "nobody has to hurry"


def test_quarters_have_names_and_are_read_back() -> None:
    quarters = quarters_to(Quarter(2027, 1), 3)
    assert [quarter_named(each) for each in quarters] == ["2026-Q3", "2026-Q4", "2027-Q1"]
    assert [read_quarter(quarter_named(each)) for each in quarters] == list(quarters)
    assert [read_quarter(name) for name in ("", "2026-Q5", "2026-q1", "９026-Q1", "2026-Q1 ")] == [None] * 5
