"""Recomputes what a lot's journal claims about sealed quotes and the draw by lot: from its entries and nothing else.

It shares no code with the sale that it checks. The methods are in docs/lot-draw.md; an entry is the JSON object of one
line of a journal file. Each finding is one word, or a word and a plate, that says what differs.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Any

from archive.verifier_words import Fault
from trading.kernel.canonical import canonical_json

Json = dict[str, Any]


def sale_findings(entries: Sequence[Json]) -> Iterator[tuple[Fault, str]]:
    """What is wrong with the draw and the quotes of any stream."""
    for fault, verify in ((Fault.DRAW_DIFFERS, verify_draw), (Fault.QUOTES_DIFFER, verify_quotes)):
        try:
            findings = verify(entries)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            findings = ["unreadable"]
        yield from ((fault, finding) for finding in findings)


def verify_draw(entries: Sequence[Json]) -> list[str]:
    """What is wrong with the draw by lot of this stream; nothing where none took place."""
    sale = _Sale(entries)
    cap = sale.way.get("cap") or {}
    reached, drawn = sale.first("cap_reached"), sale.first("lots_drawn")
    given = [entry for entry in entries if entry["kind"] == "number_given"]
    if drawn is None:
        missing = cap.get("rule") == "draw_by_lot" and sale.concluded and any(sale.counts(e["body"]) for e in given)
        return ["draw"] if missing else []
    if reached is None or cap.get("rule") != "draw_by_lot":
        return ["cap"]
    body, findings = drawn["body"], []
    if any(entry["seq"] > drawn["seq"] for entry in given) or len({e["body"]["plate"] for e in given}) != len(given):
        findings.append("numbers")
    secret = bytes.fromhex(body["secret"])
    if hashlib.sha256(secret).hexdigest() != cap["secret_commitment"]:
        findings.append("secret")
    sources = {
        "method": "lot-draw-1",
        "lot": drawn["stream"].removeprefix("auction:"),
        "secret": body["secret"],
        "numbers": [{"plate": e["body"]["plate"], "number": e["body"]["number"]} for e in given],
        "cap_reached": reached["hash"],
    }
    seed = hashlib.sha256(canonical_json(sources)).digest()
    if body["seed"] != seed.hex():
        findings.append("seed")
    order = _drawn_order(sorted(e["body"]["plate"] for e in given if sale.counts(e["body"])), seed)
    if body["order"] != order:
        findings.append("order")
    if order[:1] != [body["plate"]] or body["price_fen"] != cap["price"]["fen"] or not sale.ends_with(body):
        findings.append("winner")
    return findings


def _drawn_order(plates: list[int], seed: bytes) -> list[int]:
    """Take one plate after the other out of those that are left, as the front-to-back exchange of places does."""
    drawn: list[int] = []
    counter = 0
    while len(plates) > 1:
        word = int.from_bytes(hmac.new(seed, counter.to_bytes(8, "big"), hashlib.sha256).digest(), "big")
        counter += 1
        if word >= 2**256 // len(plates) * len(plates):
            continue
        place = word % len(plates)
        drawn.append(plates[place])
        plates[place] = plates[0]
        plates = plates[1:]
    return drawn + plates


def verify_quotes(entries: Sequence[Json]) -> list[str]:
    """What is wrong with the sealed quotes of this stream; nothing where none were opened."""
    sale = _Sale(entries)
    cap = sale.way.get("cap")
    opened = sale.first("quotes_opened")
    if opened is None:
        one_price = cap is not None and cap["rule"] == "one_price" and sale.first("cap_reached") is not None
        return ["opening"] if sale.concluded and (one_price or sale.way.get("tender") is not None) else []
    body, quotes = opened["body"], opened["body"]["quotes"]
    sealed = [(e["body"]["plate"], e["body"]["commitment"]) for e in entries if e["kind"] == "quote_sealed"]
    findings = [] if sealed == [(quote["plate"], quote["commitment"]) for quote in quotes] else ["quotes"]
    findings += [f"commitment {quote['plate']}" for quote in quotes if _commitment(quote) != quote["commitment"]]
    findings += [f"amount {plate}" for plate in _outside(quotes, cap, sale.terms["starting_price_fen"])]
    counting = [quote for quote in quotes if sale.counts(quote)]
    fen = [quote["price_fen"] for quote in counting]
    average = (2 * sum(fen) + len(fen)) // (2 * len(fen)) if cap is not None and fen else None
    if body["average_fen"] != average:
        findings.append("average")
    if average is not None:
        counting.sort(key=lambda quote: (abs(quote["price_fen"] - average), quote["price_fen"]))
    else:
        counting.sort(key=lambda quote: -quote["price_fen"])  # a stable sort: of equal ones the first to arrive
    winner = counting[0] if counting else sale.standing
    if any(body[name] != winner[name] for name in ("plate", "price_fen")) or not sale.ends_with(body):
        findings.append("winner")
    return findings


def _commitment(quote: Json) -> str:
    sealed = {name: quote[name] for name in ("plate", "price_fen", "salt")}
    return hashlib.sha256(canonical_json(sealed)).hexdigest()


def _outside(quotes: list[Json], cap: Json | None, start: int) -> Iterator[int]:
    """The plates whose quote should not have been taken: too low, too high, or a price that was given before."""
    seen: set[int] = set()
    for quote in quotes:
        fen = quote["price_fen"]
        if cap is None:
            taken = fen >= start
        else:
            ceiling = cap["ceiling"]
            taken = fen > cap["price"]["fen"] and (ceiling is None or fen <= ceiling["fen"]) and fen not in seen
        if not taken:
            yield quote["plate"]
        seen.add(fen)


class _Sale:
    """What the checks need to know of a stream."""

    def __init__(self, entries: Sequence[Json]) -> None:
        self._entries = entries
        prepared = self.first("prepared")
        self.terms: Json = prepared["body"] if prepared is not None else {}
        self.way: Json = self.terms.get("way") or {}
        fallen = [entry["body"] for entry in entries if entry["kind"] == "disqualified"]
        self._excluded = {body["plate"] for body in fallen if not body["bids_stand"]}

    def first(self, kind: str) -> Json | None:
        """The first entry of this kind."""
        return next((entry for entry in self._entries if entry["kind"] == kind), None)

    def counts(self, body: Json) -> bool:
        """Whether what this plate gave counts: it was not disqualified, or its bids stand."""
        return body["plate"] not in self._excluded

    @property
    def concluded(self) -> bool:
        """Whether the sale was decided, and not withdrawn by order or called off."""
        withdrawn = self.first("withdrawn")
        return self.first("sold") is not None or (withdrawn is not None and withdrawn["body"]["because"] != "by_order")

    @property
    def standing(self) -> Json:
        """The highest valid bid when bidding stopped, or what stood after a plate was disqualified since."""
        standing: Json = {"plate": None, "price_fen": None}
        for entry in self._entries:
            body = entry["body"]
            if entry["kind"] == "cap_reached":
                standing = {"plate": body["plate"], "price_fen": body["price_fen"]}
            elif entry["kind"] == "disqualified":
                standing = {"plate": body["plate_leading"], "price_fen": body["price_fen"]}
        return standing

    def ends_with(self, body: Json) -> bool:
        """Whether the sale ended as this opening or drawing says: sold to its plate at its price, or not sold at it."""
        sold, withdrawn = self.first("sold"), self.first("withdrawn")
        if sold is not None:
            return bool((sold["body"]["plate"], sold["body"]["price_fen"]) == (body["plate"], body["price_fen"]))
        return withdrawn is not None and bool(withdrawn["body"]["price_fen"] == body["price_fen"])
