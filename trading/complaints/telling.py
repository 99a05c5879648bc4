"""Who is told what, by notices: each once, by a key that names the fact and whom it is for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.models import Account
from trading.accounts.rules import Role
from trading.complaints.models import Matter
from trading.notices import service as notices
from trading.notices.service import NewNotice
from trading.projects import service as projects
from trading.projects.problems import N_

RAISED = N_("{number}: raised about {project}. Please answer it in time.")
COMPLAINED = N_("{number}: a complaint about {project} waits for you.")
ANSWERED = N_("{number}: your query or objection about {project} was answered.")
NOT_TAKEN = N_("{number}: what you raised about {project} was not accepted. The reasons stand there.")
TAKEN = N_("{number}: your complaint about {project} was accepted.")
ASKED_TO_COMPLETE = N_("{number}: your complaint about {project} has to be completed by {due}.")
COMPLETED = N_("{number}: the complaint about {project} was completed.")
ASKED_TO_REPLY = N_("{number}: please reply to a complaint about {project} by {due}.")
REPLIED = N_("{number}: a reply to the complaint about {project} has come.")
DECIDED = N_("{number}: the complaint about {project} was decided.")
WITHDRAWN = N_("{number}: what was raised about {project} was withdrawn.")
SUSPENDED = N_("{number}: {project} is suspended.")
RESUMED = N_("{number}: {project} goes on.")


async def tell(
    session: AsyncSession, matter: Matter, message: str, to: UUID | Role | None, now: datetime, **facts: str
) -> None:
    """Tell one account, or everybody with a role; nobody when there is none."""
    if to is None:
        return
    project = await projects.get_project(session, matter.project_id)
    weight = "yellow" if message in (RAISED, COMPLAINED, ASKED_TO_COMPLETE, ASKED_TO_REPLY) else "info"
    key = f"matter:{matter.id}:{message}:{to}"
    told = {"number": matter.number, "project": project.title} | facts
    await notices.send(session, NewNotice(key, to, weight, message, f"/complaints/{matter.id}", told), now=now)


async def tell_officer(session: AsyncSession, matter: Matter, message: str, now: datetime, **facts: str) -> None:
    """Tell whoever runs the project."""
    project = await projects.get_project(session, matter.project_id)
    await tell(session, matter, message, project.officer_id, now, **facts)


async def tell_unit(
    session: AsyncSession, matter: Matter, unit_id: UUID, message: str, now: datetime, **facts: str
) -> None:
    """Tell every account that acts for a unit."""
    accounts = select(Account.id).where(Account.unit_id == unit_id, Account.disabled_at.is_(None))
    for account_id in sorted(await session.scalars(accounts)):
        await tell(session, matter, message, account_id, now, **facts)
