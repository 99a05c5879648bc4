"""A bidding unit signs itself up."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from trading.accounts import service
from trading.accounts.rules import CreditCodeTaken, SignInNameTaken
from trading.accounts.traces import Occasion, leave_trace, seen_from
from trading.kernel.database import Database
from trading.kernel.errors import Refusal
from trading.kernel.web import PUBLIC, back_to, form_of, page
from trading.settings import Settings
from trading.web.form_problems import problem_words
from trading.web.local_address import local_address
from trading.web.sign_in import signed_in_cookie
from trading.web.sign_up_form import read_sign_up

FIELDS = ("name", "credit_code", "bank_account_name", "bank_account_number", "contact_name", "phone", "sign_in_name")


@get("/sign-up", opt=PUBLIC)
async def sign_up_form(request: Request[Any, Any, Any]) -> Template | Redirect:
    """The sign-up form of a bidding unit."""
    if request.scope["state"].get("actor") is not None:
        return back_to("/desk")
    return _sign_up_page(request, {"next": request.query_params.get("next", "")}, {})


@post("/sign-up", opt=PUBLIC)
async def sign_up(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[Any]:
    """Make the unit and its first account, and sign it in. All problems of the form are told at once."""
    form = await form_of(request)
    read = read_sign_up(form)
    if isinstance(read, dict):
        return _sign_up_page(request, form, read)
    unit, account = read
    seen = seen_from(request)
    try:
        async with database.work() as work:
            made = await service.sign_up_bidder(work, unit, account, now=now)
            token = await service.open_session(work, made, now=now)
            await leave_trace(work, seen, made.id, Occasion.SIGN_UP, now=now)
    except CreditCodeTaken as refusal:
        return _sign_up_page(request, form, {"credit_code": refusal})
    except SignInNameTaken as refusal:
        return _sign_up_page(request, form, {"sign_in_name": refusal})
    answer = back_to(local_address(form.get("next"), otherwise="/my/lots"))
    answer.set_cookie(signed_in_cookie(token, settings))
    answer.set_cookie(seen.cookie(secure=settings.secure_cookies))
    return answer


def _sign_up_page(request: Request[Any, Any, Any], form: dict[str, str], problems: dict[str, Refusal]) -> Template:
    return page(
        request,
        "web/sign_up.html",
        status_code=422 if problems else 200,
        values={name: form.get(name, "") for name in FIELDS},
        next_address=local_address(form.get("next"), otherwise=""),
        errors=problem_words(request, problems),
    )
