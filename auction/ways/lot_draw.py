"""Draw by lot (摇号) after the price cap was exceeded, so that everybody can draw again and check it. Pure.

Nobody alone can steer it: the centre bound itself to a secret before the sale, every plate adds a text of its own after
that, and the journal entry at which bidding stopped depends on every bid before it. docs/lot-draw.md says the method
exactly enough to write another verifier, what it protects against, and what not.

Source: local practice (a draw in public); no national text.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from uuid import UUID

from auction.refusals import CountdownRunning, NoDrawNow, NumberAlreadyGiven, NumberUnfit
from auction.rules import check_open_for_bids, check_plate, conclude, moment_of, next_state
from auction.sale import AuctionState, AuctionTerms, LotsDrawn, NumberGiven, Stage, Step
from auction.ways.sealed_quotes import counts
from trading.kernel.canonical import canonical_json
from trading.kernel.money import Money

METHOD = "lot-draw-1"
SECRET_BYTES = 32
LONGEST_NUMBER = 64  # characters


def secret_commitment(secret: bytes) -> str:
    """What is published of the centre's secret before the sale: its SHA-256, as hex."""
    return hashlib.sha256(secret).hexdigest()


def give_number(
    terms: AuctionTerms, state: AuctionState, *, plate: int | None, number: str, arrived_at: datetime
) -> Step:
    """A plate takes part in the draw and adds a text of its own choice to its seed, once.

    Refusals: as `rules.check_open_for_bids` and `rules.check_plate`; NoDrawNow, NumberAlreadyGiven, NumberUnfit.
    """
    now = moment_of(state, arrived_at)
    check_open_for_bids(terms, state, arrived_at)
    if state.stage is not Stage.DRAWING:
        raise NoDrawNow()
    plate = check_plate(state, plate)
    if any(plate == other for other, _ in state.phase.numbers):
        raise NumberAlreadyGiven()
    if not 1 <= len(number) <= LONGEST_NUMBER or not number.isprintable():
        raise NumberUnfit(longest=LONGEST_NUMBER)
    phase = replace(state.phase, numbers=(*state.phase.numbers, (plate, number)))
    return Step(next_state(state, now, phase=phase), NumberGiven(plate=plate, number=number))


def end_draw(
    terms: AuctionTerms,
    state: AuctionState,
    *,
    lot_id: UUID,
    secret: bytes,
    cap_reached: str,
    reserve: Money | None,
    now: datetime,
) -> list[Step]:
    """The time for numbers is over: draw the plates that take part; the first buys at the price of the cap.

    `cap_reached` is the hash of the journal entry at which bidding stopped. The text of a plate that was disqualified
    meanwhile stays in the seed, but the plate is not drawn, unless its bids stand. Nobody takes part: the highest bid
    wins.

    Refusals: CountdownRunning.
    """
    assert state.stage is Stage.DRAWING
    assert state.closes_at is not None
    assert terms.way.cap is not None
    now = moment_of(state, now)
    if now < state.closes_at + terms.way.settle_delay:
        raise CountdownRunning(closes_at=state.closes_at)
    plates = sorted(plate for plate, _ in state.phase.numbers if counts(terms.way, state.phase, plate))
    if not plates:
        return [conclude(state, reserve, now)]
    seed = seed_of(lot_id=lot_id, secret=secret, numbers=state.phase.numbers, cap_reached=cap_reached)
    order = draw(plates, words(seed))
    price = terms.way.cap.price
    drawn = LotsDrawn(secret=secret.hex(), seed=seed.hex(), order=tuple(order), price=price, plate=order[0])
    told = Step(next_state(state, now, price=price, plate=order[0]), drawn)
    return [told, conclude(told.state, reserve, now)]


def seed_of(*, lot_id: UUID, secret: bytes, numbers: Sequence[tuple[int, str]], cap_reached: str) -> bytes:
    """SHA-256 over the canonical JSON of all that the draw depends on; `numbers` in order of arrival."""
    sources = {
        "cap_reached": cap_reached,
        "lot": str(lot_id),
        "method": METHOD,
        "numbers": [{"number": number, "plate": plate} for plate, number in numbers],
        "secret": secret.hex(),
    }
    return hashlib.sha256(canonical_json(sources)).digest()


def words(seed: bytes) -> Iterator[int]:
    """Numbers below 2**256 without end: HMAC-SHA256 under the seed of 0, 1, 2 … written in eight bytes, big-endian."""
    for counter in count():
        yield int.from_bytes(hmac.digest(seed, counter.to_bytes(8, "big"), "sha256"), "big")


def draw(plates: Sequence[int], stream: Iterator[int]) -> list[int]:
    """The plates in drawn order: Fisher-Yates from the front; a word that would favour some places is passed over."""
    order = list(plates)
    for place in range(len(order) - 1):
        left = len(order) - place
        fair = 2**256 - 2**256 % left
        word = next(word for word in stream if word < fair)
        other = place + word % left
        order[place], order[other] = order[other], order[place]
    return order
