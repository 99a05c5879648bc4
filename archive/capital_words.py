"""An amount in capital words (大写金额), as it is written where it is signed. Pure.

Source: 支付结算办法, annex 1 (正确填写票据和结算凭证的基本规定) art. 1-4: capital numerals; 整 follows 元 and may be
left out after 角 (here it is); several zeros in a row are written as one 零.

The library cn2an (0.5.24) was tried first: it leaves out that 零 where the group of 万 is empty and the thousands are
not (100,005,000 yuan became 壹亿伍仟元整), so the rule is written out here; the tests compare the two everywhere else.
"""

from trading.kernel.money import LARGEST_FEN, Money

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_GROUPS = ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"), (1, ""))


def capital_words(amount: Money) -> str:
    """`叁仟肆佰玖拾壹万肆仟捌佰元整` for 34,914,800 yuan. Raises ValueError below zero and above a trillion yuan."""
    if not 0 <= amount.fen <= LARGEST_FEN:
        raise ValueError(f"no capital words for {amount} yuan")
    yuan, cents = divmod(amount.fen, 100)
    jiao, fen = divmod(cents, 10)
    if not amount.fen:
        return "零元整"
    words = f"{_whole(yuan)}元" if yuan else ""
    if not cents:
        return f"{words}整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    return words + (f"{_DIGITS[fen]}分" if fen else "")


def _whole(number: int) -> str:
    words, gap = "", False
    for size, name in _GROUPS:
        group = number // size % 10_000
        if not group:
            gap = True
            continue
        if words and (gap or group < 1000):
            words += "零"
        words, gap = words + _below_ten_thousand(group) + name, False
    return words


def _below_ten_thousand(number: int) -> str:
    words, gap = "", False
    for size, name in _PLACES:
        digit = number // size % 10
        if not digit:
            gap = True
            continue
        if words and gap:
            words += "零"
        words, gap = words + _DIGITS[digit] + name, False
    return words
