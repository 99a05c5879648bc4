"""The simulated bank's own books, opened while the bank is closed, so that payments can lie in the past.

Everything is executed as the bank would execute it; only the way there is shorter than HTTP, and the bank is told its
time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trading.bank_simulator.faults import Faults
from trading.bank_simulator.ledger import Ledger
from trading.bank_simulator.server import execute
from trading.demonstration.people import Bidder
from trading.deposits.bank_client import BankClient, BankRefused
from trading.deposits.bank_messages import Answer, OpenPayerAccount, Pay, Request, RequestRefused
from trading.kernel.money import Money

OPENING_BALANCE = Money.from_yuan("9000000000.00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BankBooks(BankClient):
    """A bank client that works on the books themselves. `at` is the bank's time."""

    def __init__(self, ledger: Ledger, at: datetime) -> None:
        super().__init__("http://127.0.0.1", b"")
        self._ledger = ledger
        self._faults = Faults(allowed=False)
        self.at = at

    async def ask(self, message: Request) -> Answer:
        """One request, answered from the books. Refuses with BankRefused."""
        answer = execute(self._ledger, self._faults, message, (self.at - _EPOCH) // timedelta(milliseconds=1))
        if isinstance(answer, RequestRefused):
            raise BankRefused(answer.code, answer.reason)
        return answer

    async def open_payer(self, bidder: Bidder) -> None:
        """The bidder's own account, with play money; opening it again changes nothing."""
        unit = bidder.unit
        await self.ask(OpenPayerAccount(unit.bank_account_number, unit.bank_account_name, OPENING_BALANCE.fen))

    async def pay(self, bidder: Bidder, deposit_account: str, amount: Money, key: str) -> None:
        """The bidder pays a deposit. The same key never pays twice."""
        await self.ask(Pay(key, bidder.unit.bank_account_number, deposit_account, amount.fen, "竞买保证金"))


@contextmanager
def bank_books(data_folder: Path, at: datetime) -> Iterator[BankBooks]:
    """The books of the demonstration's bank. The bank itself must not run meanwhile."""
    folder = bank_folder(data_folder)
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(folder / "bank.sqlite3", Faults(allowed=False))
    try:
        yield BankBooks(ledger, at)
    finally:
        ledger.close()


def bank_folder(data_folder: Path) -> Path:
    """Where the demonstration's bank keeps its books and its secret."""
    return data_folder / "bank"
