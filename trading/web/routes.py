"""The pages that belong to no single feature: the portal's home, signing in and up, accounts, the expert's desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, get
from litestar.response import Template

from trading.accounts.rules import Role
from trading.kernel.web import only, page
from trading.web import account_pages, portal, sign_in, sign_up
from trading.web.frontend_files import refuse_missing_frontend_files


@get("/expert", opt=only(Role.EXPERT))
async def expert_desk(request: Request[Any, Any, Any]) -> Template:
    """The expert's one task; there is none as long as committees are not called through this platform."""
    return page(request, "web/expert.html")


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """A platform without its fonts and charts does not start, and says how to repair that."""
    refuse_missing_frontend_files()
    yield


handlers = [
    portal.home,
    sign_in.desk,
    sign_in.choose_language,
    sign_in.sign_in_form,
    sign_in.sign_in,
    sign_in.sign_in_for_demonstration,
    sign_in.sign_out,
    sign_up.sign_up_form,
    sign_up.sign_up,
    expert_desk,
    account_pages.accounts,
    account_pages.new_account_form,
    account_pages.create_account,
    account_pages.account,
    account_pages.set_roles,
    account_pages.disable,
]
