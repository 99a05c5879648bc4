"""The page where a demonstration payer pays a deposit: choose the own account, type number and amount, pay.

It says of itself everywhere that it is a simulation. A payment is made once however often the button is pressed: the
form carries its own key.
"""

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jinja2
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from trading.bank_simulator.ledger import Ledger
from trading.deposits.bank_envelope import BankMessageMalformed
from trading.deposits.bank_messages import (
    Answer,
    OpenPayerAccount,
    Pay,
    QueryTransfer,
    RequestRefused,
    TransferReport,
    encode,
    read_request,
)
from trading.kernel.money import Money

PageRequest = Request[Any, Any, Any]

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}

REASONS = {
    "number_taken": ("该账号已属于其他户名。", "This account number belongs to another holder."),
    "unknown_payer_account": ("没有这个付款账户。", "There is no such account to pay from."),
    "unknown_account": ("没有这个收款账号，请核对每一位数字。", "There is no such account; check every digit."),
    "same_account": ("付款账户与收款账号相同。", "An account cannot pay itself."),
    "insufficient_funds": ("账户余额不足，没有付款。", "The account does not hold this much. Nothing was paid."),
    "key_reused": ("这笔付款已提交过，请重新打开本页。", "This payment was sent before. Open the page again."),
    "amount": ("请输入金额，单位元，最多两位小数。", "Enter an amount in yuan with at most two decimals."),
    "form": ("请把每一项填写完整，账号只能是数字。", "Fill in every part; account numbers are digits only."),
    "other_site": ("请在本页提交。", "Send the form from this page."),
}


@dataclass(slots=True)
class Typed:
    """What the payer has typed so far: nothing typed is lost when something is wrong."""

    from_account: str = ""
    to_account: str = ""
    amount: str = ""
    holder: str = ""
    number: str = ""
    balance: str = "10,000,000.00"
    key: str = field(default_factory=lambda: secrets.token_urlsafe(18))


class PayerPage:
    """The handlers of the page, over one ledger."""

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int]) -> None:
        self._ledger = ledger
        self._now_ms = now_ms
        loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
        self._pages = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)

    def handlers(self) -> list[HTTPRouteHandler]:
        """Show, pay, open an account, show a receipt."""

        @get("/", sync_to_thread=False)
        def show(
            request: PageRequest, to: FromQuery[str] = "", amount: FromQuery[str] = "", account: FromQuery[str] = ""
        ) -> Response[str]:
            return self._show(request, Typed(from_account=account, to_account=to, amount=amount))

        @post("/payments")
        async def pay(request: PageRequest) -> Response[Any]:
            return self._pay(request, await _form(request))

        @get("/payments/{key:str}", sync_to_thread=False)
        def receipt(request: PageRequest, key: FromPath[str]) -> Response[str]:
            return self._receipt(request, key)

        @post("/payer-accounts")
        async def open_account(request: PageRequest) -> Response[Any]:
            return self._open(request, await _form(request))

        return [show, pay, receipt, open_account]

    def _pay(self, request: PageRequest, form: dict[str, str]) -> Response[Any]:
        typed = Typed(form.get("from_account", ""), form.get("to_account", ""), form.get("amount", ""))
        typed.key = form.get("key") or typed.key
        amount = read_yuan(typed.amount)
        if not _own_form(request):
            return self._show(request, typed, "other_site")
        if amount is None:
            return self._show(request, typed, "amount")
        to_account = "".join(unicodedata.normalize("NFKC", typed.to_account).split())
        order = Pay(f"page:{typed.key}", typed.from_account, to_account, amount.fen, "保证金")
        answer = self._ask(order)
        if isinstance(answer, TransferReport):
            return Redirect(_address(request, f"/payments/{typed.key}"), status_code=303)
        return self._show(request, typed, answer.code if isinstance(answer, RequestRefused) else "form")

    def _open(self, request: PageRequest, form: dict[str, str]) -> Response[Any]:
        typed = Typed(
            holder=form.get("holder", "").strip(), number=form.get("number", ""), balance=form.get("balance", "")
        )
        typed.to_account, typed.amount = form.get("to_account", ""), form.get("amount", "")
        balance = read_yuan(typed.balance)
        if not _own_form(request):
            return self._show(request, typed, "other_site")
        if balance is None:
            return self._show(request, typed, "amount")
        number = "".join(unicodedata.normalize("NFKC", typed.number).split())
        answer = self._ask(OpenPayerAccount(number, typed.holder, balance.fen)) if typed.holder else None
        if answer is None or isinstance(answer, RequestRefused):
            return self._show(request, typed, answer.code if answer else "form")
        query = {"account": number, "to": typed.to_account, "amount": typed.amount}
        return Redirect(_address(request, "/", **query), status_code=303)

    def _ask(self, message: Pay | OpenPayerAccount) -> Answer:
        """Through the same vocabulary as the API, so that the same limits hold."""
        try:
            read = read_request(encode(message))
        except BankMessageMalformed:
            return RequestRefused("form", "not in the agreed form")
        if isinstance(read, Pay):
            return self._ledger.pay(read, now_ms=self._now_ms())
        assert isinstance(read, OpenPayerAccount)
        return self._ledger.open_payer_account(read, now_ms=self._now_ms())

    def _receipt(self, request: PageRequest, key: str) -> Response[str]:
        found = self._ledger.query_transfer(QueryTransfer(f"page:{key}"), now_ms=self._now_ms())
        if not isinstance(found, TransferReport):
            return self._render(request, "no_payment.html", status=404)
        return self._render(request, "payment.html", report=found, amount=Money(found.amount_fen))

    def _show(self, request: PageRequest, typed: Typed, problem: str | None = None) -> Response[str]:
        reason = REASONS.get(problem, REASONS["form"]) if problem else None
        accounts = [(account, Money(account.balance_fen)) for account in self._ledger.payer_accounts()]
        return self._render(
            request, "pay.html", status=422 if problem else 200, typed=typed, reason=reason, accounts=accounts
        )

    def _render(self, request: PageRequest, template: str, *, status: int = 200, **context: Any) -> Response[str]:
        english = request.query_params.get("language") == "en"

        def say(chinese: str, english_words: str) -> str:
            return english_words if english else chinese

        def here(path: str, **query: str) -> str:
            return _address(request, path, **query)

        text = self._pages.get_template(template).render(say=say, here=here, english=english, **context)
        return Response(text, status_code=status, media_type="text/html", headers=_HEADERS)


def read_yuan(text: str) -> Money | None:
    """A positive amount in yuan as people type it (separators, full-width digits), or None."""
    try:
        amount = Money.from_yuan("".join(unicodedata.normalize("NFKC", text).replace(",", "").split()))
    except ValueError:
        return None
    return amount if amount.fen > 0 else None


async def _form(request: PageRequest) -> dict[str, str]:
    return {name: str(value)[:200] for name, value in (await request.form()).items()}


def _own_form(request: PageRequest) -> bool:
    """A form sent from another site carries that site's origin."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _address(request: PageRequest, path: str, **query: str) -> str:
    if request.query_params.get("language") == "en":
        query["language"] = "en"
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
