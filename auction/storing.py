"""Storing a step: the lot's row, its journal entry, the deal when it ended the sale, and the wake-up of the rooms."""

import dataclasses
import re
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from auction.announcing import announce_step
from auction.messages import STREAM
from auction.models import Auction
from auction.sale import CalledOff, Event, Resumed, Sold, Step, Suspended, Withdrawn, WithdrawnBecause
from trading.accounts import service as accounts
from trading.accounts.rules import Actor
from trading.kernel import journal_store
from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects import rules as project_rules
from trading.projects import service as projects
from trading.registration import service as registrations

CHANNEL = "auction"  # of pg_notify: the payload is "<lot_id>:<seq>", a hint to look, never a fact


async def store(session: AsyncSession, auction: Auction, step: Step, actor: Actor) -> None:
    """Store one step of a sale whose row is locked. The caller commits."""
    body = body_of(step.event)
    match step.event:
        case Suspended():
            assert step.state.phase.frozen is not None, "a suspended sale knows what it was doing"
            await projects.hold_deadlines(session, auction.lot_id, since=step.state.phase.frozen.at)
        case Resumed(absent_since=since):
            await projects.move_deadlines(session, auction.lot_id, since=since, actor=actor, now=step.at)
        case Sold():
            body |= await _opened_seal(session, auction.lot_id)
            body |= await _conclude_sold(session, auction, step.event, step.at, actor)
        case Withdrawn(because=WithdrawnBecause.BY_ORDER):
            by_order = project_rules.CalledOff(reason=step.event.because)
            await projects.conclude_lot(session, auction.lot_id, outcome=by_order, now=step.at, actor=actor)
        case Withdrawn():
            body |= await _opened_seal(session, auction.lot_id)
            reason = project_rules.Withdrawn(reason=step.event.because)
            await projects.conclude_lot(session, auction.lot_id, outcome=reason, now=step.at, actor=actor)
        case CalledOff():
            called_off = project_rules.CalledOff(reason="too_few_bidders")
            await projects.conclude_lot(session, auction.lot_id, outcome=called_off, now=step.at, actor=actor)
    await announce_step(session, auction, step)
    entry = await journal_store.append(
        session,
        stream=f"{STREAM}{auction.lot_id}",
        kind=kind_of(type(step.event)),
        actor=actor.reference,
        at=step.at,
        body=body,
    )
    assert entry.seq == step.state.seq, "the lot's row and its journal stream count alike"
    auction.take(step.state)
    await wake_rooms(session, auction)


async def wake_rooms(session: AsyncSession, auction: Auction) -> None:
    """Tell every node, at the commit, that the lot has moved on."""
    payload = {"channel": CHANNEL, "payload": f"{auction.lot_id}:{auction.seq}"}
    await session.execute(text("SELECT pg_notify(:channel, :payload)"), payload)


def kind_of(event: type) -> str:
    """The kind of the journal entry of an event: its class's name in snake case."""
    return _snake_case(event.__name__)


@cache
def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


KINDS = frozenset(kind_of(event) for event in get_args(Event))


def body_of(event: Event) -> dict[str, Any]:
    """The body of the journal entry of an event: its fields; a `Money` named `price` is kept as `price_fen`."""
    return _plain(event)


def _plain(value: Any) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        is_money = isinstance(content, Money) or (content is None and "Money" in str(field.type))
        body[f"{field.name}_fen" if is_money else field.name] = _value(content)
    return body


def _value(content: Any) -> Any:
    match content:
        case Money(fen=fen):
            return fen
        case datetime():
            return iso(content)
        case StrEnum():
            return content.value
        case tuple() | list():
            return [_plain(item) if dataclasses.is_dataclass(item) else _value(item) for item in content]
        case _:
            return content


async def _opened_seal(session: AsyncSession, lot_id: UUID) -> dict[str, Any]:
    """What lets everybody check that the reserve told now is the one that was sealed before the sale."""
    sealed = await projects.sealed_reserve_of(session, lot_id)
    if sealed is None:
        return {}
    return {"reserve_salt": sealed.salt.hex(), "reserve_commitment": sealed.commitment}


async def _conclude_sold(
    session: AsyncSession, auction: Auction, sold: Sold, at: datetime, actor: Actor
) -> dict[str, Any]:
    winner = await registrations.holder_of(session, auction.lot_id, sold.plate)
    assert winner is not None, "a bid is only taken from a plate that was given"
    unit = await accounts.get_unit(session, winner.unit_id)
    name = await registrations.bidder_name(session, winner)
    outcome = project_rules.Sold(winner_name=name, winner_credit_code=unit.credit_code, final=sold.price)
    await projects.conclude_lot(session, auction.lot_id, outcome=outcome, now=at, actor=actor)
    body = {"registration_id": str(winner.id), "winner_name": name, "winner_credit_code": unit.credit_code}
    with_shares = await registrations.bidder_name(session, winner, with_shares=True)
    return body if with_shares == name else body | {"winner_shares": with_shares}
