"""Files of a matter: evidence, the signed paper, an authorisation. They are looked at like every attachment, kept by
their content, and shown to nobody but those whom they concern. Services never commit.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.complaints.lookups import Sight, files_of, lock_matter, sight_of
from trading.complaints.models import Matter, MatterFile
from trading.complaints.refusals import MatterMovedOn, MatterNotFound, TooManyPapers
from trading.complaints.rules import State
from trading.complaints.service import record
from trading.kernel.ids import new_id
from trading.publication.attachments import LookedAt

MOST_FILES = 20


async def add_file(session: AsyncSession, matter_id: UUID, looked_at: LookedAt, *, actor: Actor, now: datetime) -> None:
    """Add a file that was looked at, while the matter is open; the same one is kept once.

    Refuses `MatterNotFound`, `MatterMovedOn`, `TooManyPapers`.
    """
    matter = await lock_matter(session, matter_id)
    if await sight_of(session, matter, actor) is Sight.NONE:
        raise MatterNotFound
    if not State(matter.state).is_open:
        raise MatterMovedOn
    if len(await files_of(session, matter_id)) >= MOST_FILES:
        raise TooManyPapers(MOST_FILES)
    row = {
        "id": new_id(),
        "matter_id": matter_id,
        "name": looked_at.name,
        "media_type": looked_at.media_type,
        "size_bytes": looked_at.size_bytes,
        "sha256": looked_at.sha256,
        "added_by": actor.reference,
        "added_at": now,
    }
    inserted = postgresql.insert(MatterFile).values(**row).on_conflict_do_nothing().returning(MatterFile.id)
    if await session.scalar(inserted) is not None:
        facts = {"file_sha256": looked_at.sha256, "size_bytes": looked_at.size_bytes}
        await record(session, matter, "matter_file_added", actor, now, facts)


async def files_for(session: AsyncSession, matter: Matter, actor: Actor) -> Sequence[MatterFile]:
    """The files that somebody may see: supervisors all, others what whoever raised it has added and their own."""
    sight = await sight_of(session, matter, actor)
    if sight is Sight.NONE:
        return []
    own = f"account:{matter.account_id}"
    found = await files_of(session, matter.id)
    return [each for each in found if sight is Sight.SUPERVISOR or each.added_by in (own, actor.reference)]
