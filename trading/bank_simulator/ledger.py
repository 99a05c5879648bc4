"""The simulated bank's books: accounts, transfers and postings in one SQLite file that survives any crash.

Every transfer has two postings that sum to zero. The centre's deposit account numbers are numbers under one collecting
account: a well-formed number that was never opened still takes money, and the statement shows under which number it
came, as with a real bank's virtual sub-accounts.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trading.bank_simulator.faults import PENDING_FOR_MS, Fault, Faults
from trading.deposits.bank_messages import (
    STATEMENT_PAGE_LINES,
    Accepted,
    Answer,
    BankEvent,
    Direction,
    OpenPayerAccount,
    OpenSubAccount,
    OrderTransfer,
    Pay,
    QueryStatement,
    QueryTransfer,
    RequestRefused,
    Statement,
    StatementLine,
    SubAccountOpened,
    TransferNotFound,
    TransferReport,
    TransferStatus,
    encode,
)

CENTRE_PREFIX = "62170099"
CENTRE_HOLDER = "公共资源交易中心保证金专户"
WORLD_ACCOUNT = "000000"

_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
    number TEXT PRIMARY KEY, holder TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('world', 'payer', 'deposit')),
    key TEXT UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS transfers (
    key TEXT PRIMARY KEY, from_number TEXT NOT NULL, to_number TEXT NOT NULL, to_name TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), purpose TEXT NOT NULL, status TEXT NOT NULL,
    reference TEXT UNIQUE, reason TEXT, settles_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS postings (
    reference TEXT NOT NULL, account_number TEXT NOT NULL, amount_fen INTEGER NOT NULL,
    PRIMARY KEY (reference, account_number)
) STRICT;
CREATE TABLE IF NOT EXISTS lines (
    sequence INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, account_number TEXT NOT NULL, direction TEXT NOT NULL,
    amount_fen INTEGER NOT NULL, counterparty_name TEXT NOT NULL, counterparty_number TEXT NOT NULL,
    booked_at_ms INTEGER NOT NULL, order_key TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS callbacks (
    event_id TEXT PRIMARY KEY, body BLOB NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at_ms INTEGER NOT NULL, copies_left INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX IF NOT EXISTS postings_by_account ON postings (account_number);
"""


@dataclass(frozen=True, slots=True)
class Account:
    """One account as its holder sees it."""

    number: str
    holder: str
    balance_fen: int


@dataclass(frozen=True, slots=True)
class DueCallback:
    """A callback that is to be delivered now."""

    event_id: str
    body: bytes
    attempts: int


