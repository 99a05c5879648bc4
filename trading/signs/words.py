"""What alerts of this room say: findings as evidence with their tables, and the articles of law. Pure."""

from collections.abc import Sequence
from fractions import Fraction
from uuid import UUID

from trading.kernel.moments import iso
from trading.kernel.money import Money
from trading.projects.models import Lot
from trading.projects.problems import N_
from trading.registration.service import stream_of
from trading.signs.history import PastLot, Together
from trading.signs.paper_rules import Paper
from trading.signs.reading import LotFacts, Rival
from trading.signs.rules import PaidByOther, Payment, Shared, Visit
from trading.signs.steps import RegularSteps
from trading.supervision.alerts import Evidence
from trading.supervision.exhibits import Cell, Drawing, Table

OCCASIONS = {
    "sign_in": N_("signing in"),
    "sign_up": N_("signing up"),
    "registration": N_("registering"),
    "sale": N_("in the sale"),
}

ONE_PAYER = N_("The deposits of {n} rival bidders came from one account: {account}, {payer}.")
PAID_FOR = N_("The deposit of {bidder} was paid from {account}, an account of {payer}.")
PAYER_IS_RIVAL = N_("The payer {payer} is registered for the same lot.")
NOT_ACCEPTED = N_("The platform accepts deposits in the bidder's own name only; what another paid goes back whole.")
ONE_DEVICE = N_("The accounts of {n} rival bidders were used from the same device ({devices}).")
DEVICE_MEANS = N_("A device is one browser on one machine. An agent of both, or a shared machine, looks the same.")
ONE_ADDRESS = N_("The accounts of {n} rival bidders were used from the same network address ({addresses}).")
ADDRESS_MEANS = N_("An office building, a hotel or a mobile network shares one address: alone it proves little.")
SAME_STEP = N_(
    "{one} and {other} raised one another {n} times by more than the lowest step, {alike} times by {step} yuan."
)
SAME_RATE = N_(
    "{one} and {other} raised one another {n} times by more than the lowest step, {alike} times by {rate} %."
)
ODDS = N_("Ordinary bidders do so by chance in fewer than one of {odds} cases. The lowest step is not counted.")
LOST_TOGETHER = N_("{names} met in {n} lots of the last {months} months and won none of them; they rarely came apart.")
WON_IN_TURN = N_("{names} met in {n} lots of the last {months} months and won them all, one after the other in turn.")
PAIR_ODDS = N_(
    "By chance any pair of the bidders compared does so in fewer than one of {odds} cases. Bidders of one trade meet"
    " rightly."
)

ONE_AUTHOR = N_("Papers of {n} rival bidders come from one hand: {marks}.")
AUTHOR_MEANS = N_(
    "A file says itself who made it, and can be made to say anything: also a name that a machine came with."
)
WRITTEN_BY_ONE = N_(
    "Regulation on the Tendering and Bidding Law art. 40 (1), by analogy: papers of different bidders made by one unit"
    " or person count as collusion. Ministry of Finance Order 87 art. 37 (1) says the same."
)

AUCTION_LAW = N_(
    "Auction Law art. 37: bidders, and bidders and the auctioneer, may not collude in bad faith to others' harm."
)
PAID_FROM_ONE = N_(
    "Regulation on the Tendering and Bidding Law art. 40 (6), by analogy: deposits of different bidders paid from the"
    " account of one unit or person count as collusion."
)
HANDLED_BY_ONE = N_(
    "Regulation on the Tendering and Bidding Law art. 40 (2), by analogy: different bidders who entrust the same unit"
    " or person with their bidding count as colluding. Ministry of Finance Order 87 art. 37 (2) says the same."
)
REGULAR = N_(
    "Regulation on the Tendering and Bidding Law art. 40 (4), by analogy: prices that differ regularly count as"
    " collusion. Ministry of Finance Order 87 art. 37 (4) says the same."
)
AGREED = N_(
    "Regulation on the Tendering and Bidding Law art. 39 (2), (3), by analogy: bidders who agree on the winner, or that"
    " some of them give up, collude."
)

