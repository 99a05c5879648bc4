"""Use cases of the archive: file a document, find and read it, put a dossier together, hand it out and record that."""

import asyncio
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from archive import files
from archive.bundle import Dossier, FiledDocument, FiledStream, build_bundle
from archive.letters import verification_code
from archive.models import Document, Download
from archive.sources import ArchivedProject, Parts, Sources
from trading.accounts.models import Account
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.errors import NotFound, NotPermitted
from trading.kernel.ids import new_id
from trading.kernel.journal import BrokenChain, Head, find_break
from trading.transparency import service as transparency


@dataclass(eq=False)
class DocumentNotFound(NotFound):
    """No document is filed under this number."""

    message = "There is no such document."
    advice = "Check the address, or look in the project's dossier."


@dataclass(eq=False)
class CodeUnknown(NotFound):
    """No document of this centre has the code."""

    message = "No document of this centre has the code {typed}."
    advice = "Compare the code with the printed one, sign by sign. If it is right, do not rely on the document."
    typed: str


@dataclass(frozen=True, slots=True)
class StreamState:
    """A stream of a dossier: where it ends, and where it breaks, if it does."""

    head: Head
    broken: BrokenChain | None


@dataclass(frozen=True, slots=True)
class DossierView:
    """What the page of a dossier shows."""

    project: ArchivedProject
    documents: Sequence[Document]
    parts: Parts
    streams: Sequence[StreamState]
    downloads: Sequence[tuple[Download, str]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A dossier that was handed out."""

    file_name: str
    sha256: str
    content: bytes


async def file_document(
    session: AsyncSession,
    *,
    project_id: UUID,
    lot_id: UUID | None,
    kind: str,
    title: str,
    media_type: str,
    content: bytes,
    now: datetime,
    actor: Actor,
) -> Document:
    """File a document: its content in the store, its hash in the project's journal. The same content is filed once.

    The public checks it under `verification_code(kind, lot_id or project_id)`.
    """
    sha256 = await files.store().put(content)
    same = (Document.project_id == project_id, Document.lot_id.is_not_distinct_from(lot_id), Document.kind == kind)
    existing = await session.scalar(select(Document).where(*same, Document.sha256 == sha256))
    if existing is not None:
        return existing
    document = Document(
        id=new_id(),
        project_id=project_id,
        lot_id=lot_id,
        kind=kind,
        title=title,
        media_type=media_type,
        size_bytes=len(content),
        sha256=sha256,
        verification_code=verification_code(kind, lot_id or project_id),
        filed_at=now,
        filed_by=actor.reference,
    )
    session.add(document)
    await session.flush()
    body = {
        "document": str(document.id),
        "kind": kind,
        "lot": None if lot_id is None else str(lot_id),
        "media_type": media_type,
        "sha256": sha256,
        "size_bytes": len(content),
        "title": title,
        "verification_code": document.verification_code,
    }
    await journal_store.append(
        session, stream=f"project:{project_id}", kind="document_filed", actor=actor.reference, at=now, body=body
    )
    return document


async def documents_of(session: AsyncSession, project_id: UUID) -> list[Document]:
    """The filed documents of a project in the order in which they were filed."""
    query = select(Document).where(Document.project_id == project_id).order_by(Document.filed_at, Document.id)
    return list(await session.scalars(query))


async def get_document(session: AsyncSession, document_id: UUID) -> Document:
    """One document. Refuses with `DocumentNotFound`."""
    document = await session.get(Document, document_id)
    if document is None:
        raise DocumentNotFound
    return document


async def document_of_lot(session: AsyncSession, lot_id: UUID, kind: str) -> Document:
    """The newest document of a kind that was filed for a lot. Refuses with `DocumentNotFound`."""
    query = select(Document).where(Document.lot_id == lot_id, Document.kind == kind)
    document = await session.scalar(query.order_by(Document.filed_at.desc(), Document.id.desc()).limit(1))
    if document is None:
        raise DocumentNotFound
    return document


async def papers_of_lot(session: AsyncSession, lot_id: UUID) -> dict[str, UUID]:
    """The newest document of every kind that was filed for a lot, by kind."""
    query = select(Document.kind, Document.id).where(Document.lot_id == lot_id)
    found = await session.execute(query.order_by(Document.filed_at, Document.id))
    return {row.kind: row.id for row in found}


async def documents_behind(session: AsyncSession, code: str) -> list[Document]:
    """The documents with a code as people type it, the newest first. Refuses with `CodeUnknown`."""
    signs = code.upper().translate(str.maketrans("OIL", "011", " -"))
    normal = "-".join(signs[start : start + 4] for start in (0, 4, 8))
    query = select(Document).where(Document.verification_code == normal)
    found = list(await session.scalars(query.order_by(Document.filed_at.desc(), Document.id.desc())))
    if not found or len(signs) != 12:
        raise CodeUnknown(code[:40])
    return found


async def read_document(document: Document) -> bytes:
    """A document's content. Refuses with `DocumentDamaged` when the file is gone or differs."""
    return await files.store().get(document.sha256)


async def check_may_read(session: AsyncSession, document: Document, actor: Actor, sources: Sources) -> None:
    """Refuse with `NotPermitted` unless the actor has an office in the centre or a part in the lot."""
    offices = {"officer", "auctioneer", "finance", "supervisor", "auditor"}
    if actor.roles.isdisjoint(offices) and not await sources.may_read(session, actor, document):
        raise NotPermitted


async def view_dossier(session: AsyncSession, project_id: UUID, sources: Sources) -> DossierView:
    """Everything the page of a dossier shows; every stream is recomputed. Refuses with a `NotFound`."""
    project = await sources.project(session, project_id)
    parts = await sources.parts(session, project_id)
    streams = [await _read_stream(session, stream) for stream in _stream_names(project_id, parts)]
    query = (
        select(Download, Account.display_name)
        .join(Account, Account.id == Download.account_id)
        .where(Download.project_id == project_id)
        .order_by(Download.downloaded_at.desc(), Download.id.desc())
        .limit(20)
    )
    return DossierView(
        project=project,
        documents=await documents_of(session, project_id),
        parts=parts,
        streams=[StreamState(each.head, find_break(each.entries, each.head)) for each in streams],
        downloads=[(download, name) for download, name in (await session.execute(query)).all()],
    )


async def hand_out_dossier(
    session: AsyncSession, project_id: UUID, sources: Sources, *, centre_name: str, actor: Actor, now: datetime
) -> Bundle:
    """Put a project's dossier together and record, in the same transaction, who took which bytes away.

    Refuses with `NotFound` for an unknown project and `DocumentDamaged` when a filed document is not what it was.
    """
    if actor.account_id is None:
        raise NotPermitted
    project = await sources.project(session, project_id)
    dossier = await _gather(session, project, sources, centre_name=centre_name, now=now)
    content = await asyncio.to_thread(build_bundle, dossier)
    sha256 = hashlib.sha256(content).hexdigest()
    download = Download(
        id=new_id(),
        project_id=project_id,
        account_id=actor.account_id,
        sha256=sha256,
        size_bytes=len(content),
        downloaded_at=now,
    )
    session.add(download)
    await session.flush()
    ends = [
        {"stream": each.head.stream, "seq": each.head.seq, "hash": each.head.hash.hex()} for each in dossier.streams
    ]
    await journal_store.append(
        session,
        stream=f"project:{project_id}",
        kind="dossier_downloaded",
        actor=actor.reference,
        at=now,
        body={"download": str(download.id), "sha256": sha256, "size_bytes": len(content), "ends": ends},
    )
    return Bundle(f"dossier-{dossier.name}.zip", sha256, content)


async def _gather(
    session: AsyncSession, project: ArchivedProject, sources: Sources, *, centre_name: str, now: datetime
) -> Dossier:
    parts = await sources.parts(session, project.id)
    filed = [
        FiledDocument(
            document_id=str(document.id),
            kind=document.kind,
            title=document.title,
            media_type=document.media_type,
            file_name=_file_name(number, document),
            filed_at=document.filed_at,
            content=await read_document(document),
        )
        for number, document in enumerate(await documents_of(session, project.id), start=1)
    ]
    return Dossier(
        name=project.entry_code or str(project.id),
        project_id=str(project.id),
        title=project.title,
        centre_name=centre_name,
        made_at=now,
        is_demonstration=project.is_demonstration,
        documents=(*parts.announcements, *filed),
        streams=tuple([await _read_stream(session, stream) for stream in _stream_names(project.id, parts)]),
        records=await sources.records(session, project.id),
    )


def _stream_names(project_id: UUID, parts: Parts) -> list[str]:
    return list(dict.fromkeys([f"project:{project_id}", *parts.streams]))


async def _read_stream(session: AsyncSession, stream: str) -> FiledStream:
    # The end is read first: what is written meanwhile lies behind it and belongs to the next bundle.
    head = await journal_store.head(session, stream)
    entries = await journal_store.read(session, stream)
    receipt = await transparency.newest_receipt(session, stream, head.seq)
    proof = None if receipt is None else msgspec.json.format(msgspec.json.encode(receipt))
    return FiledStream(head, tuple(entry for entry in entries if entry.seq <= head.seq), proof)


def _file_name(number: int, document: Document) -> str:
    # Names of files keep Chinese but no sign that any file system minds.
    title = re.sub(r"[^\w（）-]+", "_", document.title).strip("_")[:60]
    return f"{number:04d}-{title}{mimetypes.guess_extension(document.media_type) or ''}"
