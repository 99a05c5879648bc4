"""The simulated bank on HTTP: one signed address for the platform, one small page for demonstration payers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router, get, post
from litestar.response import File
from litestar.static_files import create_static_files_router

from trading.bank_simulator.callbacks import deliver_callbacks
from trading.bank_simulator.faults import Fault, Faults
from trading.bank_simulator.ledger import Ledger
from trading.bank_simulator.payer_page import PayerPage
from trading.deposits.bank_envelope import (
    BankMessageMalformed,
    BankMessageReplayed,
    BankMessageStale,
    BankSignatureForged,
    Envelope,
    SeenMessages,
)
from trading.deposits.bank_messages import (
    Accepted,
    Answer,
    OpenPayerAccount,
    OpenSubAccount,
    OrderTransfer,
    Pay,
    QueryStatement,
    QueryTransfer,
    RequestRefused,
    SetFault,
    encode,
    read_request,
)
from trading.deposits.bank_messages import Request as BankRequest

FOREVER_S = 3600.0
_FOLDER = Path(__file__).parent

PlainRequest = Request[Any, Any, Any]


def make_bank(
    ledger: Ledger, faults: Faults, secret: bytes, callback_url: str | None, now_ms: Callable[[], int]
) -> Litestar:
    """The bank as an ASGI application over its open books."""
    seen = SeenMessages()
    page = PayerPage(ledger, now_ms)

    @post("/api", status_code=200)
    async def answer_platform(request: PlainRequest) -> Response[bytes]:
        body = await request.body()
        try:
            envelope = Envelope.from_headers(request.headers)
            envelope.verify(secret, body, now_ms=now_ms())
            seen.note(envelope, now_ms=now_ms())
            message = read_request(body)
        except (BankMessageMalformed, BankSignatureForged, BankMessageStale, BankMessageReplayed) as refusal:
            return Response(str(refusal).encode(), status_code=401, media_type="text/plain")
        if isinstance(message, OrderTransfer) and faults.strikes(Fault.HANG_BEFORE_EXECUTING):
            await asyncio.sleep(FOREVER_S)
        answer = execute(ledger, faults, message, now_ms())
        if isinstance(message, OrderTransfer) and faults.strikes(Fault.HANG_AFTER_EXECUTING):
            await asyncio.sleep(FOREVER_S)
        if isinstance(message, OrderTransfer) and faults.strikes(Fault.FAIL_AFTER_EXECUTING):
            return Response(b"internal error", status_code=500, media_type="text/plain")
        content = encode(answer)
        sealed = Envelope.seal(secret, envelope.event_id, now_ms(), content)
        return Response(content, media_type="application/json", headers=sealed.headers())

    @get("/health", sync_to_thread=False)
    def say_healthy() -> dict[str, bool]:
        return {"books_balance": ledger.total_fen() == 0}

    @get("/bank.css", sync_to_thread=False)
    def send_style() -> File:
        return File(_FOLDER / "static" / "bank.css", media_type="text/css", content_disposition_type="inline")

    @contextlib.asynccontextmanager
    async def delivering(_: Litestar) -> AsyncIterator[None]:
        if callback_url is None:
            yield
            return
        task = asyncio.create_task(deliver_callbacks(ledger, callback_url, secret, now_ms))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    handlers = [answer_platform, say_healthy, send_style, *page.handlers()]
    return Litestar([*handlers, *_fonts()], lifespan=[delivering], openapi_config=None)


def _fonts() -> list[Router]:
    """The platform's own font files, so that Chinese is readable where the system has no Chinese font."""
    front_end = find_spec("trading_frontend")
    if front_end is None or not front_end.submodule_search_locations:
        return []
    folder = Path(front_end.submodule_search_locations[0]) / "noto-sans-sc"
    return [create_static_files_router(path="/fonts", directories=[folder])] if folder.is_dir() else []


def execute(ledger: Ledger, faults: Faults, message: BankRequest, now_ms: int) -> Answer:
    """Carry out one request and say what came of it."""
    match message:
        case OpenSubAccount():
            return ledger.open_sub_account(message)
        case OrderTransfer():
            return ledger.order_transfer(message, now_ms=now_ms)
        case QueryTransfer():
            return ledger.query_transfer(message, now_ms=now_ms)
        case QueryStatement():
            return ledger.statement(message)
        case OpenPayerAccount():
            return ledger.open_payer_account(message, now_ms=now_ms)
        case Pay():
            return ledger.pay(message, now_ms=now_ms)
        case SetFault():
            return _arm(faults, message)


def _arm(faults: Faults, message: SetFault) -> Answer:
    if not faults.allowed:
        return RequestRefused("faults_not_allowed", "this bank was not started with --allow-faults")
    if message.name not in {fault.value for fault in Fault}:
        return RequestRefused("unknown_fault", "there is no such fault")
    faults.arm(Fault(message.name), message.count)
    return Accepted()
