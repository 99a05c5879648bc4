"""Talking to the bank. What the bank did not say is `BankSilent`: unknown, and never assumed to have failed.

An answer counts only when it carries the bank's signature over the very request it answers. No call here may be made
inside a database transaction that holds locks: a bank may take its time.
"""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from trading.deposits.bank_envelope import BankMessageMalformed, BankMessageStale, BankSignatureForged, Envelope
from trading.deposits.bank_messages import (
    Answer,
    OpenSubAccount,
    OrderTransfer,
    QueryStatement,
    QueryTransfer,
    Request,
    RequestRefused,
    Statement,
    SubAccountOpened,
    TransferNotFound,
    TransferReport,
    encode,
    read_answer,
)
from trading.kernel.errors import Refusal
from trading.kernel.ids import new_id

ANSWER_WITHIN_S = 10.0


@dataclass(eq=False)
class BankSilent(Refusal):
    """No believable answer came. Whether the request was carried out is unknown."""

    message = "The bank has not answered ({how})."
    advice = "Nothing is lost. The platform asks again by itself; nothing is ever paid twice."
    how: str


@dataclass(eq=False)
class BankRefused(Refusal):
    """The bank answered that it will not do this, and has not done it."""

    message = "The bank refused the request: {reason}"
    advice = "Look at the reason. No money has moved."
    reason_code: str
    reason: str


class BankClient:
    """One connection pool to one bank. Use as an async context manager, or call `close`."""

    def __init__(self, base_url: str, secret: bytes, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._secret = secret
        self._address = base_url.rstrip("/") + "/api"
        self._http = httpx.AsyncClient(timeout=answer_within_s, trust_env=False, follow_redirects=False)

    async def open_sub_account(self, key: str, label: str) -> str:
        """The deposit account number for this key; asking again gives the same number."""
        answer = await self.ask(OpenSubAccount(key, label))
        if not isinstance(answer, SubAccountOpened) or answer.key != key:
            raise BankSilent("an answer to something else")
        return answer.account_number

    async def order_transfer(self, order: OrderTransfer) -> TransferReport:
        """Send the order. After `BankSilent` it may have been carried out: query before anything else."""
        answer = await self.ask(order)
        if not isinstance(answer, TransferReport) or (answer.key, answer.amount_fen) != (order.key, order.amount_fen):
            raise BankSilent("an answer to something else")
        return answer

    async def query_transfer(self, key: str) -> TransferReport | None:
        """What became of an order; None when the bank says that it has never seen it."""
        answer = await self.ask(QueryTransfer(key))
        if isinstance(answer, TransferNotFound) and answer.key == key:
            return None
        if not isinstance(answer, TransferReport) or answer.key != key:
            raise BankSilent("an answer to something else")
        return answer

    async def statement(self, after: int) -> Statement:
        """One page of bookings after the cursor, in dense order."""
        answer = await self.ask(QueryStatement(after))
        if not isinstance(answer, Statement):
            raise BankSilent("an answer to something else")
        if [line.sequence for line in answer.lines] != list(range(after + 1, after + 1 + len(answer.lines))):
            raise BankSilent("a statement with gaps")
        return answer

    async def ask(self, message: Request) -> Answer:
        """One signed request, one verified answer. Refuses with `BankSilent` or `BankRefused`."""
        body = encode(message)
        envelope = Envelope.seal(self._secret, str(new_id()), _signing_time_ms(), body)
        headers = {**envelope.headers(), "Content-Type": "application/json"}
        try:
            reply = await self._http.post(self._address, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise BankSilent(type(error).__name__) from error
        if reply.status_code != httpx.codes.OK:
            raise BankSilent(f"status {reply.status_code}")
        answer = self._believe(envelope, reply)
        if isinstance(answer, RequestRefused):
            raise BankRefused(answer.code, answer.reason)
        return answer

    def _believe(self, envelope: Envelope, reply: httpx.Response) -> Answer:
        try:
            sealed = Envelope.from_headers(reply.headers)
            sealed.verify(self._secret, reply.content, now_ms=_signing_time_ms())
            answer = read_answer(reply.content)
        except (BankMessageMalformed, BankSignatureForged, BankMessageStale) as refusal:
            raise BankSilent(refusal.code) from refusal
        if sealed.event_id != envelope.event_id:
            raise BankSilent("an answer to another request")
        return answer

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _signing_time_ms() -> int:
    """This machine's time, only to say how fresh a message is; no rule of the platform reads it."""
    return time.time_ns() // 1_000_000
