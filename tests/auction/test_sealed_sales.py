"""Sealed quotes and draws by lot in the database: what is stored, what stays secret, and what the verifier finds."""

import copy
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from archive.bundle import entry_line
from archive.sale_checks import sale_findings, verify_draw, verify_quotes
from archive.verifier_words import Fault
from auction import service
from auction.messages import public_event
from auction.models import Auction, BidRow
from auction.refusals import KeyUsedForOtherPrice, PriceNotWholeFen
from auction.sale import Stage
from auction.settling import BidRequest, Decision, settle
from tests.auction.selling import INCREMENT, START, Sale, publish_lot
from trading.kernel.database import Database
from trading.kernel.ids import new_id
from trading.projects.models import Deal

SECOND = timedelta(seconds=1)
WINDOW = timedelta(minutes=1)  # of the one-price round and of the draw in the demonstration profile
SETTLE = timedelta(milliseconds=300)
CAP = START + 5 * INCREMENT
QUOTES = (131_234_567, 141_234_567, 136_234_567)
ODD = 149_876_543  # what somebody offers whose quote is refused

Entries = list[dict[str, Any]]


async def opened(database: Database, now: datetime, *, bidders: int = 4, **terms: Any) -> Sale:
    async with database.work() as work:
        sale = await publish_lot(work, now=now, bidders=bidders, **terms)
        await service.prepare(work, sale.lot_id, now - timedelta(minutes=1))
        await service.open_lot(work, sale.lot_id, actor=sale.auctioneer, now=now)
    return sale


async def bids(database: Database, *requests: BidRequest) -> list[Decision]:
    async with database.work() as work:
        decisions = await settle(work, requests)
    assert all(isinstance(decision, Decision) for decision in decisions)
    return [decision for decision in decisions if isinstance(decision, Decision)]


async def advance(database: Database, sale: Sale, now: datetime) -> str:
    async with database.work() as work:
        await service.advance_due(work, now, lot_id=sale.lot_id)
    async with database.reading() as session:
        return (await session.get_one(Auction, sale.lot_id)).stage


async def entries_of(database: Database, sale: Sale) -> Entries:
    """The lot's journal as the lines of a dossier say it."""
    async with database.reading() as session:
        entries = await service.entries_after(session, sale.lot_id, 0)
    return [json.loads(entry_line(entry)) for entry in entries]


def kinds(entries: Entries) -> list[str]:
    return [entry["kind"] for entry in entries]


