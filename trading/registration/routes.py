"""The officer's page of priority rights that bidders claim in an online auction.

Who has registered is nobody's business before the sale; whoever claims a priority right asks the officer in charge to
look at its papers, so only those are shown, and only to that officer.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.looks import record_look
from trading.accounts.rules import Actor, Role
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.web import back_to, form_of, only, page
from trading.projects import service as projects
from trading.projects.entry import check_officer_in_charge
from trading.registration import service as registrations
from trading.registration.priority import check_may_claim
from trading.registration.rules import RegistrationState

Page = Request[Any, Any, Any]


@get("/officer/lots/{lot_id:uuid}/priority", opt=only(Role.OFFICER))
async def priority_claims(
    request: Page,
    lot_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """The claims of one lot, with a button for each while the sale has not begun. They name bidders: the look is
    recorded. Refuses with `NotYourProject`.
    """
    lot = await projects.get_lot(session, lot_id)
    project = await projects.get_project(session, lot.project_id)
    await check_officer_in_charge(session, project, actor)
    claims = [
        (claim, await registrations.bidder_name(session, claim), claim.state == RegistrationState.QUALIFIED)
        for claim in await registrations.claims_of(session, lot_id)
    ]
    async with database.work() as work:
        await record_look(work, "bidders", f"lot:{lot_id}", actor=actor, now=await database_clock(work))
    try:
        check_may_claim(lot, now)
    except Refusal:
        may_decide = False
    else:
        may_decide = True
    return page(request, "registration/priority.html", lot=lot, project=project, claims=claims, may_decide=may_decide)


@post("/officer/registrations/{registration_id:uuid}/priority", opt=only(Role.OFFICER))
async def decide_on_priority(
    request: Page,
    registration_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Confirm a claimed priority right, or take the confirmation back."""
    form = await form_of(request)
    async with database.work() as session:
        decided = await registrations.decide_on_priority(
            session, registration_id, confirmed=form.get("decision") == "confirm", actor=actor, now=now
        )
    return back_to(f"/officer/lots/{decided.lot_id}/priority")


handlers = [priority_claims, decide_on_priority]
