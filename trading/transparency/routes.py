"""What auditors and witnesses fetch of the log: its key, its checkpoints, and the proof that it only ever grew."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from litestar import Litestar, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.tlog import verifier_key
from trading.kernel.web import PUBLIC
from trading.settings import Settings
from trading.transparency import service
from trading.transparency.service import Signer
from trading.transparency.tiles import LogDamaged

log = structlog.get_logger()

FOLD_EVERY_S = 2


class NothingSignedYet(NotFound):
    """The log has no entry yet."""

    message = "The transparency log has signed no checkpoint yet."
    advice = "Come again in a few seconds."


@get("/log/key", opt=PUBLIC)
async def public_key(settings: NamedDependency[Settings]) -> Response[str]:
    """The public key, in the text form of signed notes."""
    signer = Signer.of(settings.public_url, settings.log_key)
    return _text(verifier_key(signer.origin, signer.seed) + "\n")


@get("/log/checkpoint", opt=PUBLIC)
async def checkpoint(session: NamedDependency[AsyncSession]) -> Response[str]:
    """The newest checkpoint: a C2SP signed note."""
    last = await service.latest_checkpoint(session)
    if last is None:
        raise NothingSignedYet
    return _text(last.note)


@get("/log/consistency", opt=PUBLIC)
async def consistency(
    session: NamedDependency[AsyncSession], old: FromQuery[int], new: FromQuery[int]
) -> dict[str, Any]:
    """The proof that the log of `new` entries begins with the log of `old` ones; both were checkpoints."""
    proof = await service.consistency(session, old, new)
    return {"old": old, "new": new, "proof": [step.hex() for step in proof]}


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """Fold what is new. A damaged tree is told in the log at every tick and not added to."""
    database: Database = app.state.database
    settings: Settings = app.state.settings
    signer = Signer.of(settings.public_url, settings.log_key)

    async def fold() -> None:
        try:
            async with database.work() as session:
                await service.fold(session, signer, await database_clock(session))
        except LogDamaged as damage:
            log.error("transparency_log_damaged", reason=str(damage))

    return [("transparency_log", FOLD_EVERY_S, fold)]


def _text(text: str) -> Response[str]:
    return Response(text, media_type="text/plain; charset=utf-8", headers={"cache-control": "no-store"})


handlers = [public_key, checkpoint, consistency]