_PAYMENTS = (
    (N_("Bidder"), Cell.TEXT),
    (N_("Plate"), Cell.NUMBER),
    (N_("Amount (yuan)"), Cell.MONEY),
    (N_("Booked by the bank"), Cell.MOMENT),
    (N_("Payer"), Cell.TEXT),
    (N_("Payer's account"), Cell.TEXT),
    (N_("Journal"), Cell.STREAM),
)
_VISITS = (
    (N_("Bidder"), Cell.TEXT),
    (N_("Plate"), Cell.NUMBER),
    (N_("Occasion"), Cell.WORD),
    (N_("Device"), Cell.TEXT),
    (N_("Network address"), Cell.TEXT),
    (N_("First seen"), Cell.MOMENT),
    (N_("Last seen"), Cell.MOMENT),
    (N_("Times"), Cell.NUMBER),
)
_PAPERS = (
    (N_("Bidder"), Cell.TEXT),
    (N_("File"), Cell.TEXT),
    (N_("Author"), Cell.TEXT),
    (N_("Saved by"), Cell.TEXT),
    (N_("Made with"), Cell.TEXT),
    (N_("Made"), Cell.TEXT),
    (N_("SHA-256, beginning"), Cell.TEXT),
)
_STEPS = (
    (N_("Bidder"), Cell.TEXT),
    (N_("Plate"), Cell.NUMBER),
    (N_("Time"), Cell.MOMENT),
    (N_("Standing price (yuan)"), Cell.MONEY),
    (N_("Bid (yuan)"), Cell.MONEY),
    (N_("Raised by (yuan)"), Cell.MONEY),
    (N_("Raised by (%)"), Cell.NUMBER),
)
_LOTS = (
    (N_("Lot"), Cell.TEXT),
    (N_("Sold on"), Cell.MOMENT),
    (N_("Of them there"), Cell.TEXT),
    (N_("Bidders with a plate"), Cell.NUMBER),
    (N_("Winner"), Cell.TEXT),
    (N_("Journal"), Cell.STREAM),
)


def articles(*said: str) -> tuple[Evidence, ...]:
    """What the law says, as texts below the evidence."""
    return tuple(Evidence(article, is_article=True) for article in said)


def one_payer(facts: LotFacts, found: Shared[Payment]) -> tuple[Evidence, ...]:
    """One account paid for several rivals."""
    last = found.facts[-1]
    said = {"n": len(found.rivals), "account": last.payer_account, "payer": last.payer_name}
    evidence = Evidence(ONE_PAYER, said, table=_paid(facts, found.facts))
    return (evidence, Evidence(NOT_ACCEPTED), *articles(PAID_FROM_ONE, AUCTION_LAW))


def paid_by_other(facts: LotFacts, found: PaidByOther) -> tuple[Evidence, ...]:
    """Somebody paid for one rival."""
    last = found.payments[-1]
    said = {"bidder": facts.rivals[found.rival].name, "account": last.payer_account, "payer": last.payer_name}
    evidence = [Evidence(PAID_FOR, said, stream_of(found.rival), table=_paid(facts, found.payments))]
    if found.payer is not None:
        payer = facts.rivals[found.payer]
        evidence.append(Evidence(PAYER_IS_RIVAL, {"payer": payer.name}, stream_of(payer.registration_id)))
    return (*evidence, Evidence(NOT_ACCEPTED), *articles(PAID_FROM_ONE, AUCTION_LAW))


def one_device(facts: LotFacts, found: Shared[Visit]) -> tuple[Evidence, ...]:
    """One device was used by several rivals."""
    said = {"n": len(found.rivals), "devices": ", ".join(sorted({_short(each) for each in found.facts}))}
    evidence = Evidence(ONE_DEVICE, said, table=_seen(facts, found.facts))
    return (evidence, Evidence(DEVICE_MEANS), *articles(HANDLED_BY_ONE, AUCTION_LAW))


def one_address(facts: LotFacts, found: Shared[Visit]) -> tuple[Evidence, ...]:
    """One network address was used by several rivals."""
    evidence = Evidence(
        ONE_ADDRESS,
        {"n": len(found.rivals), "addresses": ", ".join(found.marks)},
        table=_seen(facts, found.facts),
    )
    return (evidence, Evidence(ADDRESS_MEANS), *articles(HANDLED_BY_ONE, AUCTION_LAW))


def one_author(facts: LotFacts, found: Shared[Paper]) -> tuple[Evidence, ...]:
    """Several rivals' papers come from one hand."""
    said = {"n": len(found.rivals), "marks": "; ".join(_mark_words(mark) for mark in found.marks)}
    evidence = Evidence(ONE_AUTHOR, said, table=papers_table(facts, found.facts))
    return (evidence, Evidence(AUTHOR_MEANS), *articles(WRITTEN_BY_ONE, AUCTION_LAW))


