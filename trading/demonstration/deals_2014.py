"""The deals of January to September 2014, deal by deal, for the demonstration. Pure, and the same at every run.

Only the totals and one parcel were ever published (`PUBLISHED`); every single deal here is invented so that they add up
to those totals to the fen, and is marked as demonstration data wherever it appears. Amounts are spread by hashes of the
deal's number, not by chance, so that two installations show the same deals.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from trading.demonstration import deals_2014_names as names
from trading.kernel.moments import SHANGHAI
from trading.kernel.money import Money
from trading.projects.rules import ProjectKind

YUAN, WAN = 100, 1_000_000

FIRST_DAY, LAST_DAY = date(2014, 1, 1), date(2014, 9, 30)

# Source: the State Council's notice on the holidays of 2014 (国办发明电〔2013〕28号). Weekends are left out as well,
# also those that were worked to make up.
HOLIDAYS = frozenset(
    date(2014, month, day)
    for month, days in {1: (1, 31), 2: (3, 4, 5, 6), 4: (7,), 5: (1, 2), 6: (2,), 9: (8,)}.items()
    for day in days
)


@dataclass(frozen=True, slots=True)
class PublishedTotal:
    """What the centre published of one category. `baseline` is the start price or the budget."""

    category: ProjectKind
    count: int
    baseline: Money | None
    final: Money


PUBLISHED = (
    PublishedTotal(ProjectKind.LAND, 31, Money.from_wan("64609.00"), Money.from_wan("77027.34")),
    PublishedTotal(ProjectKind.GOVERNMENT_PROCUREMENT, 170, Money.from_wan("5783.09"), Money.from_wan("4370.09")),
    PublishedTotal(ProjectKind.AGENCY_SELECTION, 20, Money.from_wan("94795.55"), Money.from_wan("90894.65")),
    PublishedTotal(ProjectKind.FIXED_PRICE_SELECTION, 89, None, Money.from_wan("6658.63")),
)


@dataclass(frozen=True, slots=True)
class HistoricDeal:
    """One concluded deal. Land has a parcel, an area in mu (two decimals), a use, a term in years and an increment."""

    category: ProjectKind
    number: int
    title: str
    owner_name: str
    winner_name: str
    concluded_at: datetime
    baseline: Money | None
    final: Money
    parcel_number: str | None = None
    location: str | None = None
    area_mu: Decimal | None = None
    land_use: str | None = None
    term_years: int | None = None
    increment: Money | None = None
    by_auction: bool = False
    is_demonstration: bool = True


# The one parcel that was published: 9.14 mu at 3,820,000 yuan a mu, 47.88 % above its start. The start itself was not
# published; this one gives that rate with 119 whole increments.
PARCEL_50 = HistoricDeal(
    category=ProjectKind.LAND,
    number=1,
    title="县城第50号地块国有建设用地使用权拍卖出让",
    owner_name=names.LAND_OWNER,
    winner_name="符阳演示置业有限公司",
    concluded_at=datetime(2014, 1, 16, 10, 42, tzinfo=SHANGHAI).astimezone(UTC),
    baseline=Money.from_wan("2360.98"),
    final=Money.from_yuan("34914800.00"),
    parcel_number="县城第50号地块",
    location="县城符阳片区（演示）",
    area_mu=Decimal("9.14"),
    land_use="住宅兼容商业用地",
    term_years=70,
    increment=Money.from_wan("9.50"),
    by_auction=True,
)

# A parcel that was bid for by the mu, one 万元 a mu at a step: it takes up the odd 0.84 of the published total.
_BY_THE_MU_AREA, _BY_THE_MU_START, _BY_THE_MU_STEPS = Decimal("33.21"), Money.from_wan("4184.46"), 4


def deals_2014() -> tuple[HistoricDeal, ...]:
    """All 310 deals in the order in which they were concluded."""
    deals = (*land_deals(), *procurement_deals(), *agency_selections(), *fixed_price_selections())
    return tuple(sorted(deals, key=lambda deal: (deal.concluded_at, deal.category, deal.number)))


def land_deals() -> tuple[HistoricDeal, ...]:
    """Parcel 50, one parcel bid for by the mu, and 29 parcels whose prices rose by whole increments."""
    total = PUBLISHED[0]
    assert total.baseline is not None
    assert PARCEL_50.baseline is not None
    by_the_mu = _land_by_the_mu()
    assert by_the_mu.baseline is not None
    count = total.count - 2
    starts = _share_out(
        (total.baseline - PARCEL_50.baseline - by_the_mu.baseline).fen,
        [_spread("land start", n, low=30_000, high=520_000) for n in range(count)],
        unit=WAN,
    )
    gained = (total.final - PARCEL_50.final - by_the_mu.final).fen - sum(starts)
    increments = [_increment(start) for start in starts]
    gains = _whole_increments(gained, starts, increments)
    parcels = zip(range(3, total.count + 1), starts, gains, increments, strict=True)
    return (PARCEL_50, by_the_mu, *(_parcel(n, start, gain, step) for n, start, gain, step in parcels))


def procurement_deals() -> tuple[HistoricDeal, ...]:
    """170 purchases, budgets from about one to about four hundred 万元, awards below them."""
    total = PUBLISHED[1]
    budgets = [_spread("budget", n, low=9_000, high=420_000, skew=3) for n in range(total.count)]
    ratios = [_spread("procurement ratio", n, low=590, high=920) for n in range(total.count)]
    groups = [names.PURCHASES[_hash("buyer group", n) % len(names.PURCHASES)] for n in range(total.count)]
    owners = [_pick("buyer", n, buyers) for n, (buyers, _, _) in enumerate(groups)]
    goods = [_pick("goods", n, choices) for n, (_, choices, _) in enumerate(groups)]
    titles = [f"{owner}{what}采购" for owner, what in zip(owners, goods, strict=True)]
    winners = [_company("supplier", n, suppliers) for n, (_, _, suppliers) in enumerate(groups)]
    amounts = _budgets_and_awards(total, budgets, ratios)
    return _deals(total, titles, owners, winners, amounts)


def agency_selections() -> tuple[HistoricDeal, ...]:
    """20 agencies chosen for works; the amounts are those of the works, as the centre counts them."""
    total = PUBLISHED[2]
    budgets = [_spread("works", n, low=90_000, high=1_400_000, skew=2) for n in range(total.count)]
    ratios = [_spread("agency ratio", n, low=925, high=993) for n in range(total.count)]
    owners = [_pick("agency owner", n, names.WORKS_OWNERS) for n in range(total.count)]
    titles = [f"{names.WORKS[n]}{_pick('service', n, names.SERVICES)}机构比选（演示）" for n in range(total.count)]
    winners = [_company("agency", n, names.AGENCIES) for n in range(total.count)]
    amounts = _budgets_and_awards(total, budgets, ratios)
    return _deals(total, titles, owners, winners, amounts)


def fixed_price_selections() -> tuple[HistoricDeal, ...]:
    """89 small works whose price was fixed before lots were drawn."""
    total = PUBLISHED[3]
    weights = [_spread("fixed price", n, low=1400, high=19_800, skew=2) for n in range(total.count)]
    owners = [_pick("fixed owner", n, names.WORKS_OWNERS) for n in range(total.count)]
    titles = [
        f"{_pick('works place', n, names.PLACES)}{names.SMALL_WORKS[n % len(names.SMALL_WORKS)]}固定价比选（演示）"
        for n in range(total.count)
    ]
    winners = [_company("builder", n, names.BUILDERS) for n in range(total.count)]
    amounts = [(None, Money(final)) for final in _share_out(total.final.fen, weights, unit=WAN // 100)]
    return _deals(total, titles, owners, winners, amounts)


def _deals(
    total: PublishedTotal,
    titles: Sequence[str],
    owners: Sequence[str],
    winners: Sequence[str],
    amounts: Sequence[tuple[Money | None, Money]],
) -> tuple[HistoricDeal, ...]:
    return tuple(
        HistoricDeal(
            category=total.category,
            number=n + 1,
            title=title,
            owner_name=owner,
            winner_name=winner,
            concluded_at=_moment(total.category, n, total.count),
            baseline=baseline,
            final=final,
        )
        for n, (title, owner, winner, (baseline, final)) in enumerate(
            zip(titles, owners, winners, amounts, strict=True)
        )
    )


def _budgets_and_awards(
    total: PublishedTotal, budgets: Sequence[int], ratios: Sequence[int]
) -> list[tuple[Money | None, Money]]:
    """Budgets in hundreds of yuan by weight; awards in whole yuan near their ratio (in thousandths) of the budget."""
    assert total.baseline is not None
    baselines = _share_out(total.baseline.fen, budgets, unit=WAN // 100)
    wished = [baseline * ratio for baseline, ratio in zip(baselines, ratios, strict=True)]
    finals = _share_out(total.final.fen, wished, unit=YUAN)
    return [(Money(baseline), Money(final)) for baseline, final in zip(baselines, finals, strict=True)]


def _land_by_the_mu() -> HistoricDeal:
    step = Money(int(_BY_THE_MU_AREA * WAN))
    return HistoricDeal(
        category=ProjectKind.LAND,
        number=2,
        title="县城第51号地块国有建设用地使用权挂牌出让",
        owner_name=names.LAND_OWNER,
        winner_name="少岷演示房地产开发有限公司",
        concluded_at=_moment(ProjectKind.LAND, 1, PUBLISHED[0].count),
        baseline=_BY_THE_MU_START,
        final=_BY_THE_MU_START + step * _BY_THE_MU_STEPS,
        parcel_number="县城第51号地块",
        location="县城少岷片区（演示）",
        area_mu=_BY_THE_MU_AREA,
        land_use="城镇住宅用地",
        term_years=70,
        increment=step,
    )


def _parcel(number: int, start: int, gain: int, increment: int) -> HistoricDeal:
    use, term_years, yuan_per_mu = names.LAND_USES[number % len(names.LAND_USES)]
    # The price of a mu differs from place to place by up to a fifth.
    per_mu_fen = yuan_per_mu * YUAN * _spread("price of a mu", number, low=80, high=120) // 100
    place = _pick("place", number, names.PLACES)
    parcel_number = f"{place}第{number + 49}号地块"
    by_auction = gain > 0 and _hash("by auction", number) % 2 == 0
    method = "拍卖" if by_auction else "挂牌"
    return HistoricDeal(
        category=ProjectKind.LAND,
        number=number,
        title=f"{parcel_number}国有建设用地使用权{method}出让",
        owner_name=names.LAND_OWNER,
        winner_name=_company("developer", number, names.DEVELOPERS),
        concluded_at=_moment(ProjectKind.LAND, number - 1, PUBLISHED[0].count),
        baseline=Money(start),
        final=Money(start + gain),
        parcel_number=parcel_number,
        location=f"{place}（演示）",
        area_mu=(Decimal(start) / per_mu_fen).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP),
        land_use=use,
        term_years=term_years,
        increment=Money(increment),
        by_auction=by_auction,
    )


def _increment(start: int) -> int:
    steps = ((500, 1), (1500, 2), (3000, 5), (5000, 10))
    return next((step for below, step in steps if start < below * WAN), 20) * WAN


def _whole_increments(total: int, starts: Sequence[int], increments: Sequence[int]) -> list[int]:
    """Share `total` fen out as gains that are whole increments each; a few parcels go at their start."""
    eager = [0 if _hash("quiet", n) % 6 == 0 else _spread("gain", n, low=20, high=400) for n in range(len(starts))]
    wished = _share_out(total, [start * share for start, share in zip(starts, eager, strict=True)], unit=1)
    gains = [wish // step * step for wish, step in zip(wished, increments, strict=True)]
    rest = total - sum(gains)
    for n in sorted(range(len(gains)), key=lambda n: -increments[n]):
        if gains[n] and rest >= increments[n]:
            gains[n] += increments[n]
            rest -= increments[n]
    # What is left is less than all increments together: the parcel with the smallest one takes it.
    smallest = min(range(len(gains)), key=lambda n: (increments[n], -gains[n]))
    steps, odd = divmod(rest, increments[smallest])
    assert odd == 0, "the increments cannot add up to the published total"
    gains[smallest] += steps * increments[smallest]
    return gains


def _share_out(total: int, weights: Sequence[int], *, unit: int) -> list[int]:
    """Share `total` out in whole units by weight (largest remainders first); the largest takes the odd rest."""
    units, odd = divmod(total, unit)
    whole = sum(weights)
    shares = [units * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(units * weights[n] % whole), n))
    for n in by_remainder[: units - sum(shares)]:
        shares[n] += 1
    amounts = [share * unit for share in shares]
    amounts[max(range(len(weights)), key=lambda n: (weights[n], -n))] += odd
    return amounts


def _moment(category: ProjectKind, n: int, count: int) -> datetime:
    """A moment in office hours on a working day; the n-th of `count` deals lies at about that part of the period."""
    # Parcel 50 was the first auction of the year: all other land comes after it.
    first = date(2014, 1, 20) if category is ProjectKind.LAND else FIRST_DAY
    days = [day for day in _days(first, LAST_DAY) if day.weekday() < 5 and day not in HOLIDAYS]
    day = days[(2 * n + 1) * len(days) // (2 * count)]
    minutes = 9 * 60 + 10 + _hash(f"{category} minute", n) % 140 + (5 * 60 if _hash(f"{category} half", n) % 2 else 0)
    return datetime.combine(day, time(minutes // 60, minutes % 60), SHANGHAI).astimezone(UTC)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _company(topic: str, n: int, kinds: Sequence[str]) -> str:
    return f"{_pick(f'{topic} place', n, names.COMPANY_PLACES)}演示{_pick(f'{topic} kind', n, kinds)}"


def _pick(topic: str, n: int, choices: Sequence[str]) -> str:
    return choices[_hash(topic, n) % len(choices)]


def _spread(topic: str, n: int, *, low: int, high: int, skew: int = 1) -> int:
    """A whole number from `low` to `high`; the larger the skew, the more of them are small."""
    chance = 1
    for _ in range(skew):
        chance *= _hash(topic, n)
    return low + ((high - low) * chance >> 32 * skew)


def _hash(topic: str, n: int) -> int:
    """32 bits that look like chance and never change."""
    return int.from_bytes(hashlib.sha256(f"deals of 2014 {topic} {n}".encode()).digest()[:4])
