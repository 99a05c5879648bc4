"""What the archive asks of the rooms above it. It never imports them: the application hands it one `Sources`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from archive.bundle import FiledDocument, LooseRecord
from archive.models import Document
from trading.accounts.rules import Actor
from trading.kernel.money import Money

PAGE_LENGTH = 25


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: words in titles, codes, owners and winners; kind and state; days of the end."""

    words: str = ""
    kind: str = ""
    state: str = ""
    first_day: date | None = None
    last_day: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class ArchivedProject:
    """One project as the archive lists it."""

    id: UUID
    title: str
    entry_code: str | None
    kind: str
    state: str
    owner_name: str
    winner_name: str | None
    final_price: Money | None
    concluded_at: datetime | None
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search, and how many there would be under each kind and state."""

    projects: Sequence[ArchivedProject]
    total: int
    page: int
    kinds: dict[str, int]
    states: dict[str, int]

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_LENGTH))


@dataclass(frozen=True, slots=True)
class Parts:
    """What the rooms contribute to a dossier beside its filed documents.

    `streams` are the names of the journal's streams that tell of the project. `gaps` are message ids.
    """

    announcements: tuple[FiledDocument, ...]
    streams: tuple[str, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What a public check of a document shows of the deal it is about."""

    lot_title: str
    deal_code: str | None
    parcel_number: str | None
    owner_name: str
    winner_name: str | None
    final_price: Money | None
    concluded_at: datetime | None
    is_demonstration: bool


class Sources(Protocol):
    """The rooms above the archive, seen from the archive."""

    async def search(self, session: AsyncSession, search: Search) -> Found:
        """One page of the projects that have entered the centre."""

    async def project(self, session: AsyncSession, project_id: UUID) -> ArchivedProject:
        """One project. Refuses with a `NotFound`."""

    async def parts(self, session: AsyncSession, project_id: UUID) -> Parts:
        """What belongs into the dossier of a project beside its filed documents."""

    async def records(self, session: AsyncSession, project_id: UUID) -> tuple[LooseRecord, ...]:
        """Tables for reading that go along with a dossier. Setting them takes a moment."""

    async def deal_facts(self, session: AsyncSession, document: Document) -> DealFacts:
        """What the public may know of the deal behind a document."""

    async def may_read(self, session: AsyncSession, actor: Actor, document: Document) -> bool:
        """Whether somebody without an office in the centre may read a document."""

    async def file_complete(self, session: AsyncSession, *, actor: Actor, now: datetime) -> list[UUID]:
        """File the concluded projects whose dossiers have no gaps; returns those that were filed."""
