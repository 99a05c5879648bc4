"""The simulated bank, run as the real process it is: its books hold through repetition, faults and a kill."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bank_simulator.bank_process import BankProcess, Heard, arm, listener, open_payer, pay, running_bank
from trading.bank_simulator.faults import PENDING_FOR_MS, Fault, Faults
from trading.bank_simulator.ledger import Ledger, deposit_account_number
from trading.bank_simulator.server import execute
from trading.deposits.bank_client import BankClient, BankRefused, BankSilent
from trading.deposits.bank_envelope import Envelope
from trading.deposits.bank_messages import (
    Direction,
    OrderTransfer,
    Pay,
    QueryStatement,
    RequestRefused,
    SetFault,
    TransferStatus,
    encode,
    read_event,
)
from trading.kernel.ids import new_id

PAYER = "6222020000001"
NAME = "演示置业有限公司"
DEPOSIT_FEN = 100_000_00


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    with listener() as heard:
        yield heard


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory, heard: Heard) -> Iterator[BankProcess]:
    with running_bank(tmp_path_factory.mktemp("bank"), heard.url) as running:
        yield running


@pytest.fixture
async def client(bank: BankProcess, heard: Heard) -> AsyncIterator[BankClient]:
    async with bank.client() as opened:
        await open_payer(opened, PAYER, NAME)
        heard.requests.clear()
        yield opened


async def new_number(client: BankClient) -> str:
    return await client.open_sub_account(f"registration:{new_id()}", "演示")


async def paid_in(client: BankClient) -> str:
    number = await new_number(client)
    await pay(client, PAYER, number, DEPOSIT_FEN)
    return number


def order(number: str, *, to_name: str = NAME, amount_fen: int = DEPOSIT_FEN, key: str | None = None) -> OrderTransfer:
    return OrderTransfer(key or f"refund:{new_id()}", number, PAYER, to_name, amount_fen, "退保证金")


async def post(bank: BankProcess, path: str, **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as browser:
        return await browser.post(bank.url + path, **request)


async def lines_of(client: BankClient, number: str) -> list[tuple[Direction, int, str, str | None]]:
    after, found = 0, []
    while True:
        page = await client.statement(after)
        for line in page.lines:
            after = line.sequence
            if line.account_number == number:
                found.append((line.direction, line.amount_fen, line.counterparty_name, line.order_key))
        if not page.more:
            return found


async def test_same_key_opens_the_same_account_number(client: BankClient) -> None:
    key = f"registration:{new_id()}"
    number = await client.open_sub_account(key, "演示")
    assert await client.open_sub_account(key, "演示") == number
    assert await new_number(client) != number


async def test_payment_stands_on_the_statement_with_its_payer(client: BankClient) -> None:
    number = await paid_in(client)
    assert await lines_of(client, number) == [(Direction.IN, DEPOSIT_FEN, NAME, None)]


async def test_money_under_a_number_never_opened_is_taken_and_shown(client: BankClient) -> None:
    number = deposit_account_number(99_999_999)
    await pay(client, PAYER, number, 1)
    assert await lines_of(client, number) == [(Direction.IN, 1, NAME, None)]


async def test_mistyped_number_is_refused_by_its_check_digit(client: BankClient) -> None:
    number = await new_number(client)
    mistyped = number[:-1] + str((int(number[-1]) + 1) % 10)
    with pytest.raises(BankRefused) as caught:
        await pay(client, PAYER, mistyped, 1)
    assert caught.value.reason_code == "unknown_account"


async def test_payer_cannot_pay_more_than_the_account_holds(client: BankClient) -> None:
    await open_payer(client, "6222020000009", "演示小微企业", 100)
    with pytest.raises(BankRefused) as caught:
        await pay(client, "6222020000009", await new_number(client), 101)
    assert caught.value.reason_code == "insufficient_funds"


async def test_payment_with_the_same_key_is_made_once(client: BankClient) -> None:
    number = await new_number(client)
    payment = Pay(f"test:{new_id()}", PAYER, number, 500, "保证金")
    assert await client.ask(payment) == await client.ask(payment)
    assert len(await lines_of(client, number)) == 1


async def test_order_with_the_same_key_pays_once(client: BankClient) -> None:
    number = await paid_in(client)
    refund = order(number)
    first = await client.order_transfer(refund)
    assert first.status is TransferStatus.DONE
    assert await client.order_transfer(refund) == first
    assert [line[0] for line in await lines_of(client, number)] == [Direction.IN, Direction.OUT]


async def test_same_key_for_another_amount_is_refused(client: BankClient) -> None:
    number = await paid_in(client)
    refund = order(number)
    await client.order_transfer(refund)
    with pytest.raises(BankRefused) as caught:
        await client.order_transfer(order(number, amount_fen=DEPOSIT_FEN - 1, key=refund.key))
    assert caught.value.reason_code == "key_reused"


async def test_order_to_an_account_of_another_name_fails(client: BankClient) -> None:
    report = await client.order_transfer(order(await paid_in(client), to_name="别家有限公司"))
    assert (report.status, report.reference) == (TransferStatus.FAILED, None)
    assert "name" in (report.reason or "")


async def test_order_beyond_what_the_deposit_account_holds_fails(client: BankClient) -> None:
    report = await client.order_transfer(order(await paid_in(client), amount_fen=DEPOSIT_FEN + 1))
    assert report.status is TransferStatus.FAILED


async def test_unknown_order_was_never_seen(client: BankClient) -> None:
    assert await client.query_transfer(f"refund:{new_id()}") is None


async def test_status_500_after_executing_has_executed_and_is_found_by_query(client: BankClient) -> None:
    refund = order(await paid_in(client))
    await arm(client, Fault.FAIL_AFTER_EXECUTING)
    with pytest.raises(BankSilent):
        await client.order_transfer(refund)
    report = await client.query_transfer(refund.key)
    assert report is not None
    assert report.status is TransferStatus.DONE


@pytest.mark.parametrize(
    ("fault", "executed"), [(Fault.HANG_BEFORE_EXECUTING, False), (Fault.HANG_AFTER_EXECUTING, True)]
)
async def test_hanging_bank_is_silent_and_only_the_query_knows(
    bank: BankProcess, client: BankClient, fault: Fault, executed: bool
) -> None:
    refund = order(await paid_in(client))
    await arm(client, fault)
    async with bank.client(answer_within_s=0.4) as impatient:
        with pytest.raises(BankSilent):
            await impatient.order_transfer(refund)
    assert (await client.query_transfer(refund.key) is not None) is executed


async def test_order_that_fails_moves_nothing(client: BankClient) -> None:
    number = await paid_in(client)
    await arm(client, Fault.FAIL_TRANSFER)
    report = await client.order_transfer(order(number))
    assert report.status is TransferStatus.FAILED
    assert [line[0] for line in await lines_of(client, number)] == [Direction.IN]


async def test_pending_order_is_done_later(client: BankClient) -> None:
    refund = order(await paid_in(client))
    await arm(client, Fault.LEAVE_PENDING)
    assert (await client.order_transfer(refund)).status is TransferStatus.PENDING
    await asyncio.sleep(PENDING_FOR_MS / 1000 + 0.1)
    report = await client.query_transfer(refund.key)
    assert report is not None
    assert report.status is TransferStatus.DONE


async def test_callback_is_signed_and_names_the_booking(bank: BankProcess, client: BankClient, heard: Heard) -> None:
    number = await paid_in(client)
    heard.wait_for(1)
    headers, body = heard.requests[0]
    envelope = Envelope.from_headers(headers)
    envelope.verify(bank.secret, body, now_ms=envelope.timestamp_ms)
    assert read_event(body).account_number == number


async def test_callback_is_repeated_until_acknowledged_and_signed_anew(client: BankClient, heard: Heard) -> None:
    heard.planned_statuses = [500, 404]
    await paid_in(client)
    heard.wait_for(3)
    await asyncio.sleep(0.5)
    envelopes = [Envelope.from_headers(headers) for headers, _ in heard.requests]
    assert len(envelopes) == 3
    assert len({envelope.event_id for envelope in envelopes}) == 1
    assert len({envelope.timestamp_ms for envelope in envelopes}) == 3


async def test_duplicate_callback_arrives_twice(client: BankClient, heard: Heard) -> None:
    await arm(client, Fault.DUPLICATE_CALLBACK)
    await paid_in(client)
    heard.wait_for(2)
    assert len({Envelope.from_headers(headers).event_id for headers, _ in heard.requests}) == 1


async def test_unsigned_and_replayed_requests_are_refused(bank: BankProcess, client: BankClient) -> None:
    body = encode(QueryStatement(0))
    assert (await post(bank, "/api", content=body)).status_code == 401
    envelope = Envelope.seal(bank.secret, "request-0001", time.time_ns() // 10**6, body)
    answers = [(await post(bank, "/api", content=body, headers=envelope.headers())).status_code for _ in range(2)]
    assert answers == [200, 401]


async def test_client_with_another_secret_believes_nothing_and_is_not_believed(bank: BankProcess) -> None:
    async with BankClient(bank.url, b"another secret of thirty-two bytes") as stranger:
        with pytest.raises(BankSilent):
            await stranger.statement(0)


async def test_books_survive_a_kill_and_keys_are_remembered(tmp_path: Path) -> None:
    with running_bank(tmp_path) as bank:
        async with bank.client() as client:
            await open_payer(client, PAYER, NAME)
            number = await paid_in(client)
            refund = order(number)
            before = await client.order_transfer(refund)
        bank.kill()
        bank.start()
        async with bank.client() as client:
            assert await client.order_transfer(refund) == before
            assert [line[0] for line in await lines_of(client, number)] == [Direction.IN, Direction.OUT]
            assert (await client.statement(0)).balance_fen == 0


async def test_statement_comes_in_pages_without_gaps(tmp_path: Path) -> None:
    with running_bank(tmp_path) as bank:
        async with bank.client() as client:
            await open_payer(client, PAYER, NAME)
            number = await new_number(client)
            for _ in range(201):
                await pay(client, PAYER, number, 1)
            first = await client.statement(0)
            second = await client.statement(first.lines[-1].sequence)
    assert (len(first.lines), first.more, len(second.lines), second.more) == (200, True, 1, False)


def test_bank_without_permission_for_faults_has_none(tmp_path: Path) -> None:
    faults = Faults(allowed=False)
    answer = execute(Ledger(tmp_path / "bank.sqlite3", faults), faults, SetFault(Fault.FAIL_TRANSFER, 1), 1)
    assert isinstance(answer, RequestRefused)


def test_address_without_a_payment_says_so(bank: BankProcess) -> None:
    page = httpx.get(bank.url + "/payments/no-such-key", trust_env=False)
    assert page.status_code == 404
    assert "模拟银行" in page.text


async def test_page_pays_once_however_often_it_is_sent(bank: BankProcess, client: BankClient) -> None:
    number = await new_number(client)
    form = {"key": f"k{new_id()}", "from_account": PAYER, "to_account": number, "amount": "１,000.00"}
    answers = [await post(bank, "/payments", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert await lines_of(client, number) == [(Direction.IN, 100_000, NAME, None)]


@pytest.mark.parametrize("amount", ["", "0", "-1", "1e3", "0.001", "一百", "9" * 40])
async def test_page_refuses_what_is_no_amount_and_keeps_what_was_typed(
    bank: BankProcess, client: BankClient, amount: str
) -> None:
    number = await new_number(client)
    form = {"key": f"k{new_id()}", "from_account": PAYER, "to_account": number, "amount": amount}
    answer = await post(bank, "/payments", data=form)
    assert answer.status_code == 422
    assert number in answer.text
    assert await lines_of(client, number) == []


async def test_page_refuses_a_form_sent_from_another_site(bank: BankProcess, client: BankClient) -> None:
    number = await new_number(client)
    form = {"key": f"k{new_id()}", "from_account": PAYER, "to_account": number, "amount": "1"}
    headers = {"Origin": "http://elsewhere.example"}
    assert (await post(bank, "/payments", data=form, headers=headers)).status_code == 422
    assert await lines_of(client, number) == []
