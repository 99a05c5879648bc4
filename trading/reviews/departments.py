"""Use cases of departments: add, retire, who belongs to one, and what each reviews within which promised limit.

Services never commit. Facts go to the department's own stream.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.ids import new_id
from trading.kernel.typed import whole_number
from trading.projects.rules import ProjectKind
from trading.reviews.lookups import assignments
from trading.reviews.models import Department, DepartmentMember, ReviewAssignment
from trading.reviews.refusals import (
    DepartmentNameInvalid,
    DepartmentNameTaken,
    DepartmentRetired,
    LimitUnreadable,
    NotAReviewer,
    ReviewNotFound,
)
from trading.reviews.rules import plain_text


async def add_department(session: AsyncSession, name: str, *, actor: Actor, now: datetime) -> Department:
    """Add a department. Refuses with `DepartmentNameInvalid`, `DepartmentNameTaken`."""
    said = " ".join(plain_text(name).split())
    if not 2 <= len(said) <= DepartmentNameInvalid.longest:
        raise DepartmentNameInvalid
    wanted = postgresql.insert(Department).values(id=new_id(), name=said, created_at=now).on_conflict_do_nothing()
    made = (await session.execute(wanted.returning(Department.id))).scalar()
    if made is None:
        raise DepartmentNameTaken(said)
    await _record(session, made, "department_added", actor, now, {"name": said})
    return await session.get_one(Department, made)


async def set_in_service(
    session: AsyncSession, department_id: UUID, *, in_service: bool, actor: Actor, now: datetime
) -> Department:
    """Retire a department, or take it back into service. Its open cases go on. Refuses with `ReviewNotFound`."""
    department = await _lock(session, department_id)
    if (department.retired_at is None) != in_service:
        department.retired_at = None if in_service else now
        await session.flush()
        kind = "department_back_in_service" if in_service else "department_retired"
        await _record(session, department_id, kind, actor, now, {"name": department.name})
    return department


async def set_member(
    session: AsyncSession, account_id: UUID, department_id: UUID | None, *, actor: Actor, now: datetime
) -> None:
    """An account belongs to a department from now on, or to none. Refuses with `NotAReviewer`, `ReviewNotFound`,
    `DepartmentRetired`.
    """
    account = await accounts.get_account(session, account_id)
    if Role.REVIEWER not in account.roles:
        raise NotAReviewer
    known = await session.get(DepartmentMember, account_id)
    if (None if known is None else known.department_id) == department_id:
        return
    await session.execute(delete(DepartmentMember).where(DepartmentMember.account_id == account_id))
    session.expire_all()
    if known is not None:
        await _record(session, known.department_id, "member_left", actor, now, {"account": str(account_id)})
    if department_id is None:
        return
    department = await _lock(session, department_id)
    if department.retired_at is not None:
        raise DepartmentRetired(department.name)
    session.add(DepartmentMember(account_id=account_id, department_id=department_id))
    await session.flush()
    await _record(session, department_id, "member_joined", actor, now, {"account": str(account_id)})


def read_limit(typed: str) -> int | None:
    """A promised limit in working days; None for an empty field. Refuses with `LimitUnreadable`."""
    if not typed:
        return None
    days = whole_number(typed, digits=3) or 0
    if not 1 <= days <= LimitUnreadable.longest:
        raise LimitUnreadable
    return days


async def assign(
    session: AsyncSession,
    department_id: UUID,
    limits: dict[ProjectKind, int | None],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Say which kinds a department reviews, and within how many working days; None: not this kind.

    It counts for what is handed in from now on. What is unchanged is not written again. Refuses with `ReviewNotFound`.
    """
    await _lock(session, department_id)
    current = await assignments(session)
    before: dict[str, int | None] = {}
    for kind, days in limits.items():
        known = current.get((kind.value, department_id))
        was = None if known is None else known.promised_days
        if was == days:
            continue
        before[kind.value] = was
        row = ReviewAssignment(
            kind=kind.value, department_id=department_id, promised_days=days, set_at=now, set_by=actor.reference
        )
        session.add(row)
    if before:
        await session.flush()
        after = {kind.value: days for kind, days in limits.items() if kind.value in before}
        await _record(session, department_id, "reviews_assigned", actor, now, {"before": before, "after": after})


async def _lock(session: AsyncSession, department_id: UUID) -> Department:
    query = select(Department).where(Department.id == department_id).with_for_update()
    department = await session.scalar(query.execution_options(populate_existing=True))
    if department is None:
        raise ReviewNotFound
    return department


async def _record(
    session: AsyncSession, department_id: UUID, kind: str, actor: Actor, now: datetime, body: dict[str, Any]
) -> None:
    await journal_store.append(
        session, stream=f"department:{department_id}", kind=kind, actor=actor.reference, at=now, body=body
    )
