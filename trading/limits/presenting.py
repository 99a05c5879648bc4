"""What pages show of a time limit, whether it was stored or has just been computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trading.kernel.formats import moment
from trading.limits.declared import BY_CODE
from trading.limits.rules import Limit, Sense, Standing, Unit
from trading.limits.service import RunningLimit, colour_of, due_words
from trading.projects.models import Lot, Project
from trading.projects.profile_types import Ruled
from trading.projects.profiles import PROFILES


@dataclass(frozen=True, slots=True)
class ShownLimit:
    """A limit as a page shows it. `address` is where to act; `ruled` the length with its article."""

    limit: Limit
    ruled: Ruled[int]
    state: str
    colour: str
    project: Project
    lot: Lot | None
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    address: str
    unknown_year: int | None = None

    @property
    def counts_down(self) -> bool:
        """Whether somebody must act until the due moment."""
        return self.limit.sense is Sense.BY

    @property
    def due(self) -> str:
        """The due moment as people say it, `2026-11-30 24:00`; the first allowed day for a limit that must be kept."""
        if self.due_at is None:
            return ""
        return due_words(self.due_at) if self.counts_down else moment(self.due_at)

    @property
    def in_working_days(self) -> bool:
        """Whether the length counts working days."""
        return self.limit.unit is Unit.WORKING_DAYS


def shown_rows(found: Sequence[RunningLimit]) -> list[ShownLimit]:
    """Stored limits for a page."""
    limits = []
    for each in found:
        ruled = each.limit.ruled(PROFILES.get(each.project.rule_profile))
        if ruled is not None:
            row = each.row
            limits.append(
                ShownLimit(
                    each.limit,
                    ruled,
                    row.state,
                    each.colour,
                    each.project,
                    each.lot,
                    row.started_at,
                    row.due_at,
                    row.ended_at,
                    address_of(each.limit, each.project),
                    row.unknown_year,
                )
            )
    return limits


def shown(found: Sequence[Standing], project: Project, lots: Sequence[Lot], now: datetime) -> list[ShownLimit]:
    """Limits that were just computed, what must be done next first."""
    by_id: dict[UUID | None, Lot] = {lot.id: lot for lot in lots}
    limits = [
        ShownLimit(
            each.limit,
            each.ruled,
            each.state.value,
            colour_of(each.state, each.due_at, each.yellow_at, each.limit.code, now)
            if each.ended is None or each.state == "missed"
            else "",
            project,
            by_id.get(each.lot),
            each.started.at,
            each.due_at,
            None if each.ended is None else each.ended.at,
            address_of(each.limit, project),
            each.unknown_year,
        )
        for each in found
    ]
    return sorted(limits, key=lambda each: (each.ended_at is not None, each.due_at or now))


def address_of(limit: Limit, project: Project) -> str:
    """Where whoever must act does so."""
    if limit.who == "finance":
        return "/finance/refunds" if BY_CODE["deposit_return"] is limit else "/finance"
    return f"/projects/{project.id}/limits"
