"""An online auction through settling: the platform's bids, the secret maximum, the priority right of a late plate."""

from datetime import datetime

from sqlalchemy import select, text

from auction import service
from auction.messages import public_event
from auction.models import ProxyMaximum
from auction.secrets_of_sale import seal
from auction.settling import BidRequest, Decision, settle
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.registration.models import Registration

MAXIMUM = 987_654_321  # fen: no other amount here has these digits


async def open_online(database: Database, now: datetime) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now, method="online_auction")
        await service.prepare(work, sale.lot_id, now)
    async with database.work() as work:
        assert await service.advance_due(work, now) == [sale.lot_id]
    return sale


async def settled(database: Database, *requests: BidRequest) -> list[Decision]:
    async with database.work() as work:
        answers = await settle(work, requests)
    return [answer for answer in answers if isinstance(answer, Decision)]


async def lowest_told(database: Database, sale: Sale, now: datetime) -> tuple[int, int | None]:
    """What everybody is told to be the lowest next price, for plates without and with a priority right."""
    async with database.reading() as session:
        state = await service.state(session, sale.lot_id, None, now)
    return state.lowest_fen, state.lowest_for_priority_fen


async def test_the_platforms_bid_is_stored_and_journalled_as_its_holders(database: Database, now: datetime) -> None:
    sale = await open_online(database, now)
    holder, rival = sale.bidders[:2]
    [was_set] = await settled(database, holder.bids(MAXIMUM, is_maximum=True))
    [outbid] = await settled(database, rival.bids(2 * START))
    assert (was_set.refusal, was_set.leads, outbid.refusal, outbid.leads) == (None, True, None, False)
    async with database.reading() as session:
        rows = await service.bids_of(session, sale.lot_id)
        auction = await service.auction_of(session, sale.lot_id)
        entries = await journal_store.read(session, f"auction:{sale.lot_id}")
        assert await journal_store.verify(session, f"auction:{sale.lot_id}") is None
    assert (auction.plate, auction.price_fen) == (holder.plate, 2 * START + INCREMENT)
    made = [(row.plate, row.price_fen, row.account_id) for row in rows if row.price_fen is not None]
    assert made == [
        (holder.plate, START, holder.account.id),
        (rival.plate, 2 * START, rival.account.id),
        (holder.plate, 2 * START + INCREMENT, holder.account.id),
    ]
    told = [(entry.kind, entry.body.get("for_maximum", False)) for entry in entries][2:]
    assert told == [("maximum_set", False), ("bid_accepted", True), ("bid_accepted", False), ("bid_accepted", True)]


async def test_a_maximum_stands_in_its_own_table_alone_and_its_commitment_can_be_checked(
    database: Database, now: datetime
) -> None:
    sale = await open_online(database, now)
    holder = sale.bidders[0]
    first = holder.bids(MAXIMUM, is_maximum=True)
    [decision] = await settled(database, first)
    [lowered] = await settled(database, holder.bids(MAXIMUM - 1, is_maximum=True))
    assert lowered.refusal is not None
    async with database.reading() as session:
        kept = (await session.scalars(select(ProxyMaximum))).one()
        entries = await journal_store.read(session, f"auction:{sale.lot_id}")
        [entry] = [entry for entry in entries if entry.kind == "maximum_set"]
        assert (kept.plate, kept.price_fen, kept.seq) == (holder.plate, MAXIMUM, entry.seq)
        commitment = seal(holder.plate, Money(MAXIMUM), kept.salt).commitment
        assert public_event(entry).facts == {"commitment": commitment}
        for table in ("bids", "journal_entries", "auctions"):
            texts = (await session.scalars(text(f"SELECT t::text FROM {table} t"))).all()
            assert not [row for row in texts if str(MAXIMUM) in row or str(MAXIMUM - 1) in row]
    [again] = await settled(database, first)
    assert (again.seq, again.hash) == (decision.seq, decision.hash), "sent twice, it counts once"


async def test_a_priority_holder_whose_deposit_came_during_the_sale_may_match(
    database: Database, now: datetime
) -> None:
    """法释〔2016〕18号 art. 21; the right was confirmed before the sale, the plate came with the deposit."""
    sale = await open_online(database, now)
    ordinary, late = sale.bidders[:2]
    await settled(database, ordinary.bids(START))
    [refused] = await settled(database, late.bids(START))
    assert refused.refusal is not None
    assert await lowest_told(database, sale, now) == (START + INCREMENT, START)
    async with database.work() as work:
        (await work.get_one(Registration, late.registration.id)).has_priority = True
    [matched] = await settled(database, late.bids(START))
    assert (matched.refusal, matched.leads) == (None, True)
    [too_low] = await settled(database, ordinary.bids(START))
    assert too_low.refusal is not None, "others must exceed it"
    assert await lowest_told(database, sale, now) == (START + INCREMENT, START + INCREMENT)
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
    assert (auction.plate, auction.price_fen, auction.state.phase.priority) == (late.plate, START, (late.plate,))
