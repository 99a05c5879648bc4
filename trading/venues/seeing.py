"""Who may see what of a booking. Pure.

Who evaluates is secret until the result (招标投标法 art. 37), so an evaluation shows only that there is one, except to
those who have a part in it. Supervisors and auditors may open its page; that look is recorded.
"""

from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from trading.accounts.rules import Actor, Role
from trading.venues.rules import Purpose

STAFF = (Role.OFFICER, Role.AUCTIONEER, Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
"""Who may look at the plan of the rooms."""

MANAGERS = (Role.OFFICER, Role.ADMIN)
"""Who books rooms and keeps their facts."""

_SECRET = frozenset({Purpose.EVALUATION})
_PUBLIC = frozenset({Purpose.OPENING, Purpose.AUCTION})


class Sight(IntEnum):
    """How much of a booking somebody sees: that the room is taken and what for; what it is about; everything."""

    PURPOSE = 1
    SUBJECT = 2
    EVERYTHING = 3


@dataclass(frozen=True, slots=True)
class Parties:
    """What decides who sees a booking. `accounts` are the people who have a part in it, officers included."""

    purpose: Purpose
    accounts: frozenset[UUID]
    booked_by: str
    project_is_public: bool

    @property
    def is_secret(self) -> bool:
        """Whether only those who have a part may know more than the purpose."""
        return self.purpose in _SECRET


def has_part(parties: Parties, actor: Actor | None) -> bool:
    """Whether somebody is in charge of a booking, booked it, or takes part."""
    return actor is not None and (actor.account_id in parties.accounts or actor.reference == parties.booked_by)


def sight_in_lists(parties: Parties, actor: Actor | None) -> Sight:
    """What somebody (None: the public) sees of a booking in plans, lists and calendars."""
    if actor is None or actor.roles.isdisjoint(STAFF):
        is_shown = parties.project_is_public and parties.purpose in _PUBLIC
        return Sight.SUBJECT if is_shown else Sight.PURPOSE
    if parties.is_secret and not has_part(parties, actor):
        return Sight.PURPOSE
    return Sight.EVERYTHING


def sight_of_page(parties: Parties, actor: Actor) -> Sight:
    """What somebody sees on a booking's own page and of its recordings. See `is_recorded_look`."""
    if is_recorded_look(parties, actor):
        return Sight.EVERYTHING
    return sight_in_lists(parties, actor)


def is_recorded_look(parties: Parties, actor: Actor) -> bool:
    """Whether somebody sees a secret booking by an office alone, so that the look has to be recorded."""
    return parties.is_secret and not has_part(parties, actor) and actor.has(Role.SUPERVISOR, Role.AUDITOR)


def may_change(parties: Parties, actor: Actor, *, officer_id: UUID | None, project_officer_id: UUID | None) -> bool:
    """Whether somebody may move or cancel a booking: who is in charge of it or booked it; unless it is secret, also
    who is in charge of its project, and administrators.
    """
    if actor.reference == parties.booked_by or (officer_id is not None and actor.account_id == officer_id):
        return True
    is_projects = project_officer_id is not None and actor.account_id == project_officer_id
    return not parties.is_secret and (is_projects or actor.has(Role.ADMIN))
