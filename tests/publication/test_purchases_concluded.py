"""What is published of a purchase concludes it: results, withdrawals, terminations, and contracts after them."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from tests.projects.forms import NOW
from tests.projects.kind_forms import form_of_kind, two_lots
from tests.publication.release_stage import SYSTEM, Stage, entered
from trading.exchange import service as exchange
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.projects import service as projects
from trading.projects.awarding import Award, LotHasEnded, LotNotAwarded, award_lot
from trading.projects.models import Lot
from trading.projects.rules import LotState, ProjectKind, ProjectState
from trading.publication.release_rules import AnnouncementHasProblems, KindNotOffered
from trading.publication.releasing import Draft
from trading.publication.rules import AnnouncementIncomplete, AnnouncementKind
from trading.reports import service as reports
from trading.settings import Settings
from trading.supervision.dossiers import ProjectDossiers

KIND = ProjectKind.GOVERNMENT_PROCUREMENT
DUE = datetime(2026, 11, 23, 2, tzinfo=UTC)  # 10:00 at the centre
DECIDED, AFTER = DUE + timedelta(hours=4), DUE + timedelta(hours=6)
RESULT = {
    "winner_name": "泸州康达医疗器械有限公司",
    "winner_credit_code": "91510522MADEM0011D",
    "final": "780000",
    "concluded_at": "2026-11-23 14:00",
    "experts": "专家五人",
}
WITHDRAWAL = {"reason": "有效供应商不足三家。", "ended_at": "2026-11-23 14:00"}
CONTRACT = {
    "contract_number": "HT-1",
    "supplier_name": RESULT["winner_name"],
    "contract": "780000",
    "signed_at": "2026-11-23 15:00",
    "subject": "彩色超声诊断仪一台。",
}


@pytest.fixture
async def stage(database: Database) -> Stage:
    """A published purchase in two lots."""
    return await published(database, two_lots(KIND))


async def published(database: Database, form: dict[str, str]) -> Stage:
    made = await entered(database, form)
    await made.release(await made.prepare(Draft(AnnouncementKind.TENDER, {})))
    return made


async def lots(stage: Stage) -> list[Lot]:
    async with stage.database.reading() as session:
        return await projects.lots_of(session, stage.project_id)


async def project_state(stage: Stage) -> str:
    async with stage.database.reading() as session:
        return (await projects.get_project(session, stage.project_id)).state


async def announce(
    stage: Stage, kind: AnnouncementKind, typed: dict[str, str], lot_id: UUID | None = None, now: datetime = AFTER
) -> None:
    await stage.release(await stage.prepare(Draft(kind, typed, lot_id=lot_id), now), now=now)


async def wrong_fields(stage: Stage, kind: AnnouncementKind, typed: dict[str, str]) -> list[str]:
    first = (await lots(stage))[0].id
    with pytest.raises(AnnouncementHasProblems) as refusal:
        await stage.prepare(Draft(kind, typed, lot_id=first), AFTER)
    return [problem.field for problem in refusal.value.problems]


async def test_each_result_concludes_its_lot_and_the_last_one_the_project(stage: Stage) -> None:
    first, second = await lots(stage)
    await announce(stage, AnnouncementKind.RESULT, RESULT, first.id)
    assert [lot.state for lot in await lots(stage)] == [LotState.SOLD, LotState.PUBLISHED]
    assert await project_state(stage) == ProjectState.PUBLISHED
    await announce(stage, AnnouncementKind.RESULT, RESULT | {"final": "700000"}, second.id, AFTER + timedelta(days=1))
    assert await project_state(stage) == ProjectState.CONCLUDED
    async with stage.database.reading() as session:
        deal = await projects.deal_of(session, first.id)
        [*_, sold] = await journal_store.read(session, f"lot:{first.id}")
    assert deal is not None
    assert (deal.baseline_fen, deal.final_fen, deal.concluded_at) == (80_000_000, 78_000_000, DECIDED)
    assert (sold.kind, sold.at, sold.actor) == ("lot_sold", AFTER, stage.second.reference)


async def test_the_deals_stand_in_the_reports_and_in_open_data(stage: Stage, settings: Settings) -> None:
    first, second = await lots(stage)
    await announce(stage, AnnouncementKind.RESULT, RESULT, first.id)
    await announce(stage, AnnouncementKind.RESULT, RESULT | {"final": "700000"}, second.id)
    await announce(stage, AnnouncementKind.CONTRACT, CONTRACT | {"contract": "700000"}, second.id)
    async with stage.database.reading() as session:
        told = await reports.report_as_dict(session, date(2026, 11, 23), date(2026, 11, 23))
        publisher = exchange.publisher_of(settings)
        released = (await exchange.releases_after(session, publisher, None)).items
    assert told["government_procurement"]["deals"] == 2
    assert told["government_procurement"]["saved_fen"] == 12_000_000
    awards = {award["id"]: award["value"]["amount"] for one in released for award in one.get("awards", ())}
    assert awards == {first.deal_code: 780000, second.deal_code: 700000}
    [contract] = [contract for one in released for contract in one.get("contracts", ())]
    assert contract["awardID"] == second.deal_code


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"final": "790000.01"}, "final"),  # the highest price is below the budget
        ({"final": "0"}, "final"),
        ({"concluded_at": "2026-11-23 09:59"}, "concluded_at"),
        ({"concluded_at": "2026-11-24 09:00"}, "concluded_at"),
        ({"winner_credit_code": "91510522MADEM0011X"}, "winner_credit_code"),
        ({"winner_name": " "}, "winner_name"),
    ],
)
async def test_a_result_that_cannot_be_is_refused_beside_its_field(
    stage: Stage, changed: dict[str, str], field: str
) -> None:
    assert await wrong_fields(stage, AnnouncementKind.RESULT, RESULT | changed) == [field]
    assert [lot.state for lot in await lots(stage)] == [LotState.PUBLISHED] * 2


async def test_everything_that_is_wrong_with_a_result_is_told_at_once(stage: Stage) -> None:
    typed = RESULT | {"final": "900000", "concluded_at": "2026-11-22 10:00"}
    assert await wrong_fields(stage, AnnouncementKind.RESULT, typed) == ["final", "concluded_at"]


async def test_a_result_at_the_highest_price_and_at_the_very_moment_is_taken(stage: Stage) -> None:
    typed = RESULT | {"final": "790000", "concluded_at": "2026-11-23 10:00"}
    await announce(stage, AnnouncementKind.RESULT, typed, (await lots(stage))[0].id, DUE)
    assert (await lots(stage))[0].state == LotState.SOLD


async def test_a_lot_is_concluded_once_also_by_what_was_prepared_before(stage: Stage) -> None:
    first = (await lots(stage))[0].id
    withdrawal = await stage.prepare(Draft(AnnouncementKind.WITHDRAWAL, WITHDRAWAL, lot_id=first), AFTER)
    await announce(stage, AnnouncementKind.RESULT, RESULT, first)
    with pytest.raises(LotHasEnded):
        await stage.release(withdrawal, now=AFTER)
    with pytest.raises(LotHasEnded):
        await stage.prepare(Draft(AnnouncementKind.RESULT, RESULT | {"final": "1"}, lot_id=first), AFTER)
    assert (await lots(stage))[0].state == LotState.SOLD


async def test_what_is_set_for_a_moment_concludes_nothing_before_it(stage: Stage) -> None:
    first = (await lots(stage))[0].id
    release = await stage.prepare(Draft(AnnouncementKind.RESULT, RESULT, lot_id=first), AFTER)
    await stage.release(release, "2026-11-24 09:00", now=AFTER)
    assert (await lots(stage))[0].state == LotState.PUBLISHED
    await stage.publish_next(AFTER + timedelta(days=1))
    assert (await lots(stage))[0].state == LotState.SOLD


async def test_a_lot_that_was_concluded_before_is_announced_as_it_was_concluded(stage: Stage) -> None:
    first = (await lots(stage))[0].id
    award = Award(RESULT["winner_name"], RESULT["winner_credit_code"], Money(78_000_000), DECIDED)
    async with stage.database.work() as work:
        await award_lot(work, first, award, actor=SYSTEM, now=AFTER)
    typed = RESULT | {"final": "770000", "winner_name": "另一家公司"}
    assert await wrong_fields(stage, AnnouncementKind.RESULT, typed) == ["winner_name", "final"]
    await announce(stage, AnnouncementKind.RESULT, RESULT, first)
    async with stage.database.reading() as session:
        sold = [one for one in await journal_store.read(session, f"lot:{first}") if one.kind == "lot_sold"]
    assert len(sold) == 1


async def test_a_withdrawal_ends_its_lot_without_a_deal(stage: Stage) -> None:
    first = (await lots(stage))[0].id
    assert await wrong_fields(stage, AnnouncementKind.WITHDRAWAL, WITHDRAWAL | {"ended_at": "2026-11-24 10:00"}) == [
        "ended_at"
    ]
    await announce(stage, AnnouncementKind.WITHDRAWAL, WITHDRAWAL, first)
    lot = (await lots(stage))[0]
    assert (lot.state, lot.ended_at) == (LotState.WITHDRAWN, DECIDED)
    async with stage.database.reading() as session:
        assert await projects.deal_of(session, first) is None


async def test_a_termination_ends_the_purchase_with_all_that_is_open(stage: Stage) -> None:
    first, _ = await lots(stage)
    await announce(stage, AnnouncementKind.RESULT, RESULT, first.id)
    await announce(stage, AnnouncementKind.TERMINATION, {"reason": "采购任务取消。"})
    assert [lot.state for lot in await lots(stage)] == [LotState.SOLD, LotState.CALLED_OFF]
    assert await project_state(stage) == ProjectState.TERMINATED
    with pytest.raises(KindNotOffered):
        await stage.prepare(Draft(AnnouncementKind.TENDER, {}), AFTER)
    told = (await stage.announcements())[-1]
    correction = {"correction": "“采购任务”应为“采购计划”。", "affects_bids": "no", "no_effect_reason": "笔误"}
    await stage.release(
        await stage.prepare(Draft(AnnouncementKind.CORRECTION, correction, follows=told.id), AFTER), now=AFTER
    )


async def test_a_contract_follows_an_award(stage: Stage) -> None:
    first, _ = await lots(stage)
    with pytest.raises(LotNotAwarded):
        await stage.prepare(Draft(AnnouncementKind.CONTRACT, CONTRACT, lot_id=first.id), AFTER)


async def test_procurement_names_its_experts_and_says_what_is_missing_in_words(stage: Stage) -> None:
    typed = {name: words for name, words in RESULT.items() if name != "experts"}
    with pytest.raises(AnnouncementIncomplete) as refusal:
        await stage.prepare(Draft(AnnouncementKind.RESULT, typed, lot_id=(await lots(stage))[0].id), AFTER)
    assert (refusal.value.names, refusal.value.missing) == (("experts",), ("Members of the committee",))


@pytest.mark.parametrize(("final", "fields"), [("50000", []), ("49999.99", ["final"])])
async def test_a_fixed_price_is_what_was_fixed(database: Database, final: str, fields: list[str]) -> None:
    stage = await published(database, form_of_kind(ProjectKind.FIXED_PRICE_SELECTION))
    typed = RESULT | {"final": final}
    if fields:
        assert await wrong_fields(stage, AnnouncementKind.RESULT, typed) == fields
    else:
        await announce(stage, AnnouncementKind.RESULT, typed)
        assert await project_state(stage) == ProjectState.CONCLUDED


async def test_what_fits_no_other_kind_may_go_above_its_amount(database: Database) -> None:
    stage = await published(database, form_of_kind(ProjectKind.OTHER))
    await announce(stage, AnnouncementKind.RESULT, RESULT | {"final": "60000"})
    assert (await lots(stage))[0].state == LotState.SOLD


async def test_a_purchase_is_filed_when_its_contracts_are_published(database: Database) -> None:
    stage, sources = await published(database, form_of_kind(KIND)), ProjectDossiers()
    await announce(stage, AnnouncementKind.RESULT, RESULT)
    async with database.work() as work:
        assert (await sources.parts(work, stage.project_id)).gaps == ("A contract announcement is missing.",)
        assert await sources.file_complete(work, actor=SYSTEM, now=AFTER) == []
    await announce(stage, AnnouncementKind.CONTRACT, CONTRACT)
    async with database.work() as work:
        assert await sources.file_complete(work, actor=SYSTEM, now=AFTER) == [stage.project_id]
    assert await project_state(stage) == ProjectState.FILED


async def test_the_dossier_of_a_terminated_purchase_is_filed_once_and_it_stays_terminated(stage: Stage) -> None:
    sources = ProjectDossiers()
    async with stage.database.work() as work:
        assert "A lot has not ended yet." in (await sources.parts(work, stage.project_id)).gaps
    await announce(stage, AnnouncementKind.TERMINATION, {"reason": "采购任务取消。"}, now=NOW + timedelta(days=1))
    for filed in ([stage.project_id], []):
        async with stage.database.work() as work:
            assert await sources.file_complete(work, actor=SYSTEM, now=AFTER) == filed
    async with stage.database.reading() as session:
        project = await projects.get_project(session, stage.project_id)
    assert (project.state, project.filed_at) == (ProjectState.TERMINATED, AFTER)
    assert (await stage.told()).count("project_filed") == 1


async def test_a_dossier_holds_the_text_of_each_announcement_as_it_was_published(stage: Stage) -> None:
    [tender] = await stage.announcements()
    async with stage.database.reading() as session:
        facts, text = (await ProjectDossiers().parts(session, stage.project_id)).announcements
    assert (facts.sha256, text.sha256) == (tender.facts_hash, tender.text_hash)
    assert (text.file_name, text.media_type) == ("announcement-01-tender.html", "text/html")
    assert "第二包" in text.content.decode()
    assert msgspec.json.decode(facts.content)["project_title"] == "县中医院医用设备采购"
