"""The double-entry ledger in the database: booking once by key, and balances, which are always derived.

The database checks at the end of the transaction that postings sum to zero and that nothing is paid out that is not
held; see `trading.deposits.models`.
"""

from datetime import datetime

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.deposits.ledger_rules import BANK, Phase, Transfer, check_postings
from trading.deposits.models import LedgerPosting, LedgerTransfer


async def book(session: AsyncSession, transfer: Transfer, now: datetime) -> bool:
    """Write one transfer. False when its key was booked before: then nothing changes. Refuses `Unbalanced`."""
    check_postings(transfer)
    row = {"key": transfer.key, "phase": transfer.phase, "resolves": transfer.resolves, "booked_at": now}
    written = await session.execute(
        postgresql.insert(LedgerTransfer)
        .values(row)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(LedgerTransfer.key)
    )
    if written.scalar() is None:
        return False
    if transfer.postings:
        sides = [
            {"transfer_key": transfer.key, "account": posting.account, "amount_fen": posting.amount_fen}
            for posting in transfer.postings
        ]
        await session.execute(insert(LedgerPosting), sides)
    return True


async def settle(session: AsyncSession, key: str, phase: Phase, now: datetime) -> bool:
    """Post or void the pending transfer `key`. The database lets this happen once."""
    return await book(session, Transfer(f"{key}:{phase}", phase, resolves=key), now)


async def available_fen(session: AsyncSession, account: str) -> int:
    """The balance less what is on its way out; owed amounts are negative."""
    return int(await session.scalar(text("SELECT ledger_available(:account)"), {"account": account}) or 0)


async def bank_fen(session: AsyncSession) -> int:
    """What the bank should hold by our books: everything that has finally moved."""
    resolution = select(LedgerTransfer.resolves, LedgerTransfer.phase).where(LedgerTransfer.resolves.is_not(None))
    settled = resolution.subquery()
    query = (
        select(func.coalesce(func.sum(LedgerPosting.amount_fen), 0))
        .join(LedgerTransfer, LedgerTransfer.key == LedgerPosting.transfer_key)
        .outerjoin(settled, settled.c.resolves == LedgerTransfer.key)
        .where(
            LedgerPosting.account == BANK,
            (LedgerTransfer.phase == Phase.SINGLE) | (settled.c.phase == Phase.POSTED),
        )
    )
    return int(await session.scalar(query) or 0)