async def one_price_round(database: Database, now: datetime, **terms: Any) -> Sale:
    """Bidder 1 leads below the cap, bidder 2 bids above it; then bidders 1 to 3 give their quotes."""
    capped: dict[str, Any] = {"cap_fen": CAP, "cap_ceiling_fen": START * 3 // 2, "cap_rule": "one_price"}
    sale = await opened(database, now, method="timed_bidding", **(capped | terms))
    one, two, three, _ = sale.bidders
    requests = [one.bids(START, now + SECOND), two.bids(CAP + INCREMENT, now + 2 * SECOND)]
    requests += [
        bidder.bids(fen, now + 3 * SECOND, is_sealed=True)
        for bidder, fen in zip((one, two, three), QUOTES, strict=True)
    ]
    await bids(database, *requests)
    return sale


async def draw(database: Database, now: datetime) -> Sale:
    """Bidder 1 leads, bidder 2 bids above the cap; bidders 4, 2 and 3 give their numbers, in this order."""
    capped: dict[str, Any] = {"cap_fen": CAP, "cap_rule": "draw_by_lot"}
    sale = await opened(database, now, method="timed_bidding", **capped)
    one, two, *_ = sale.bidders
    await bids(database, one.bids(START, now + SECOND), two.bids(CAP + INCREMENT, now + 2 * SECOND))
    for plate, number in ((4, "八"), (2, "0137"), (3, "lucky")):
        async with database.work() as work:
            await service.give_number(
                work, sale.lot_id, plate=plate, number=number, actor=sale.auctioneer, arrived_at=now + 3 * SECOND
            )
    return sale


async def test_a_bid_above_the_cap_and_quotes_in_one_batch(database: Database, now: datetime) -> None:
    sale = await one_price_round(database, now)
    entries = await entries_of(database, sale)
    expected = ["prepared", "opened", "bid_accepted", "bid_refused", "cap_reached", *["quote_sealed"] * 3]
    assert kinds(entries) == expected
    assert await advance(database, sale, now + 2 * SECOND + WINDOW) == Stage.SEALED
    assert await advance(database, sale, now + 2 * SECOND + WINDOW + SETTLE) == Stage.SOLD
    entries = await entries_of(database, sale)
    assert kinds(entries) == [*expected, "quotes_opened", "sold"]
    assert (entries[-1]["body"]["plate"], entries[-1]["body"]["price_fen"]) == (3, QUOTES[2])
    assert list(sale_findings(entries)) == []
    async with database.reading() as session:
        assert (await session.scalars(select(Deal.final_fen))).one() == QUOTES[2]


async def test_without_quotes_the_highest_bid_below_the_cap_buys(database: Database, now: datetime) -> None:
    sale = await opened(database, now, method="timed_bidding", cap_fen=CAP, cap_rule="one_price")
    one, two, *_ = sale.bidders
    await bids(database, one.bids(START, now + SECOND), two.bids(CAP + INCREMENT, now + 2 * SECOND))
    assert await advance(database, sale, now + 2 * SECOND + WINDOW + SETTLE) == Stage.SOLD
    entries = await entries_of(database, sale)
    assert (entries[-1]["body"]["plate"], entries[-1]["body"]["price_fen"]) == (1, START)
    assert list(sale_findings(entries)) == []


async def test_a_quote_sent_twice_counts_once_and_with_another_amount_is_refused(
    database: Database, now: datetime
) -> None:
    sale = await one_price_round(database, now)
    key = new_id()
    quote = sale.bidders[3].bids(QUOTES[0] + 2, now + 4 * SECOND, key=key, is_sealed=True)
    [first] = await bids(database, quote)
    [again] = await bids(database, quote)
    assert (first.refusal, first.seq, first.hash, first.price) == (None, again.seq, again.hash, again.price)
    async with database.work() as work:
        [other] = await settle(work, [sale.bidders[3].bids(ODD, now + 4 * SECOND, key=key, is_sealed=True)])
    assert isinstance(other, KeyUsedForOtherPrice)


async def rows_with(database: Database, amounts: list[int]) -> set[tuple[str, str]]:
    """The columns of all tables in whose text one of the amounts occurs, however it is written."""
    found = set()
    async with database.reading() as session:
        columns = await session.execute(
            text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        )
        for table, column in columns.all():
            written = (await session.scalars(text(f'SELECT "{column}"::text FROM "{table}"'))).all()
            plain = [str(value).replace(",", "") for value in written]
            if any(str(amount)[:-2] in value for amount in amounts for value in plain):
                found.add((table, column))
    return found


@pytest.mark.parametrize("method", ["timed_bidding", "tender"])
async def test_no_amount_is_told_before_the_quotes_are_opened(
    database: Database, now: datetime, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if method == "tender":
        sale = await tender(database, now, QUOTES)
    else:
        sale = await one_price_round(database, now)
    await bids(
        database,
        sale.bidders[0].bids(ODD, now + 4 * SECOND, is_sealed=True),  # a second quote
        sale.bidders[3].bids(ODD, now + 4 * SECOND),  # not sent as a quote
        sale.bidders[3].bids(PriceNotWholeFen(given=f"{ODD}.5"), now + 4 * SECOND, given=f"{ODD}.5", is_sealed=True),
    )
    assert await rows_with(database, [*QUOTES, ODD]) == {("sealed_quotes", "price_fen")}
    async with database.reading() as session:
        entries = await service.entries_after(session, sale.lot_id, 0)
        shown = str([public_event(entry) for entry in entries])
        refused = (await session.scalars(select(BidRow).where(BidRow.accepted.is_(False)))).all()
    assert [row.price_given for row in refused if row.refusal_code != "above_cap"] == ["sealed"] * 3
    told = shown + "".join(capsys.readouterr())
    assert not any(str(amount) in told for amount in (*QUOTES, ODD))
    assert await advance(database, sale, now + timedelta(hours=2)) == Stage.SOLD
    assert ("journal_entries", "body") in await rows_with(database, list(QUOTES))
    assert await rows_with(database, [ODD]) == set()


async def tender(database: Database, now: datetime, quotes: tuple[int, ...]) -> Sale:
    sale = await opened(database, now, method="tender", listing_ends_at=now + timedelta(hours=1))
    requests = [
        bidder.bids(fen, now + SECOND, is_sealed=True) for bidder, fen in zip(sale.bidders, quotes, strict=False)
    ]
    await bids(database, *requests)
    return sale


async def test_a_tender_sells_to_the_highest_quote(database: Database, now: datetime) -> None:
    sale = await tender(database, now, QUOTES)
    assert await advance(database, sale, now + timedelta(hours=1)) == Stage.SEALED
    assert await advance(database, sale, now + timedelta(hours=1) + SETTLE) == Stage.SOLD
    entries = await entries_of(database, sale)
    assert (entries[-1]["body"]["plate"], entries[-1]["body"]["price_fen"]) == (2, QUOTES[1])
    assert list(sale_findings(entries)) == []


async def test_a_tender_with_two_quotes_is_called_off_and_tells_no_amount(database: Database, now: datetime) -> None:
    sale = await tender(database, now, QUOTES[:2])
    assert await advance(database, sale, now + timedelta(hours=2)) == Stage.CALLED_OFF
    assert await rows_with(database, list(QUOTES)) == {("sealed_quotes", "price_fen")}
    entries = await entries_of(database, sale)
    assert list(sale_findings(entries)) == []


async def test_a_draw_is_committed_before_the_sale_and_can_be_drawn_again(database: Database, now: datetime) -> None:
    sale = await draw(database, now)
    prepared, *_ = entries = await entries_of(database, sale)
    commitment = prepared["body"]["way"]["cap"]["secret_commitment"]
    assert await advance(database, sale, now + 2 * SECOND + WINDOW) == Stage.DRAWING
    assert await advance(database, sale, now + 2 * SECOND + WINDOW + SETTLE) == Stage.SOLD
    entries = await entries_of(database, sale)
    assert kinds(entries)[-6:] == ["cap_reached", *["number_given"] * 3, "lots_drawn", "sold"]
    drawn, sold = entries[-2:]
    assert sorted(drawn["body"]["order"]) == [2, 3, 4]
    assert (sold["body"]["plate"], sold["body"]["price_fen"]) == (drawn["body"]["order"][0], CAP)
    assert len(bytes.fromhex(commitment)) == 32
    assert list(sale_findings(entries)) == []


async def test_the_secret_of_a_draw_is_told_nowhere_before_it(database: Database, now: datetime) -> None:
    sale = await draw(database, now)
    async with database.reading() as session:
        [secret] = (await session.scalars(text("SELECT encode(secret, 'hex') FROM draw_secrets"))).all()
    assert secret not in json.dumps(await entries_of(database, sale))
    await advance(database, sale, now + 2 * WINDOW)
    assert secret in json.dumps(await entries_of(database, sale))


async def test_two_servers_that_prepare_a_lot_keep_the_secret_that_was_committed(
    database: Database, now: datetime
) -> None:
    async with database.work() as work:
        sale = await publish_lot(work, now=now, method="timed_bidding", cap_fen=CAP, cap_rule="draw_by_lot")
    for _ in range(2):
        async with database.work() as work:
            await service.prepare(work, sale.lot_id, now)
    async with database.reading() as session:
        count = await session.scalar(text("SELECT count(*) FROM draw_secrets"))
    assert count == 1


def of_kind(entries: Entries, kind: str) -> dict[str, Any]:
    body: dict[str, Any] = next(entry["body"] for entry in entries if entry["kind"] == kind)
    return body


def drop(entries: Entries, kind: str) -> None:
    entries.remove(next(entry for entry in entries if entry["kind"] == kind))


def other_winner(entries: Entries) -> None:
    body = of_kind(entries, "lots_drawn")
    body["order"] = body["order"][::-1]
    body["plate"] = of_kind(entries, "sold")["plate"] = body["order"][0]


def other_secret(entries: Entries) -> None:
    of_kind(entries, "lots_drawn")["secret"] = "00" * 32


DRAW_FAULTS: dict[str, Callable[[Entries], None]] = {
    "order": other_winner,
    "secret": other_secret,
    "seed": lambda entries: of_kind(entries, "number_given").update(number="七"),
    "draw": lambda entries: drop(entries, "lots_drawn"),
    "winner": lambda entries: of_kind(entries, "sold").update(plate=1),
    "cap": lambda entries: drop(entries, "cap_reached"),
    "numbers": lambda entries: entries.append(next(e for e in entries if e["kind"] == "number_given") | {"seq": 99}),
}


async def test_the_verifier_finds_every_fault_in_a_draw(database: Database, now: datetime) -> None:
    sale = await draw(database, now)
    await advance(database, sale, now + 2 * WINDOW)
    entries = await entries_of(database, sale)
    for expected, tamper in DRAW_FAULTS.items():
        forged = copy.deepcopy(entries)
        tamper(forged)
        assert expected in verify_draw(forged), expected


def swapped(entries: Entries) -> None:
    quotes = of_kind(entries, "quotes_opened")["quotes"]
    quotes[0]["price_fen"], quotes[1]["price_fen"] = quotes[1]["price_fen"], quotes[0]["price_fen"]


def second_best(entries: Entries) -> None:
    for kind in ("quotes_opened", "sold"):
        of_kind(entries, kind).update(plate=1, price_fen=QUOTES[0])


QUOTE_FAULTS: dict[str, Callable[[Entries], None]] = {
    "commitment 1": swapped,
    "quotes": lambda entries: drop(entries, "quote_sealed"),
    "average": lambda entries: of_kind(entries, "quotes_opened").update(average_fen=QUOTES[0]),
    "winner": second_best,
    "amount 2": lambda entries: of_kind(entries, "quotes_opened")["quotes"][1].update(price_fen=START * 3 // 2 + 1),
    "opening": lambda entries: drop(entries, "quotes_opened"),
}


async def test_the_verifier_finds_every_fault_in_sealed_quotes(database: Database, now: datetime) -> None:
    sale = await one_price_round(database, now)
    await advance(database, sale, now + 2 * WINDOW)
    entries = await entries_of(database, sale)
    for expected, tamper in QUOTE_FAULTS.items():
        forged = copy.deepcopy(entries)
        tamper(forged)
        assert expected in verify_quotes(forged), expected


async def test_the_verifier_survives_entries_that_make_no_sense(database: Database, now: datetime) -> None:
    sale = await draw(database, now)
    await advance(database, sale, now + 2 * WINDOW)
    entries = await entries_of(database, sale)
    of_kind(entries, "lots_drawn")["secret"] = "no hex"
    assert list(sale_findings(entries)) == [(Fault.DRAW_DIFFERS, "unreadable")]
