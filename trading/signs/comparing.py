"""Use case of comparing rivals' papers: registrations carry none, so a supervisor hands in what bidders left elsewhere.

Nothing of the files is kept but what they say of their making, in the alert if there is one; the journal keeps which
files were compared, by their SHA-256. Services never commit.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, ClassVar, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from archive.files import store
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.errors import Refusal
from trading.publication.attachment_rules import (
    HEAD_LENGTH,
    MEBIBYTE,
    OFFICE,
    FileMissing,
    FileTooLarge,
    KindNotAllowed,
    check_kind,
    clean_name,
)
from trading.publication.portal_models import Attachment
from trading.publication.previewing import check_pixels
from trading.publication.unpacking import inspect_office
from trading.signs import words
from trading.signs.paper_properties import properties_of
from trading.signs.paper_rules import Paper, is_strong, shared_authors
from trading.signs.reading import LotFacts
from trading.signs.rules import Shared
from trading.signs.service import raise_signs, sign_of
from trading.supervision.alerts import Severity

LARGEST_MIB: Final = 20
MOST_PAPERS: Final = 40
READ: Final = "pdf, docx, xlsx, png, jpg"
_KINDS = frozenset({"pdf", "docx", "xlsx", "png", "jpg"})


@dataclass(eq=False)
class TooManyPapers(Refusal):
    """So many files at once take too long."""

    message: ClassVar[str] = "At most {most} files are compared at once."
    advice: ClassVar[str] = "Leave out pictures and attachments first; what says who wrote it are documents."
    most: int = MOST_PAPERS


@dataclass(eq=False)
class NothingToCompare(Refusal):
    """Papers of two rivals at least."""

    message: ClassVar[str] = "Choose papers of at least two bidders."
    advice: ClassVar[str] = "Files that were chosen have to be chosen again: browsers do not keep them."


async def read_paper(file: IO[bytes], typed_name: str, rival: UUID | None) -> Paper:
    """What a file says of its making.

    Refuses with `FileMissing`, `FileTooLarge`, and with what `attachment_rules` names for files that are not what they
    seem, are locked, damaged, or harmful.
    """
    name = clean_name(typed_name)
    size = file.seek(0, 2)
    if not name or size == 0:
        raise FileMissing
    if size > LARGEST_MIB * MEBIBYTE:
        raise FileTooLarge(LARGEST_MIB)
    file.seek(0)
    kind = check_kind(name, file.read(HEAD_LENGTH))
    if kind not in _KINDS:
        raise KindNotAllowed(name, READ)
    if kind in OFFICE:
        inspect_office(file, name, kind)
    elif kind != "pdf":
        check_pixels(file, name)
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a temporary file is one
    with tempfile.NamedTemporaryFile(suffix=f".{kind}") as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        found = await properties_of(Path(copy.name), kind, name)
    return Paper(rival, name, sha256, **found)


async def given_out(session: AsyncSession, project_id: UUID) -> list[Paper]:
    """What the centre itself gave out with the project: everybody's papers may come of it."""
    papers = []
    for attachment in await session.scalars(select(Attachment).where(Attachment.project_id == project_id)):
        kind = attachment.name.rpartition(".")[2].lower().replace("jpeg", "jpg")
        if kind in _KINDS:
            found = await properties_of(store().path_of(attachment.sha256), kind, attachment.name)
            papers.append(Paper(None, attachment.name, attachment.sha256, **found))
    return papers


async def compare(
    session: AsyncSession, facts: LotFacts, papers: Sequence[Paper], *, actor: Actor, now: datetime
) -> list[Shared[Paper]]:
    """Find what rivals' papers have in common, raise alerts, and journal what was compared.

    Refuses with `NothingToCompare`.
    """
    handed_in = [paper for paper in papers if paper.rival is not None]
    if len({paper.rival for paper in handed_in}) < 2:
        raise NothingToCompare
    found = shared_authors(papers)
    signs = [
        sign_of(
            facts,
            "same_author",
            Severity.RED if is_strong(each) else Severity.YELLOW,
            [*each.rivals, *each.marks],
            words.one_author(facts, each),
        )
        for each in found
    ]
    compared = [{"registration": str(paper.rival), "sha256": paper.sha256} for paper in handed_in]
    body = {"lot": str(facts.lot.id), "papers": compared, "shared": len(found)}
    await journal_store.append(
        session, stream=actor.reference, kind="papers_compared", actor=actor.reference, at=now, body=body
    )
    await raise_signs(session, signs, now)
    return found
