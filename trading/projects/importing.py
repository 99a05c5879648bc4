"""Use case: import several projects of one kind from a workbook. Each row becomes a draft, faulty ones too.

A row is not taken when it says no title, or the same project as a row before it or as one that the officer has already;
so a corrected workbook can be imported again without doubling what is there. Services never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel.i18n import gettext as _
from trading.kernel.ids import new_id
from trading.projects.entry import record, save_draft
from trading.projects.models import Project
from trading.projects.presenting import field_labels, in_words
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind, ProjectState
from trading.projects.workbooks import ReadRow

_NO_TITLE = N_("The row has no title, so there is nothing by which a draft could be found again.")
_TWICE = N_("The same project stands in row {number} already.")
_THERE = N_("You have entered a project of this kind with this title and owner already.")


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What came of one row. `project_id` is its draft; None when it was not taken. `faults` are in words."""

    number: int
    title: str
    project_id: UUID | None
    faults: list[str]


@dataclass(slots=True)
class ImportReport:
    """What came of all rows."""

    rows: list[ImportedRow] = field(default_factory=list)

    @property
    def good(self) -> int:
        """How many rows made a complete draft."""
        return sum(1 for row in self.rows if row.project_id is not None and not row.faults)

    @property
    def faulty(self) -> int:
        """How many rows made a draft with faults."""
        return sum(1 for row in self.rows if row.project_id is not None and row.faults)

    @property
    def refused(self) -> int:
        """How many rows were not taken."""
        return sum(1 for row in self.rows if row.project_id is None)


async def import_rows(
    session: AsyncSession,
    kind: ProjectKind,
    rows: Sequence[ReadRow],
    *,
    actor: Actor,
    demonstration: bool,
    now: datetime,
) -> ImportReport:
    """Make a draft of every row that can be taken, and tell each one's faults in the language of the request."""
    there = await _already_there(session, kind, actor)
    report, seen = ImportReport(), dict[tuple[str, str], int]()
    for row in rows:
        title, owner = (" ".join(row.form.get(name, "").split())[:120] for name in ("title", "owner_name"))
        fault = _not_taken(title, owner, seen, there)
        if fault:
            report.rows.append(ImportedRow(row.number, title, None, [fault]))
            continue
        seen[title, owner] = row.number
        project_id = new_id()
        judged = await save_draft(session, project_id, row.form, actor=actor, demonstration=demonstration, now=now)
        await record(session, f"project:{project_id}", "draft_imported", actor, now, {"row": row.number})
        of_cells = {name for name, _message in row.faults}
        told = [_told(kind, row, name, _(message)) for name, message in row.faults]
        told += [
            _told(kind, row, found.field, in_words(found)) for found in judged.problems if found.field not in of_cells
        ]
        report.rows.append(ImportedRow(row.number, title, project_id, told))
    return report


async def _already_there(session: AsyncSession, kind: ProjectKind, actor: Actor) -> set[tuple[str, str]]:
    """Title and owner of the officer's projects of this kind that have not been published yet."""
    unpublished = (ProjectState.DRAFT, ProjectState.SUBMITTED, ProjectState.ENTERED)
    mine = select(Project.title, Project.owner_name).where(
        Project.officer_id == actor.account_id, Project.kind == kind, Project.state.in_(unpublished)
    )
    return {(title, owner) for title, owner in await session.execute(mine)}


def _not_taken(title: str, owner: str, seen: dict[tuple[str, str], int], there: set[tuple[str, str]]) -> str:
    """Why a row is not taken; an empty text when it is."""
    if not title:
        return _(_NO_TITLE)
    if (title, owner) in seen:
        return _(_TWICE).format(number=seen[title, owner])
    return _(_THERE) if (title, owner) in there else ""


def _told(kind: ProjectKind, row: ReadRow, name: str, words: str) -> str:
    """A fault with the column in which it stands; a field that the workbook does not have has none."""
    label = field_labels(kind, lot_count=1).get(name, name)
    column = row.columns.get(name)
    where = label if column is None else _("Column {column} ({label})").format(column=column, label=label)
    return f"{where}{_(': ')}{words}"