def papers_table(facts: LotFacts, papers: Sequence[Paper]) -> Table:
    """Rivals' papers and what they say of their making."""
    rows = [
        (
            facts.rivals[each.rival].name,
            *(each.name, each.author, each.saved_by, each.tool, each.made_at, each.sha256[:8]),
        )
        for each in papers
        if each.rival is not None
    ]
    return Table(_PAPERS, rows)


def regular(facts: LotFacts, found: RegularSteps, stream: str) -> tuple[Evidence, ...]:
    """Two rivals answered one another regularly: the drawing of all bids, and the table of their answers."""
    one, other = (facts.rivals[rival] for rival in found.rivals)
    said = {"one": one.name, "other": other.name, "n": len(found.answers), "alike": found.alike}
    if found.rate is None:
        message, said = SAME_STEP, said | {"step": Money(found.step_fen or 0).yuan}
    else:
        message, said = SAME_RATE, said | {"rate": _percent(found.rate)}
    drawing = Drawing(
        (_who(one), _who(other)), [(_place(found, bid.rival), bid.price_fen, iso(bid.at)) for bid in facts.bids]
    )
    rows = [
        (
            *_named(facts.rivals[each.bid.rival]),
            *(iso(each.bid.at), each.before_fen, each.bid.price_fen, each.step_fen, _percent(each.rate)),
        )
        for each in found.answers
    ]
    return (
        Evidence(message, said, stream, drawing=drawing),
        Evidence(ODDS, {"odds": _odds(found.chance)}, table=Table(_STEPS, rows)),
        *articles(REGULAR, AUCTION_LAW),
    )


def over_lots(
    found: Together, message: str, *, names: dict[str, str], lots: dict[str, Lot], months: int
) -> tuple[Evidence, ...]:
    """Bidders over many lots; `names` by unit, `lots` by lot, both as text."""
    who = "、".join(names[str(unit_id)] for unit_id in found.bidders)
    said = {"names": who, "n": len(found.lots), "months": months}
    rows = [_lot_row(lot, found, names, lots) for lot in found.lots]
    return (
        Evidence(message, said, table=Table(_LOTS, rows)),
        Evidence(PAIR_ODDS, {"odds": _odds(found.chance)}),
        *articles(AGREED, AUCTION_LAW),
    )


def _lot_row(lot: PastLot, found: Together, names: dict[str, str], lots: dict[str, Lot]) -> tuple[object, ...]:
    there = "、".join(names[str(unit_id)] for unit_id in found.bidders if unit_id in lot.bidders)
    return (
        lots[str(lot.lot_id)].title,
        iso(lot.sold_at),
        there,
        len(lot.bidders),
        names[str(lot.winner)],
        f"auction:{lot.lot_id}",
    )


def _paid(facts: LotFacts, payments: Sequence[Payment]) -> Table:
    rows = [
        (
            *_named(facts.rivals[each.rival]),
            *(each.amount_fen, iso(each.booked_at), each.payer_name, each.payer_account, stream_of(each.rival)),
        )
        for each in payments
    ]
    return Table(_PAYMENTS, rows)


def _seen(facts: LotFacts, visits: Sequence[Visit]) -> Table:
    rows = [
        (
            *_named(facts.rivals[each.rival]),
            *(OCCASIONS[each.occasion], _short(each), each.address),
            *(iso(each.first_at), iso(each.last_at), each.times),
        )
        for each in visits
    ]
    return Table(_VISITS, rows)


def _named(rival: Rival) -> tuple[str, int | None]:
    return rival.name, rival.plate


def _who(rival: Rival) -> str:
    return rival.name if rival.plate is None else f"{rival.plate} · {rival.name}"


def _mark_words(mark: str) -> str:
    """A mark as it stands in a file; of a digest its beginning."""
    kind, _, value = mark.partition(":")
    return f"SHA-256 {value[:8]}" if kind == "file" else value


def _place(found: RegularSteps, rival: UUID) -> int | None:
    return found.rivals.index(rival) if rival in found.rivals else None


def _short(visit: Visit) -> str:
    """Enough of a device's digest to tell it from others on a page."""
    return visit.device.hex()[:8]


def _percent(rate: Fraction) -> str:
    hundredths = round(rate * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _odds(chance: Fraction) -> str:
    """One in how many, rounded down to two digits; nearly no chance is a large number all the same."""
    many = min(int(1 / chance), 10**9) if chance else 10**9
    coarse = 10 ** max(0, len(str(many)) - 2)
    return f"{many // coarse * coarse:,}"
