"""A person with a browser, without the browser: keeps cookies, sends the form's token along."""

import re
from dataclasses import dataclass, field

from litestar import Litestar
from litestar.testing import AsyncTestClient

from trading.accounts.access import SESSION_COOKIE
from trading.accounts.models import Account
from trading.accounts.service import open_session
from trading.kernel.clock import database_clock
from trading.kernel.database import Database

HTML = {"accept": "text/html"}


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the page, and where a redirect led."""

    status: int
    text: str
    location: str


@dataclass
class Visitor:
    """Somebody who looks at pages and sends forms; English unless told otherwise."""

    client: AsyncTestClient[Litestar]
    cookies: dict[str, str] = field(default_factory=lambda: {"language": "en"})

    async def get(self, path: str) -> Answer:
        """Look at a page."""
        answer = await self.client.get(path, headers=self._headers(), follow_redirects=False)
        if "csrftoken" in answer.cookies:
            self.cookies["csrftoken"] = answer.cookies["csrftoken"]
        return Answer(answer.status_code, answer.text, answer.headers.get("location", ""))

    async def post(self, path: str, form: dict[str, str]) -> Answer:
        """Send a form with the token of the last page that was looked at."""
        token = {"_csrf_token": self.cookies.get("csrftoken", "")}
        answer = await self.client.post(path, data=form | token, headers=self._headers(), follow_redirects=False)
        return Answer(answer.status_code, answer.text, answer.headers.get("location", ""))

    def _headers(self) -> dict[str, str]:
        return HTML | {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}


async def signed_in(client: AsyncTestClient[Litestar], database: Database, account: Account) -> Visitor:
    """Somebody who is signed in, and has looked at a page before."""
    async with database.work() as session:
        token = await open_session(session, account, now=await database_clock(session))
    client.cookies.clear()
    visitor = Visitor(client, {"language": "en", SESSION_COOKIE: token})
    await visitor.get("/announcements")
    client.cookies.clear()
    return visitor


def typed_values(page: str) -> dict[str, str]:
    """What stands in the fields of a form."""
    values = dict(re.findall(r'<input class="input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', page, re.DOTALL))
    values |= dict(re.findall(r'name="(\w+)" value="(\w+)" checked', page))
    for name, options in re.findall(r'<select[^>]*? name="(\w+)".*?>(.*?)</select>', page, re.DOTALL):
        values[name] = "".join(re.findall(r'value="([^"]*)" selected', options))
    return values
