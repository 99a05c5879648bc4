"""Readable tables of a dossier, as PDF: who registered, what came in, what went back, what was forfeited."""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.bundle import LooseRecord
from archive.listing import Column, Listing, listing_pdf
from archive.typesetting import moment
from trading.accounts.models import Unit
from trading.deposits.models import BankReceipt, ForfeitureRow, RefundRow
from trading.kernel.money import Money
from trading.projects.models import Lot, Project
from trading.registration.models import Registration

# The tables are official papers and speak Chinese whatever language a reader has chosen.
_REGISTRATION_STATES = {
    "awaiting_deposit": "待缴保证金",
    "qualified": "已取得资格",
    "refused": "未取得资格",
    "disqualified": "已取消资格",
}
_OUTCOMES = {
    "accepted": "确认到账",
    "short": "金额不足，原路退回",
    "over": "金额超出，原路退回",
    "paid_twice": "重复缴纳，原路退回",
    "other_payer": "非本单位账户，原路退回",
    "late": "逾期，原路退回",
    "unknown_account": "账号不存在，原路退回",
    "not_expected": "无需缴纳，原路退回",
}
_REFUND_STATES = {
    "requested": "待审核",
    "approved": "已审核",
    "released": "已放行",
    "sent": "已发银行",
    "done": "已退回",
    "failed": "银行退票",
    "unknown": "等待银行答复",
}
_FORFEITURE_STATES = {"proposed": "待确认", "confirmed": "不予退还", "declined": "予以退还"}


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """A registration with its lot and unit."""

    lot: Lot
    registration: Registration
    unit: Unit


@dataclass(frozen=True, slots=True)
class Tables:
    """What the tables are made from."""

    project: Project
    registrations: tuple[RegistrationRow, ...]
    receipts: tuple[BankReceipt, ...]
    refunds: tuple[RefundRow, ...]
    forfeitures: tuple[ForfeitureRow, ...]


def record_files(tables: Tables) -> tuple[LooseRecord, ...]:
    """The tables as files. The same facts give the same bytes: the date of a table is that of its newest fact."""
    if not tables.registrations:
        return ()
    files = (
        LooseRecord("01-报名情况.pdf", listing_pdf(_registrations(tables))),
        LooseRecord("02-保证金到账.pdf", listing_pdf(_receipts(tables))),
        LooseRecord("03-保证金退还.pdf", listing_pdf(_refunds(tables))),
    )
    if not tables.forfeitures:
        return files
    return *files, LooseRecord("04-保证金不予退还.pdf", listing_pdf(_forfeitures(tables)))


def _registrations(tables: Tables) -> Listing:
    columns = (
        Column("标的", 30),
        Column("单位", 44),
        Column("统一社会信用代码", 32),
        Column("报名时间", 26),
        Column("状态", 20),
        Column("号牌", 10),
    )
    rows = [
        (
            row.lot.title,
            row.unit.name,
            row.unit.credit_code,
            moment(row.registration.registered_at),
            _REGISTRATION_STATES[row.registration.state],
            "—" if row.registration.plate is None else str(row.registration.plate),
        )
        for row in tables.registrations
    ]
    return _listing(tables, "报名情况", columns, rows)


def _receipts(tables: Tables) -> Listing:
    columns = (
        Column("银行流水号", 38),
        Column("付款人", 40),
        Column("付款账号", 32),
        Column("金额（元）", 26, is_money=True),
        Column("入账时间", 26),
        Column("处理", 28),
    )
    rows = [
        (
            receipt.reference,
            receipt.payer_name,
            receipt.payer_account_number,
            Money(receipt.amount_fen).yuan,
            moment(receipt.booked_at),
            _OUTCOMES[receipt.outcome],
        )
        for receipt in tables.receipts
    ]
    return _listing(tables, "保证金到账", columns, rows)


def _refunds(tables: Tables) -> Listing:
    columns = (
        Column("原银行流水号", 38),
        Column("收款人", 42),
        Column("收款账号", 32),
        Column("金额（元）", 26, is_money=True),
        Column("状态", 18),
        Column("退回时间", 26),
    )
    rows = [
        (
            refund.receipt_reference,
            refund.payee_name,
            refund.payee_account_number,
            Money(refund.amount_fen).yuan,
            _REFUND_STATES[refund.state],
            "—" if refund.finished_at is None else moment(refund.finished_at),
        )
        for refund in tables.refunds
    ]
    return _listing(tables, "保证金退还", columns, rows)


def _forfeitures(tables: Tables) -> Listing:
    columns = (
        Column("单位", 36),
        Column("号牌", 10),
        Column("金额（元）", 26, is_money=True),
        Column("归属", 32),
        Column("理由", 44),
        Column("决定", 20),
        Column("决定时间", 26),
    )
    bidders = {row.registration.id: row for row in tables.registrations}
    rows = [
        (
            bidders[forfeiture.registration_id].unit.name,
            str(bidders[forfeiture.registration_id].registration.plate),
            Money(forfeiture.amount_fen).yuan,
            forfeiture.payee_name,
            forfeiture.reasons,
            _FORFEITURE_STATES[forfeiture.state],
            "—" if forfeiture.decided_at is None else moment(forfeiture.decided_at),
        )
        for forfeiture in tables.forfeitures
    ]
    return _listing(tables, "保证金不予退还", columns, rows)


def _listing(tables: Tables, title: str, columns: tuple[Column, ...], rows: Sequence[tuple[str, ...]]) -> Listing:
    moments = [row.registration.registered_at for row in tables.registrations]
    moments += [receipt.seen_at for receipt in tables.receipts]
    moments += [refund.finished_at or refund.requested_at for refund in tables.refunds]
    moments += [forfeiture.decided_at or forfeiture.proposed_at for forfeiture in tables.forfeitures]
    project = tables.project
    return Listing(
        centre_name=project.owner_name,
        title=title,
        subject=project.title,
        number=str(project.entry_code),
        columns=columns,
        rows=rows,
        made_at=max(moments),
        is_demonstration=project.is_demonstration,
    )
