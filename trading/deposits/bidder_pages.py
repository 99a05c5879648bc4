"""The bidder's pages: register for a lot, pay its deposit, and all own lots as cards."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.accounts.traces import Occasion, Seen, leave_trace, seen_from
from trading.deposits import presenting, receiving, stages
from trading.deposits.bank_client import BankRefused, BankSilent
from trading.deposits.bank_desk import BankDesk
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.formats import refusal_words
from trading.kernel.i18n import use_language
from trading.kernel.money import Money
from trading.kernel.web import back_to, form_of, language_of, only, page
from trading.projects import service as projects
from trading.projects.profile_types import SellingMethod
from trading.registration import service as registrations
from trading.registration.joining import (
    MOST_MEMBERS,
    BidsOtherwise,
    Member,
    MemberTwice,
    OwnerMayNotJoin,
    judge_members,
    own_share,
    plain_share,
)
from trading.registration.rules import Applicant, NoUnit, judge_form
from trading.settings import Settings

PageRequest = Request[Any, Any, Any]


@get("/lots/{lot_id:uuid}/registration", opt=only(Role.BIDDER))
async def registration_page(
    request: PageRequest,
    lot_id: FromPath[UUID],
    session: NamedDependency[AsyncSession],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """Before registering: the form, or why not. Afterwards: where to pay how much, until when, and what has arrived."""
    if actor.unit_id is None:
        raise NoUnit
    registration = await registrations.registration_of(session, lot_id, actor.unit_id)
    if registration is None:
        return await _form_page(request, session, lot_id, actor.unit_id, now)
    card = await presenting.card_of(session, registration, now)
    unit = await accounts.get_unit(session, actor.unit_id)
    address = _bank_page(settings, card, unit.bank_account_number) if settings.demonstration else ""
    members = await registrations.joint_bidders_of(session, registration.id)
    return page(
        request,
        "deposits/registered.html",
        card=card,
        unit=unit,
        bank_page=address,
        words=stages,
        stage=card.stage,
        members=members,
        own_share=own_share(members),
        share_words=plain_share,
    )


@post("/lots/{lot_id:uuid}/registration", opt=only(Role.BIDDER))
async def register(
    request: PageRequest,
    lot_id: FromPath[UUID],
    database: NamedDependency[Database],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect | Template:
    """Register the account's unit. The deposit account number is asked for at once; a silent bank is asked again."""
    if actor.unit_id is None:
        raise NoUnit
    form = await form_of(request)
    applicant, problems = judge_form(form)
    members, wrong = judge_members(form)
    problems |= wrong
    if not problems:
        try:
            registration_id = await _store(database, lot_id, actor, now, (applicant, members, form), seen_from(request))
        except (BidsOtherwise, MemberTwice, OwnerMayNotJoin) as refusal:
            problems["member_name_1"] = refusal
    if problems:
        async with database.reading() as session:
            return await _form_page(request, session, lot_id, actor.unit_id, now, form, problems)
    desk: BankDesk = request.app.state.bank_desk
    try:
        await receiving.open_deposit_account(database, desk.bank, registration_id)
    except (BankSilent, BankRefused):
        desk.silent = True
    return back_to(f"/lots/{lot_id}/registration")


async def _store(
    database: Database,
    lot_id: UUID,
    actor: Actor,
    now: datetime,
    judged: tuple[Applicant, list[Member], dict[str, str]],
    seen: Seen,
) -> UUID:
    assert actor.unit_id is not None
    assert actor.account_id is not None
    applicant, members, form = judged
    async with database.work() as session:
        registration = await registrations.register(
            session,
            lot_id,
            actor.unit_id,
            actor,
            now,
            applicant=applicant,
            members=members,
            claims_priority=form.get("claims_priority") == "yes",
        )
        await receiving.expect_deposit(session, registration.id)
        await leave_trace(session, seen, actor.account_id, Occasion.REGISTRATION, lot_id=lot_id, now=now)
        return registration.id


async def _form_page(
    request: PageRequest,
    session: AsyncSession,
    lot_id: UUID,
    unit_id: UUID,
    now: datetime,
    form: dict[str, str] | None = None,
    problems: dict[str, Refusal] | None = None,
) -> Template:
    use_language(language_of(request))
    lot = await projects.get_lot(session, lot_id)
    obstacle: Refusal | None = None
    try:
        await registrations.check_may_register(session, lot_id, unit_id, now)
    except Refusal as refusal:
        obstacle = refusal
    actor_unit = await accounts.get_unit(session, unit_id)
    may_claim = lot.selling_method == SellingMethod.ONLINE_AUCTION and now < lot.starts_at
    return page(
        request,
        "deposits/register.html",
        status_code=422 if problems else 200,
        lot=lot,
        project=await projects.get_project(session, lot.project_id),
        unit=actor_unit,
        obstacle=None if obstacle is None else refusal_words(obstacle),
        values=form or {"contact_name": actor_unit.contact_name, "phone": actor_unit.phone},
        errors={name: refusal_words(problem)[0] for name, problem in (problems or {}).items()},
        most_members=MOST_MEMBERS,
        may_claim_priority=may_claim,
    )


@get("/my/lots", opt=only(Role.BIDDER))
async def my_lots(
    request: PageRequest,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Template:
    """The bidder's first page: what needs doing now and by when, where the money is, and the rest."""
    if actor.unit_id is None:
        raise NoUnit
    cards = await presenting.cards_of(session, actor.unit_id, now)
    unit = await accounts.get_unit(session, actor.unit_id)
    return page(request, "deposits/my_lots.html", cards=cards, unit=unit, words=stages)


def _bank_page(settings: Settings, card: presenting.LotCard, own_number: str) -> str:
    """In a demonstration the bank is simulated, and its page is filled in for the payer."""
    if card.stage is not stages.BidderStage.PAY_DEPOSIT or card.money is None:
        return ""
    deposit = card.money.deposit
    query = {"to": deposit.account_number, "amount": Money(deposit.amount_fen).yuan, "account": own_number}
    return f"{settings.bank_url}/?{urlencode(query)}"
