"""Delivering callbacks: at least once, each attempt signed anew, with growing pauses until somebody acknowledges."""

import asyncio
import contextlib
from collections.abc import Callable

import httpx

from trading.bank_simulator.ledger import DueCallback, Ledger
from trading.deposits.bank_envelope import Envelope

LOOK_EVERY_S = 0.1
ANSWER_WITHIN_S = 5.0


async def deliver_callbacks(ledger: Ledger, url: str, secret: bytes, now_ms: Callable[[], int]) -> None:
    """Settle what is due and deliver what is due, until cancelled."""
    async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False) as client:
        while True:
            ledger.settle_due(now_ms=now_ms())
            due = ledger.due_callbacks(now_ms=now_ms())
            await asyncio.gather(*(_deliver(client, ledger, url, secret, now_ms, callback) for callback in due))
            await asyncio.sleep(LOOK_EVERY_S)


async def _deliver(
    client: httpx.AsyncClient,
    ledger: Ledger,
    url: str,
    secret: bytes,
    now_ms: Callable[[], int],
    callback: DueCallback,
) -> None:
    envelope = Envelope.seal(secret, callback.event_id, now_ms(), callback.body)
    acknowledged = False
    with contextlib.suppress(httpx.HTTPError):
        headers = {**envelope.headers(), "Content-Type": "application/json"}
        answer = await client.post(url, content=callback.body, headers=headers)
        acknowledged = answer.is_success
    ledger.callback_attempted(callback.event_id, acknowledged=acknowledged, now_ms=now_ms())
