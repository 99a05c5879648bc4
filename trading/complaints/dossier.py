"""What this room contributes to a project's dossier: a table of what was raised, and each paper with its answer, whole.

Files stay where they are; the papers name them by their SHA-256, so that anybody can check one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from archive.bundle import LooseRecord
from archive.listing import Column, Listing, listing_pdf
from archive.typesetting import moment
from trading.accounts import service as accounts
from trading.complaints.lookups import files_of, matters_of_project, papers_of, replies_of, suspension_of
from trading.complaints.models import Matter
from trading.complaints.rules import State
from trading.kernel.canonical import canonical_json
from trading.kernel.moments import iso
from trading.projects import service as projects
from trading.projects.models import Project
from trading.venues.dossier import drawable

# The table is an official paper and speaks Chinese whatever language a reader has chosen.
_PAPERS = {"query": "质疑", "objection": "异议", "complaint": "投诉"}
_ABOUT = {"documents": "文件", "opening": "开标", "process": "过程", "result": "结果"}
_STATES: Mapping[State, str] = {
    State.RECEIVED: "已收到",
    State.INCOMPLETE: "待补正",
    State.ACCEPTED: "处理中",
    State.DECIDED: "已答复（决定）",
    State.NOT_ACCEPTED: "不予受理",
    State.WITHDRAWN: "已撤回",
}
_OUTCOMES = {"upheld": "成立", "partly": "部分成立", "rejected": "不成立", None: "—"}
FILE_NAME = "06-质疑异议投诉.pdf"


async def record_of_project(session: AsyncSession, project_id: UUID) -> tuple[LooseRecord, ...]:
    """A table of what was raised and a file for each; nothing where nothing was raised."""
    matters = await matters_of_project(session, project_id)
    if not matters:
        return ()
    names = {each.id: (await accounts.get_unit(session, each.unit_id)).name for each in matters}
    project = await projects.get_project(session, project_id)
    table = await asyncio.to_thread(listing_pdf, _listing(project, matters, names))
    papers = [
        LooseRecord(f"06-{each.number}.json", canonical_json(await _whole(session, each, names[each.id])))
        for each in matters
    ]
    return (LooseRecord(FILE_NAME, table), *papers)


async def _whole(session: AsyncSession, matter: Matter, unit_name: str) -> dict[str, Any]:
    suspension = await suspension_of(session, matter.id)
    told: dict[str, Any] = {
        "number": matter.number,
        "paper": matter.paper,
        "about": matter.about,
        "unit": unit_name,
        "state": matter.state,
        "raised_at": iso(matter.raised_at),
        "papers": [dict(each.contents) for each in await papers_of(session, matter.id)],
        "files": [{"name": each.name, "sha256": each.sha256} for each in await files_of(session, matter.id)],
        "replies": [each.words for each in await replies_of(session, matter.id) if each.words is not None],
        "completion": matter.completion,
        "outcome": matter.outcome,
        "effect": matter.effect,
        "reasons": matter.reasons,
        "law": matter.law,
        "ended_at": None if matter.ended_at is None else iso(matter.ended_at),
    }
    if suspension is not None:
        told["suspended_at"] = iso(suspension.suspended_at)
        told["suspension"] = {"reasons": suspension.reasons, "legal_basis": suspension.legal_basis}
        told["lifted_at"] = None if suspension.lifted_at is None else iso(suspension.lifted_at)
    return told


def _listing(project: Project, matters: Sequence[Matter], names: Mapping[UUID, str]) -> Listing:
    columns = (
        Column("编号", 34),
        Column("类别", 24),
        Column("提出单位", 44),
        Column("提出时间", 26),
        Column("状态", 26),
        Column("结论", 18),
    )
    rows = [
        (
            each.number,
            f"{_PAPERS[each.paper]}（{_ABOUT[each.about]}）",
            drawable(names[each.id]),
            moment(each.raised_at),
            _STATES[State(each.state)],
            _OUTCOMES[each.outcome],
        )
        for each in matters
    ]
    return Listing(
        centre_name=project.owner_name,
        title="质疑、异议和投诉",
        subject=project.title,
        number=str(project.entry_code),
        columns=columns,
        rows=rows,
        made_at=max(each.ended_at or each.raised_at for each in matters),
        is_demonstration=project.is_demonstration,
    )
