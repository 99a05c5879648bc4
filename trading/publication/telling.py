"""Whom announcements concern, told by notices: officers of what waits for them, bidders and officers of moved dates."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.kernel.formats import moment
from trading.kernel.moments import iso
from trading.notices import service as notices
from trading.notices.service import NewNotice
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.problems import N_
from trading.publication.kind_types import AnnouncementKind
from trading.publication.kinds import KINDS, fact_label
from trading.publication.models import Announcement, AnnouncementRelease
from trading.registration import service as registrations

WAITS = N_("An announcement waits for its release: {kind_words}, {project}")
CAME_BACK = N_("Your announcement came back with reasons: {kind_words}, {project}")
MOVED = N_("Dates have moved: {lot}. {date_words}: {at}")
_MAIN_DATES = ("starts_at", "bids_close_at", "opening_at", "listing_ends_at", "registration_closes_at")


async def of_what_waits(
    session: AsyncSession, release: AnnouncementRelease, project: Project, *, preparer: Actor, now: datetime
) -> None:
    """Every officer but the one who prepared it is told that an announcement waits for a second person."""
    for officer in await accounts.accounts_in_use(session, role=Role.OFFICER):
        if officer != preparer.account_id:
            key = f"release:{release.id}:{iso(release.prepared_at)}:{officer}"
            await notices.send(session, _of_release(release, project, key, officer, WAITS), now=now)


async def of_what_was_done(session: AsyncSession, release: AnnouncementRelease, *, now: datetime) -> None:
    """The announcement waits no longer: it was released, returned or called back."""
    await notices.settle(session, f"release:{release.id}:", now=now)


async def of_what_came_back(session: AsyncSession, release: AnnouncementRelease, *, now: datetime) -> None:
    """Whoever prepared an announcement is told that it came back."""
    preparer = _account(release.prepared_by)
    if preparer is not None:
        project = await projects.get_project(session, release.project_id)
        key = f"release:{release.id}:returned:{iso(now)}"
        await notices.send(session, _of_release(release, project, key, preparer, CAME_BACK), now=now)


async def of_moved_dates(
    session: AsyncSession,
    release: AnnouncementRelease,
    published: Announcement,
    lot_id: UUID,
    dates: Mapping[str, datetime],
    *,
    now: datetime,
) -> None:
    """Whoever is registered for a lot, and the officers behind the change, are told the date that matters most."""
    lot = await projects.get_lot(session, lot_id)
    main = next(name for name in _MAIN_DATES if name in dates)
    told = {_account(release.prepared_by), _account(release.released_by or "")} - {None}
    for registration in await registrations.registrations_of_lot(session, lot_id):
        if registration.state in {"awaiting_deposit", "qualified"}:
            told |= set(await accounts.accounts_in_use(session, unit_id=registration.unit_id))
    facts = {"lot": lot.title, "date_words": fact_label(main), "at": moment(dates[main])}
    for account in told:
        assert account is not None
        address, key = f"/announcements/{published.id}", f"moved:{published.id}:{lot_id}:{account}"
        await notices.send(session, NewNotice(key, account, "yellow", MOVED, address, facts), now=now)


def _of_release(release: AnnouncementRelease, project: Project, key: str, to: UUID, message: str) -> NewNotice:
    facts = {"kind_words": KINDS[AnnouncementKind(release.kind)].name, "project": project.title}
    weight = "info" if message is WAITS else "yellow"
    return NewNotice(key, to, weight, message, f"/officer/announcements/{release.id}", facts)


def _account(reference: str) -> UUID | None:
    kind, _, name = reference.partition(":")
    return UUID(name) if kind == "account" else None
