"""Open channels of people who sign out, or whose account is shut: they are ended, and do not bid any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts import service as accounts

CHECKED_EVERY_TICKS = 3


class SignedIn:
    """The channels of one server whose people are signed in, with what ends each of them."""

    def __init__(self) -> None:
        self._endings: dict[str, set[Callable[[], None]]] = {}
        self._ticks = 0

    @contextmanager
    def watching(self, token: str | None, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` should the token become worthless while the block runs. Nothing is watched without one."""
        if token is None:
            yield
            return
        self._endings.setdefault(token, set()).add(end)
        try:
            yield
        finally:
            self._endings[token].discard(end)
            if not self._endings[token]:
                del self._endings[token]

    async def check(self, session: AsyncSession, now: datetime) -> None:
        """Every few ticks, ask once for all of them."""
        self._ticks += 1
        if self._ticks % CHECKED_EVERY_TICKS or not self._endings:
            return
        asked = list(self._endings)
        valid = await accounts.valid_tokens(session, asked, now=now)
        for token in asked:
            if token not in valid:
                for end in self._endings.get(token, ()):
                    end()
