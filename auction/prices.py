"""The price of a bid as it came over the wire, read strictly: a whole number of fen or a clear refusal."""

from auction.refusals import PriceMissing, PriceNotNumber, PriceNotPositive, PriceNotWholeFen, PriceTooLarge
from trading.kernel.money import LARGEST_FEN, Money

_SHOWN = 40  # characters of a wrong value that are worth repeating to its sender


def parse_price_fen(value: object) -> Money:
    """The price that a JSON value means. Only a JSON integer in 1..10**14 is a price; nothing is rounded or guessed.

    Refusals: PriceMissing (null), PriceNotWholeFen (any float, also 100.0), PriceNotNumber (text, truth values, lists,
    objects), PriceNotPositive, PriceTooLarge.
    """
    if value is None:
        raise PriceMissing()
    if isinstance(value, float):
        raise PriceNotWholeFen(given=repr(value)[:_SHOWN])
    if isinstance(value, bool) or not isinstance(value, int):
        raise PriceNotNumber(given=repr(value)[:_SHOWN])
    if value > LARGEST_FEN:
        raise PriceTooLarge(digits=_digits(value), largest=Money(LARGEST_FEN))
    if value <= 0:
        raise PriceNotPositive(given=max(value, -LARGEST_FEN))
    return Money(value)


def _digits(value: int) -> int:
    """Decimal digits of a positive number of any size, without writing it out (Python refuses above 4,300 digits)."""
    digits = max(1, (value.bit_length() - 1) * 30103 // 100_000)
    while value >= 10**digits:
        digits += 1
    return digits
