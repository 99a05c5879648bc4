"""Finding announcements on their way to the public, and reading what was prepared."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.publication.drafting import Said
from trading.publication.models import Announcement, AnnouncementRelease
from trading.publication.release_rules import ReleaseNotFound, ReleaseState

ON_ITS_WAY = (ReleaseState.PREPARED, ReleaseState.SCHEDULED, ReleaseState.RETURNED)
"""The states in which an announcement is neither published nor called back."""


async def get_release(session: AsyncSession, release_id: UUID) -> AnnouncementRelease:
    """One announcement on its way. Refuses `ReleaseNotFound`."""
    release = await session.get(AnnouncementRelease, release_id)
    if release is None:
        raise ReleaseNotFound
    return release


async def lock_release(session: AsyncSession, release_id: UUID) -> AnnouncementRelease:
    """One announcement on its way, read afresh and locked. Refuses `ReleaseNotFound`."""
    query = select(AnnouncementRelease).where(AnnouncementRelease.id == release_id).with_for_update()
    release = await session.scalar(query.execution_options(populate_existing=True))
    if release is None:
        raise ReleaseNotFound
    return release


async def on_their_way(session: AsyncSession, *, project_id: UUID | None = None) -> list[AnnouncementRelease]:
    """What officers prepared and is neither published nor called back, the oldest first."""
    query = select(AnnouncementRelease).where(
        AnnouncementRelease.state.in_(ON_ITS_WAY), AnnouncementRelease.is_automatic.is_(False)
    )
    if project_id is not None:
        query = query.where(AnnouncementRelease.project_id == project_id)
    return list(await session.scalars(query.order_by(AnnouncementRelease.prepared_at, AnnouncementRelease.id)))


async def published_last(session: AsyncSession, actor: Actor, *, limit: int = 10) -> list[AnnouncementRelease]:
    """What this officer prepared or released and has been published, the newest first."""
    query = select(AnnouncementRelease).where(
        AnnouncementRelease.state == ReleaseState.PUBLISHED,
        or_(AnnouncementRelease.prepared_by == actor.reference, AnnouncementRelease.released_by == actor.reference),
    )
    return list(await session.scalars(query.order_by(AnnouncementRelease.published_at.desc()).limit(limit)))


async def published_as(session: AsyncSession, release_id: UUID) -> list[Announcement]:
    """What a release was published as."""
    query = select(Announcement).where(Announcement.release_id == release_id)
    return list(await session.scalars(query.order_by(Announcement.id)))


def seen_of(release: AnnouncementRelease) -> str:
    """The SHA-256 of what was prepared, by which an officer says what was read."""
    return hashlib.sha256(release.facts.encode()).hexdigest()


def prepared_facts(release: AnnouncementRelease) -> list[Said]:
    """What the announcement says, as it was prepared."""
    kept: list[tuple[str | None, dict[str, Any]]] = msgspec.json.decode(release.facts)
    return [Said(None if lot is None else UUID(lot), facts) for lot, facts in kept]
