"""Officers for the tests."""

from datetime import datetime

from trading.accounts.models import Account
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount, actor_for, create_account
from trading.kernel.database import Database
from trading.projects.service import PlatformCodes

CODES = PlatformCodes(region="510522", credit_code="12510522MB00000149")
PASSWORD = "four words make one"


async def make_account(database: Database, name: str, now: datetime, *roles: Role) -> Account:
    """An account that signs in by `name` with PASSWORD."""
    async with database.work() as session:
        new = NewAccount(name, f"{name} 演示", PASSWORD, frozenset(roles))
        return await create_account(session, new, actor=Actor.system("test"), now=now)


async def make_officer(database: Database, name: str, now: datetime) -> Actor:
    """An officer as an actor."""
    return actor_for(await make_account(database, name, now, Role.OFFICER))
