"""What was raised goes into the project's dossier, which is not complete while something is open."""

import json
from pathlib import Path

from archive import files
from tests.complaints.stage import PAPER, REJECTED, at, published
from trading.complaints.dossier import FILE_NAME
from trading.complaints.procedures import About, Paper
from trading.kernel.database import Database
from trading.supervision.dossiers import ProjectDossiers

OPEN = "A query, an objection or a complaint is still open."


async def test_the_dossier_holds_the_paper_with_its_answer_and_waits_for_what_is_open(
    database: Database, tmp_path: Path
) -> None:
    files.use_folder(tmp_path)
    stage = await published(database)
    dossiers = ProjectDossiers()
    query = await stage.raise_(Paper.QUERY, About.DOCUMENTS, at(11, 5))
    async with database.reading() as session:
        assert OPEN in (await dossiers.parts(session, stage.project_id)).gaps
    await stage.answer(query, at(11, 9))
    async with database.reading() as session:
        assert OPEN not in (await dossiers.parts(session, stage.project_id)).gaps
        first = {each.file_name: each.content for each in await dossiers.records(session, stage.project_id)}
        second = {each.file_name: each.content for each in await dossiers.records(session, stage.project_id)}
    assert first == second, "the same facts give the same bytes"
    assert first[FILE_NAME].startswith(b"%PDF")
    told = json.loads(first[f"06-{query.number}.json"])
    assert told["papers"][0]["matters"] == PAPER["matters"]
    assert (told["outcome"], told["reasons"]) == ("rejected", REJECTED.reasons)


async def test_a_dossier_without_queries_has_no_table_of_them(database: Database, tmp_path: Path) -> None:
    files.use_folder(tmp_path)
    stage = await published(database)
    async with database.reading() as session:
        records = await ProjectDossiers().records(session, stage.project_id)
    assert FILE_NAME not in {each.file_name for each in records}
