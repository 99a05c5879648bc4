"""The bid record of the ways of selling: what they add to it, and what stays sealed in it."""

from datetime import datetime, timedelta

from archive.bid_record import BidRecord, RecordedSection, bid_record_pdf
from auction import looking, service
from auction.recording import record_of
from auction.settling import settle
from auction.way import SETTLE_DELAY
from tests.archive.test_documents import words
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.kernel import i18n
from trading.kernel.database import Database
from trading.kernel.money import Money
from trading.projects import service as projects

CAP, CEILING = START * 5 // 4, START * 3 // 2


async def opened(database: Database, now: datetime, method: str, **terms: object) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now, method=method, **terms)  # type: ignore[arg-type]
        await service.prepare(work, sale.lot_id, now)
    async with database.work() as work:
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sale


async def ended(database: Database, sale: Sale) -> BidRecord:
    """Let the clock end the sale's stage, and put its record together."""
    async with database.work() as work:
        closes_at = (await service.auction_of(work, sale.lot_id)).closes_at
        assert closes_at is not None
        assert await service.advance_due(work, closes_at + SETTLE_DELAY, lot_id=sale.lot_id) == [sale.lot_id]
    language = i18n.current_language()
    async with database.reading() as session:
        auction = await service.auction_of(session, sale.lot_id)
        lot = await projects.get_lot(session, sale.lot_id)
        entries = await looking.entries_after(session, sale.lot_id, 0)
        bids = await looking.bids_of(session, sale.lot_id)
        assert auction.ended_at is not None
        record = record_of(
            auction, lot, entries, bids, centre_name="合江县公共资源交易中心", issued_at=auction.ended_at
        )
    i18n.use_language(language)
    return record


def section(record: BidRecord, title: str) -> RecordedSection:
    [found] = [one for one in record.sections if one.title.startswith(title)]
    return found


async def test_the_record_of_the_one_price_round_opens_the_quotes_with_their_distance(
    database: Database, now: datetime
) -> None:
    sale = await opened(database, now, "timed_bidding", cap_fen=CAP, cap_ceiling_fen=CEILING, cap_rule="one_price")
    one, two, three = sale.bidders
    async with database.work() as work:
        await settle(work, [one.bids(START, now), two.bids(CAP + INCREMENT, now)])
        quotes = [(one, CAP + 100), (two, CAP + 900), (three, CAP + 100)]
        await settle(work, [bidder.bids(fen, now, is_sealed=True) for bidder, fen in quotes])
    record = await ended(database, sale)
    # The third quoted what another had quoted before: refused, and what it was stays sealed.
    assert [(bid.price, bid.is_sealed, bid.accepted) for bid in record.bids[2:]] == [
        (Money(CAP + 100), False, True),
        (Money(CAP + 900), False, True),
        (None, True, False),
    ]
    rows = section(record, "密封报价开启").rows
    assert [row[:3] for row in rows] == [("1", "1,250,001.00", "4.00"), ("2", "1,250,009.00", "4.00")]
    assert record.winner_plate == 1
    assert "超过最高限价，停止报价" in [row[2] for row in section(record, "交易过程").rows]
    text = words(bid_record_pdf(record))
    for told in ("平均价1,250,005.00元", "密封报价开启", rows[0][3][:64], "240.000"):
        assert told in text


async def test_the_record_of_an_auction_tells_a_void_hammer_and_a_suspension(database: Database, now: datetime) -> None:
    sale = await opened(database, now, "auction")
    one, two, _ = sale.bidders
    later = now + timedelta(seconds=1)
    async with database.work() as work:
        await settle(work, [one.bids(START, now)])
        for price, late in ((START, two), (START + INCREMENT, None)):
            for number in (1, 2, 3):
                await service.call_price(
                    work, sale.lot_id, number=number, price=Money(price), actor=sale.auctioneer, now=later
                )
            plate = 1 if late else 2
            await service.let_hammer_fall(
                work, sale.lot_id, plate=plate, price=Money(price), actor=sale.auctioneer, now=later
            )
            if late:
                await settle(work, [late.bids(START + INCREMENT, now)])
                reason = "核实保证金到账情况"
                await service.suspend_lot(work, sale.lot_id, reason=reason, actor=sale.auctioneer, now=later)
                await service.resume_lot(work, sale.lot_id, actor=sale.auctioneer, now=later)
    record = await ended(database, sale)
    told = [(row[2], row[3]) for row in section(record, "交易过程").rows]
    assert told == [
        ("开始", "已具备资格 3 人"),
        ("落槌", "1 号，1,000,000.00 元；落槌前已有报价到达，落槌无效"),
        ("中止", "依决定：核实保证金到账情况"),
        ("恢复", ""),
        ("落槌", "2 号，1,050,000.00 元"),
    ]


async def test_a_secret_maximum_is_in_no_record_and_bids_made_for_it_are_marked(
    database: Database, now: datetime
) -> None:
    sale = await opened(database, now, "online_auction")
    one, two, _ = sale.bidders
    maximum = START + 7 * INCREMENT + 100
    async with database.work() as work:
        await settle(work, [one.bids(maximum, now, is_maximum=True), two.bids(START + INCREMENT, now)])
    record = await ended(database, sale)
    assert [(bid.plate, bid.price, bid.is_sealed) for bid in record.bids] == [
        (1, None, True),
        (1, Money(START), False),
        (2, Money(START + INCREMENT), False),
        (1, Money(START + 2 * INCREMENT), False),
    ]
    assert [bool(bid.reason) for bid in record.bids] == [False, True, False, True]
    assert Money(maximum).yuan not in words(bid_record_pdf(record))
