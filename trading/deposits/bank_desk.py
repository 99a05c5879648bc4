"""The one place on a node that talks to the bank: a round of everything there is to ask and to send.

A round is safe to run at any time and at any number of nodes. It runs when the bank has called, when refunds were
released, and every few seconds by the scheduler, so that a lost callback costs seconds and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from trading.deposits import receiving, refunding
from trading.deposits.bank_client import BankClient, BankSilent
from trading.kernel.database import Database

log = structlog.get_logger()


class BankDesk:
    """Holds the connection to the bank. `silent` says that the bank did not answer the last time it was asked."""

    def __init__(self, database: Database, bank: BankClient) -> None:
        self.bank = bank
        self.silent = False
        self._database = database
        self._lock = asyncio.Lock()
        self._somebody_waits = False

    async def look(self) -> None:
        """Do a round. Whoever comes while another waits for its turn is served by that one."""
        if self._somebody_waits:
            return
        self._somebody_waits = True
        async with self._lock:
            self._somebody_waits = False
            await self._round()

    async def _round(self) -> None:
        """Ask about what may have left before anything is sent, and book before it is compared."""
        steps: tuple[Callable[[Database, BankClient], Awaitable[int]], ...] = (
            receiving.reconcile,
            refunding.ask_about_sent,
            refunding.send_released,
            receiving.open_missing_accounts,
        )
        try:
            for step in steps:
                await step(self._database, self.bank)
        except BankSilent as silent:
            if not self.silent:
                log.warning("bank_silent", how=silent.how)
            self.silent = True
        else:
            if self.silent:
                log.warning("bank_answers_again")
            self.silent = False
