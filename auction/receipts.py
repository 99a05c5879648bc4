"""The receipt of any event of a sale: for everybody that it lies in the log, for whoever bid also what it says."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from auction import looking
from auction.messages import STREAM
from auction.refusals import EventNotFound
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.web import PUBLIC
from trading.transparency import service as transparency


@get("/lots/{lot_id:uuid}/receipts/{seq:int}", opt=PUBLIC)
async def receipt(
    request: Request[Any, Any, Any], lot_id: FromPath[UUID], seq: FromPath[int], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """The receipt of event `seq`, a file that `trading verify-receipt` checks with no server.

    With the entry itself for whoever made it, for supervisors and auditors. Refuses SaleNotFound, EventNotFound.
    """
    await looking.auction_of(session, lot_id)
    found = await journal_store.read(session, f"{STREAM}{lot_id}", after_seq=seq - 1, limit=1) if seq > 0 else []
    if not found or found[0].seq != seq:
        raise EventNotFound(seq)
    actor: Actor | None = request.scope["state"].get("actor")
    whole = actor is not None and (actor.reference == found[0].actor or actor.has(Role.SUPERVISOR, Role.AUDITOR))
    content = msgspec.json.format(msgspec.json.encode(await transparency.receipt_of(session, found[0], whole=whole)))
    headers = {"content-disposition": f'attachment; filename="receipt-{seq}.json"', "cache-control": "no-store"}
    return Response(content, media_type="application/json", headers=headers)


handlers = [receipt]