class Ledger:
    """All use cases of the bank. Every method is one SQLite transaction; one thread uses one ledger."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + _TABLES)
        self._faults = faults
        with self._work() as work:
            work.execute("INSERT OR IGNORE INTO accounts VALUES (?, '演示资金来源', 'world', NULL)", (WORLD_ACCOUNT,))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def open_sub_account(self, request: OpenSubAccount) -> Answer:
        """A number under the collecting account; the same key gets the same number."""
        with self._work() as work:
            found = work.execute("SELECT number FROM accounts WHERE key = ?", (request.key,)).fetchone()
            if found:
                return SubAccountOpened(request.key, found[0])
            number = self._free_number(work)
            work.execute("INSERT INTO accounts VALUES (?, ?, 'deposit', ?)", (number, CENTRE_HOLDER, request.key))
            return SubAccountOpened(request.key, number)

    def open_payer_account(self, request: OpenPayerAccount, *, now_ms: int) -> Answer:
        """A demonstration payer's account with play money; opening it again changes nothing."""
        number = request.account_number
        if number.startswith(CENTRE_PREFIX) or number == WORLD_ACCOUNT:
            return RequestRefused("number_taken", "this number belongs to the bank")
        with self._work() as work:
            found = work.execute("SELECT holder FROM accounts WHERE number = ?", (number,)).fetchone()
            if found and found[0] != request.holder:
                return RequestRefused("number_taken", "this number belongs to another holder")
            if not found:
                work.execute("INSERT INTO accounts VALUES (?, ?, 'payer', NULL)", (number, request.holder))
                self._book(work, f"OPEN-{number}", WORLD_ACCOUNT, number, request.opening_balance_fen, now_ms, None)
            return Accepted()

    def pay(self, request: Pay, *, now_ms: int) -> Answer:
        """A payer pays at once, or is refused at once and nothing moves."""
        with self._work() as work:
            to_number = request.to_account_number
            same = (request.from_account_number, to_number, request.amount_fen)
            if earlier := self._transfer(work, request.key):
                return (
                    earlier[0] if earlier[1] == same else RequestRefused("key_reused", "this key was another payment")
                )
            if self._account(work, request.from_account_number) is None:
                return RequestRefused("unknown_payer_account", "there is no such account to pay from")
            if not self._takes_money(work, to_number):
                return RequestRefused("unknown_account", "there is no such account to pay to")
            if request.from_account_number == to_number:
                return RequestRefused("same_account", "an account cannot pay itself")
            if self._balance(work, request.from_account_number) < request.amount_fen:
                return RequestRefused("insufficient_funds", "the account does not hold this much")
            holder = self._account(work, to_number)
            self._store(work, request, holder or CENTRE_HOLDER, TransferStatus.PENDING, now_ms)
            return self._settle(work, request.key, now_ms)

    def order_transfer(self, request: OrderTransfer, *, now_ms: int) -> Answer:
        """Pay out of a deposit account; the same key answers with what became of it and never pays again."""
        with self._work() as work:
            same = (request.from_account_number, request.to_account_number, request.amount_fen)
            if earlier := self._transfer(work, request.key):
                return earlier[0] if earlier[1] == same else RequestRefused("key_reused", "this key was another order")
            if not request.from_account_number.startswith(CENTRE_PREFIX):
                return RequestRefused("not_a_deposit_account", "orders pay out of deposit accounts only")
            if self._faults.strikes(Fault.FAIL_TRANSFER):
                self._store(
                    work, request, request.to_name, TransferStatus.FAILED, now_ms, "payee's bank refused the money"
                )
                return self._failed(work, request.key, request.from_account_number, now_ms)
            waits_ms = PENDING_FOR_MS if self._faults.strikes(Fault.LEAVE_PENDING) else 0
            self._store(work, request, request.to_name, TransferStatus.PENDING, now_ms + waits_ms)
            return self._settle(work, request.key, now_ms)

    def query_transfer(self, request: QueryTransfer, *, now_ms: int) -> Answer:
        """What became of an order."""
        with self._work() as work:
            if not self._transfer(work, request.key):
                return TransferNotFound(request.key)
            return self._settle(work, request.key, now_ms)

    def statement(self, request: QueryStatement) -> Statement:
        """The bookings on deposit accounts after the cursor, oldest first."""
        with self._work() as work:
            rows = work.execute(
                "SELECT * FROM lines WHERE sequence > ? ORDER BY sequence LIMIT ?",
                (request.after, STATEMENT_PAGE_LINES + 1),
            ).fetchall()
            balance = work.execute(
                "SELECT coalesce(sum(amount_fen), 0) FROM postings WHERE account_number LIKE ?", (CENTRE_PREFIX + "%",)
            ).fetchone()[0]
        lines = [
            StatementLine(row[0], row[1], row[2], Direction(row[3]), row[4], row[5], row[6], _moment(row[7]), row[8])
            for row in rows[:STATEMENT_PAGE_LINES]
        ]
        return Statement(lines, more=len(rows) > STATEMENT_PAGE_LINES, balance_fen=balance)

    def payer_accounts(self) -> list[Account]:
        """All demonstration payers, by holder."""
        with self._work() as work:
            rows = work.execute("SELECT number, holder FROM accounts WHERE kind = 'payer' ORDER BY holder").fetchall()
            return [Account(number, holder, self._balance(work, number)) for number, holder in rows]

    def settle_due(self, *, now_ms: int) -> None:
        """Settle the pending transfers whose time has come."""
        with self._work() as work:
            due = work.execute(
                "SELECT key FROM transfers WHERE status = 'pending' AND settles_at_ms <= ?", (now_ms,)
            ).fetchall()
            for (key,) in due:
                self._settle(work, key, now_ms)

    def due_callbacks(self, *, now_ms: int) -> list[DueCallback]:
        """The callbacks to be delivered now, oldest attempt first."""
        with self._work() as work:
            rows = work.execute(
                "SELECT event_id, body, attempts FROM callbacks WHERE copies_left > 0 AND next_attempt_at_ms <= ?"
                " ORDER BY next_attempt_at_ms LIMIT 50",
                (now_ms,),
            ).fetchall()
        return [DueCallback(*row) for row in rows]

    def callback_attempted(self, event_id: str, *, acknowledged: bool, now_ms: int) -> None:
        """One copy fewer to deliver, or another attempt after 1, 2, 4 … at most 60 seconds."""
        with self._work() as work:
            if acknowledged:
                work.execute("UPDATE callbacks SET copies_left = copies_left - 1 WHERE event_id = ?", (event_id,))
                return
            work.execute(
                "UPDATE callbacks SET attempts = attempts + 1,"
                " next_attempt_at_ms = ? + min(60, 1 << min(attempts, 6)) * 1000 WHERE event_id = ?",
                (now_ms, event_id),
            )

    def total_fen(self) -> int:
        """The sum of all postings: zero, or the books are wrong."""
        with self._work() as work:
            return int(work.execute("SELECT coalesce(sum(amount_fen), 0) FROM postings").fetchone()[0])

    @contextmanager
    def _work(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _account(self, work: sqlite3.Connection, number: str) -> str | None:
        found = work.execute("SELECT holder FROM accounts WHERE number = ?", (number,)).fetchone()
        return found[0] if found else None

    def _free_number(self, work: sqlite3.Connection) -> str:
        """A number never opened, and under which nobody has paid by mistake."""
        serial = work.execute("SELECT count(*) + 1 FROM accounts WHERE kind = 'deposit'").fetchone()[0]
        while work.execute(
            "SELECT 1 FROM accounts WHERE number = ?1 UNION SELECT 1 FROM postings WHERE account_number = ?1",
            (deposit_account_number(serial),),
        ).fetchone():
            serial += 1
        return deposit_account_number(serial)

    def _takes_money(self, work: sqlite3.Connection, number: str) -> bool:
        return is_deposit_account_number(number) or self._account(work, number) is not None

    def _balance(self, work: sqlite3.Connection, number: str) -> int:
        total = work.execute("SELECT coalesce(sum(amount_fen), 0) FROM postings WHERE account_number = ?", (number,))
        return int(total.fetchone()[0])

    def _transfer(self, work: sqlite3.Connection, key: str) -> tuple[TransferReport, tuple[str, str, int]] | None:
        row = work.execute(
            "SELECT status, amount_fen, reference, reason, from_number, to_number FROM transfers WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        report = TransferReport(key, TransferStatus(row[0]), row[1], row[2], row[3])
        return report, (row[4], row[5], row[1])

    def _store(
        self,
        work: sqlite3.Connection,
        request: Pay | OrderTransfer,
        to_name: str,
        status: TransferStatus,
        settles_at_ms: int,
        reason: str | None = None,
    ) -> None:
        work.execute(
            "INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
            (
                *(request.key, request.from_account_number, request.to_account_number, to_name),
                *(request.amount_fen, request.purpose, status, reason, settles_at_ms),
            ),
        )

    def _settle(self, work: sqlite3.Connection, key: str, now_ms: int) -> Answer:
        row = work.execute(
            "SELECT from_number, to_number, to_name, amount_fen, status, settles_at_ms FROM transfers WHERE key = ?",
            (key,),
        ).fetchone()
        from_number, to_number, to_name, amount_fen, status, settles_at_ms = row
        if status == TransferStatus.PENDING and settles_at_ms <= now_ms:
            reason = self._obstacle(work, from_number, to_number, to_name, amount_fen)
            if reason:
                work.execute("UPDATE transfers SET status = 'failed', reason = ? WHERE key = ?", (reason, key))
                return self._failed(work, key, from_number, now_ms)
            number = work.execute("SELECT count(*) FROM transfers WHERE reference NOT NULL").fetchone()[0] + 1
            reference = f"BK{number:010d}"
            work.execute("UPDATE transfers SET status = 'done', reference = ? WHERE key = ?", (reference, key))
            self._book(work, reference, from_number, to_number, amount_fen, now_ms, key)
        found = self._transfer(work, key)
        assert found is not None
        return found[0]

    def _obstacle(
        self, work: sqlite3.Connection, from_number: str, to_number: str, to_name: str, fen: int
    ) -> str | None:
        if self._balance(work, from_number) < fen:
            return "the account does not hold this much"
        if not self._takes_money(work, to_number):
            return "there is no such account"
        if (self._account(work, to_number) or CENTRE_HOLDER) != to_name:
            return "the payee's name and account number do not belong together"
        return None

    def _failed(self, work: sqlite3.Connection, key: str, from_number: str, now_ms: int) -> Answer:
        event = BankEvent(from_number, key, _moment(now_ms))
        self._queue(work, f"failed-{key}", event, now_ms)
        found = self._transfer(work, key)
        assert found is not None
        return found[0]

    def _book(
        self,
        work: sqlite3.Connection,
        reference: str,
        from_number: str,
        to_number: str,
        amount_fen: int,
        now_ms: int,
        key: str | None,
    ) -> None:
        work.executemany(
            "INSERT INTO postings VALUES (?, ?, ?)",
            [(reference, from_number, -amount_fen), (reference, to_number, amount_fen)],
        )
        for number, direction, other in (
            (to_number, Direction.IN, from_number),
            (from_number, Direction.OUT, to_number),
        ):
            if not number.startswith(CENTRE_PREFIX):
                continue
            name = self._account(work, other) or CENTRE_HOLDER
            work.execute(
                "INSERT INTO lines SELECT coalesce(max(sequence), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM lines",
                (
                    *(f"{reference}-{direction}", number, direction, amount_fen, name, other, now_ms),
                    key if direction is Direction.OUT else None,
                ),
            )
            self._queue(work, f"line-{reference}-{direction}", BankEvent(number, reference, _moment(now_ms)), now_ms)

    def _queue(self, work: sqlite3.Connection, event_id: str, event: BankEvent, now_ms: int) -> None:
        copies = 0 if self._faults.strikes(Fault.SILENT_CALLBACK) else 1
        copies += 1 if copies and self._faults.strikes(Fault.DUPLICATE_CALLBACK) else 0
        work.execute("INSERT INTO callbacks VALUES (?, ?, 0, ?, ?)", (event_id, encode(event), now_ms, copies))


def deposit_account_number(serial: int) -> str:
    """The deposit account number with this serial: prefix, eight digits, one check digit (ISO/IEC 7812 Luhn)."""
    body = f"{CENTRE_PREFIX}{serial:08d}"
    return body + _check_digit(body)


def is_deposit_account_number(number: str) -> bool:
    """Whether the collecting account takes money under this number."""
    return len(number) == 17 and number.startswith(CENTRE_PREFIX) and _check_digit(number[:-1]) == number[-1]


def _check_digit(body: str) -> str:
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
