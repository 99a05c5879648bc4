"""The vocabulary: what is not exactly in the agreed form is malformed, above all amounts."""

from datetime import UTC, datetime

import pytest

from trading.deposits.bank_envelope import BankMessageMalformed
from trading.deposits.bank_messages import (
    BankEvent,
    OpenSubAccount,
    OrderTransfer,
    QueryStatement,
    QueryTransfer,
    Statement,
    TransferReport,
    TransferStatus,
    encode,
    read_answer,
    read_event,
    read_request,
)

ORDER = OrderTransfer("refund:0000", "62170099000000014", "6222020000001", "演示置业有限公司", 100_000_00, "退保证金")


@pytest.mark.parametrize(
    "message", [ORDER, OpenSubAccount("registration:1", "演示"), QueryTransfer("refund:0000"), QueryStatement(0)]
)
def test_request_survives_the_journey(message: OrderTransfer | OpenSubAccount | QueryTransfer | QueryStatement) -> None:
    assert read_request(encode(message)) == message


def test_answer_and_event_survive_the_journey() -> None:
    report = TransferReport("refund:0000", TransferStatus.DONE, 1, "BK1")
    event = BankEvent("62170099000000014", "BK1", datetime(2026, 11, 23, tzinfo=UTC))
    assert read_answer(encode(report)) == report
    assert read_answer(encode(Statement([], more=False, balance_fen=0))) == Statement([], more=False, balance_fen=0)
    assert read_event(encode(event)) == event


@pytest.mark.parametrize(
    "amount", ["1.0", "1e3", '"100"', "true", "null", "0", "-5", str(10**30), str(10**14 + 1), "[1]"]
)
def test_amount_that_is_not_a_positive_whole_number_of_fen_is_malformed(amount: str) -> None:
    body = encode(ORDER).replace(b"10000000", amount.encode())
    assert body != encode(ORDER)
    with pytest.raises(BankMessageMalformed):
        read_request(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        b'{"kind":"order_transfer"}',
        b'{"kind":"rob_the_bank"}',
        b'{"kind":"query_statement","after":0,"before":9}',
        b'{"kind":"query_transfer","key":"a b c d e f g h"}',
        b" " * 300_000 + b'{"kind":"query_statement","after":0}',
    ],
)
def test_body_outside_the_vocabulary_is_malformed(body: bytes) -> None:
    with pytest.raises(BankMessageMalformed):
        read_request(body)


def test_event_time_without_a_zone_is_malformed() -> None:
    with pytest.raises(BankMessageMalformed):
        read_event(
            b'{"kind":"bank_event","account_number":"62170099000000014","reference":"BK1",'
            b'"occurred_at":"2026-11-23T09:00:00"}'
        )
