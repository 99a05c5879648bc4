"""What the bid record of a sale that has ended says: put together from its bids and its journal, for PDF and CSV alike.

The record is an official document and speaks Chinese whatever language a reader has chosen.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from archive.bid_record import BidRecord, RecordedBid, RecordedSection
from archive.typesetting import moment
from auction.kept_refusals import refusal_from
from auction.models import Auction, BidRow
from auction.sale import Stage
from trading.kernel import formats, i18n
from trading.kernel.journal import Entry
from trading.kernel.money import Money
from trading.projects.models import Lot
from trading.projects.profiles import SellingMethod

METHODS: Mapping[SellingMethod, str] = MappingProxyType(
    {
        SellingMethod.AUCTION: "拍卖",
        SellingMethod.TIMED_BIDDING: "限时竞价",
        SellingMethod.LISTING: "挂牌",
        SellingMethod.TENDER: "招标",
        SellingMethod.ONLINE_AUCTION: "网络竞价",
    }
)
_REASONS = {
    "nobody_bid": "无人报价，流拍",
    "below_reserve": "最高报价低于底价，流拍",
    "too_few_bidders": "竞买人数不足，终止",
    "by_order": "依决定终止",
}
_ENDINGS = frozenset({"sold", "withdrawn", "called_off"})
_BECAUSE = {"by_order": "依决定", "platform_away": "平台中断超过规定时间", "clock_jumped": "平台时钟跳变"}


def ending_of(entries: Sequence[Entry]) -> Entry:
    """The entry that ended the sale; bids that came too late follow it."""
    return next(entry for entry in reversed(entries) if entry.kind in _ENDINGS)


def record_of(
    auction: Auction,
    lot: Lot,
    entries: Sequence[Entry],
    bids: Sequence[BidRow],
    *,
    centre_name: str,
    issued_at: datetime,
) -> BidRecord:
    """Everything the record shows. Call it in a thread of its own: it speaks Chinese from then on."""
    i18n.use_language("zh")
    last, sold = ending_of(entries), auction.stage == Stage.SOLD
    assert auction.ended_at is not None
    return BidRecord(
        number=str(lot.deal_code),
        centre_name=centre_name,
        lot_title=lot.title,
        parcel_number=lot.parcel_number,
        selling_method=METHODS[SellingMethod(auction.method)],
        starting_price=Money(auction.starting_price_fen),
        increment=Money(auction.increment_fen),
        opened_at=auction.opened_at,
        closed_at=auction.ended_at,
        outcome="成交" if sold else _REASONS[last.body.get("because", "too_few_bidders")],
        winner_name=last.body["winner_name"] if sold else None,
        winner_plate=last.body["plate"] if sold else None,
        final_price=Money(last.body["price_fen"]) if sold else None,
        bids=_recorded(bids, entries),
        sections=tuple(section for section in (_course(entries), *_quotes(entries), *_draw(entries)) if section.rows),
        journal_stream=last.stream,
        journal_seq=last.seq,
        journal_hash=last.hash.hex(),
        issued_at=issued_at,
        is_demonstration=auction.is_demonstration,
    )


def _recorded(bids: Sequence[BidRow], entries: Sequence[Entry]) -> tuple[RecordedBid, ...]:
    bodies = {entry.seq: entry.body for entry in entries}
    opened = {
        quote["plate"]: quote["price_fen"]
        for entry in entries
        if entry.kind == "quotes_opened"
        for quote in entry.body["quotes"]
    }
    sealed_at = {entry.seq for entry in entries if entry.kind == "quote_sealed"}
    found = []
    for bid in bids:
        fen = opened.get(bid.plate) if bid.seq in sealed_at else bid.price_fen
        reason = "平台在密封最高价内代为出价" if bodies.get(bid.seq, {}).get("for_maximum") else ""
        if bid.refusal_code is not None:
            reason, _ = formats.refusal_words(refusal_from(bid.refusal_code, json.loads(bid.refusal_facts or "{}")))
        recorded = RecordedBid(
            seq=bid.seq,
            arrived_at=bid.arrived_at,
            at=bid.decided_at,
            before_close_ms=bid.before_close_ms,
            plate=bid.plate,
            price=None if fen is None else Money(fen),
            is_sealed=fen is None and bid.price_given.startswith("sealed"),
            accepted=bid.accepted,
            reason=reason,
            entry_hash=bid.entry_hash.hex(),
        )
        found.append(recorded)
    return tuple(found)


def _yuan(body: dict[str, Any], name: str) -> str:
    fen = body.get(name)
    return "—" if fen is None else f"{Money(fen).yuan} 元"


def _until(body: dict[str, Any], words: str) -> str:
    closes_at = body.get("closes_at")
    return "" if closes_at is None else f"{words}{moment(datetime.fromisoformat(closes_at), fraction=True)}"


def _plates(plates: list[int] | None) -> str:
    return "全体竞买人" if plates is None else "、".join(f"{plate} 号" for plate in plates)


_Says = Callable[[dict[str, Any]], str]
# What is told of the course of a sale beside its bids: the name of what happened, and its facts.
_COURSE: Mapping[str, tuple[str, _Says]] = MappingProxyType(
    {
        "opened": ("开始", lambda body: f"已具备资格 {body['qualified']} 人"),
        "increment_changed": ("调整增价幅度", lambda body: _yuan(body, "increment_fen")),
        "hammer_fell": ("落槌", lambda body: f"{body['plate'] or '无'} 号，{_yuan(body, 'price_fen')}"),
        "quoting_ended": ("挂牌报价截止", lambda body: f"最高报价 {_yuan(body, 'price_fen')}"),
        "declared": ("表示参加限时竞价", lambda body: f"{body['plate']} 号"),
        "timed_bidding_decided": ("转入限时竞价", lambda body: f"参加：{_plates(body.get('entrants'))}"),
        "timed_bidding_opened": ("限时竞价开始", lambda body: f"起始价 {_yuan(body, 'starting_price_fen')}"),
        "cap_reached": (
            "超过最高限价，停止报价",
            lambda body: f"最高限价 {_yuan(body, 'cap_fen')}；{_until(body, '下一环节截止 ')}",
        ),
        "suspended": ("中止", lambda body: f"{_BECAUSE[body['because']]}：{body['reason']}"),
        "resumption_announced": ("公告恢复时间", lambda body: f"{_until(body, '恢复时间 ')} {body['reason']}"),
        "resumed": ("恢复", lambda body: _until(body, "本环节截止 ")),
        "disqualified": (
            "取消竞买资格",
            lambda body: f"{body['plate']} 号，已报价{'有效' if body['bids_stand'] else '无效'}：{body['reason']}",
        ),
        "withdrawn": ("终止", lambda body: body.get("reason", "")),
    }
)


def _course(entries: Sequence[Entry]) -> RecordedSection:
    rows = []
    for place, entry in enumerate(entries):
        if entry.kind not in _COURSE or (entry.kind == "withdrawn" and not entry.body.get("reason")):
            continue
        name, says = _COURSE[entry.kind]
        void = entry.kind == "hammer_fell" and _next_of_sale(entries[place + 1 :]) not in _ENDINGS
        note = "；落槌前已有报价到达，落槌无效" if void else ""
        rows.append((str(entry.seq), moment(entry.at, fraction=True), name, f"{says(entry.body)}{note}"))
    columns = (("序号", 10), ("时间", 38), ("事项", 40), ("说明", 74))
    return RecordedSection("交易过程", columns, tuple(rows))


def _next_of_sale(entries: Sequence[Entry]) -> str:
    """The kind of the next entry that moves the sale on; a bid that is refused does not."""
    return next((entry.kind for entry in entries if entry.kind != "bid_refused"), "")


def _quotes(entries: Sequence[Entry]) -> list[RecordedSection]:
    columns = (("号牌", 13), ("报价（元）", 33), ("与平均价之差（元）", 36), ("承诺值 / 盐", 80))
    found = []
    for entry in entries:
        if entry.kind != "quotes_opened":
            continue
        average = entry.body.get("average_fen")
        rows = tuple(
            (
                str(quote["plate"]),
                Money(quote["price_fen"]).yuan,
                "—" if average is None else Money(abs(quote["price_fen"] - average)).yuan,
                f"{quote['commitment']} / {quote['salt']}",
            )
            for quote in entry.body["quotes"]
        )
        note = "" if average is None else f"平均价 {Money(average).yuan} 元，最接近者竞得，距离相等时较低者竞得。"
        found.append(RecordedSection("密封报价开启（按到达先后）", columns, rows, note))
    return found


def _draw(entries: Sequence[Entry]) -> list[RecordedSection]:
    numbers = {entry.body["plate"]: entry.body["number"] for entry in entries if entry.kind == "number_given"}
    return [
        RecordedSection(
            "摇号结果",
            (("名次", 15), ("号牌", 15), ("自报文字", 132)),
            tuple((str(place), str(plate), numbers[plate]) for place, plate in enumerate(entry.body["order"], start=1)),
            f"种子 {entry.body['seed']}；中心密值 {entry.body['secret']}。任何人可据此重新摇号核对。",
        )
        for entry in entries
        if entry.kind == "lots_drawn"
    ]
