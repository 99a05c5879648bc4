"""From where a bidder's account was used is noted when it signs in and enters a sale; never for staff, never a bid."""

import asyncio
from datetime import datetime, timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import select
from websockets.asyncio.client import connect

from tests.auction.browsing import on_sale
from tests.auction.serving import cookie_of, serving
from tests.conftest import Urls
from tests.deposits.stage import credit_code
from tests.projects.people import PASSWORD, make_account
from tests.signs.stage import published, seen
from tests.supervision.acting import application, present
from trading.accounts.models import Trace
from trading.accounts.rules import Role
from trading.accounts.service import NewAccount, NewUnit, sign_up_bidder
from trading.accounts.traces import DEVICE_COOKIE, device_digest
from trading.kernel.database import Database
from trading.settings import Settings
from trading.signs.routes import HallAddressUnreadable, hall_networks

UNIT = NewUnit("演示竞买有限公司", credit_code(1), "演示竞买有限公司", "6222", "张三", "0830-1234567")


async def traces(database: Database) -> list[Trace]:
    async with database.reading() as session:
        return list(await session.scalars(select(Trace).order_by(Trace.first_at)))


async def sign_in(client: object, name: str, cookies: dict[str, str]) -> dict[str, str]:
    """Sign in through the page; the cookies that the answer set."""
    client.cookies.clear()  # type: ignore[attr-defined]
    page = await client.get("/sign-in", headers={"accept": "text/html"})  # type: ignore[attr-defined]
    sent = cookies | {"csrftoken": page.cookies["csrftoken"]}
    answer = await client.post(  # type: ignore[attr-defined]
        "/sign-in",
        data={"sign_in_name": name, "password": PASSWORD, "_csrf_token": page.cookies["csrftoken"]},
        headers={"accept": "text/html", "cookie": "; ".join(f"{key}={value}" for key, value in sent.items())},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    header = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(DEVICE_COOKIE))
    return {"header": header, DEVICE_COOKIE: header.split("=", 1)[1].split(";")[0]}


async def test_a_bidder_who_signs_in_leaves_a_trace_and_staff_none(
    settings: Settings, urls: Urls, database: Database
) -> None:
    now = await present(database)
    async with database.work() as session:
        account = NewAccount("bidder", "张三", PASSWORD, frozenset({Role.BIDDER}))
        await sign_up_bidder(session, UNIT, account, now=now)
    await make_account(database, "officer", now, Role.OFFICER)
    async with application(settings, urls.running) as client:
        first = await sign_in(client, "bidder", {})
        for attribute in ("HttpOnly", "SameSite=lax", "Max-Age=31536000", "Path=/"):
            assert attribute in first["header"]
        again = await sign_in(client, "bidder", {DEVICE_COOKIE: first[DEVICE_COOKIE]})
        assert again[DEVICE_COOKIE] == first[DEVICE_COOKIE]
        forged = await sign_in(client, "bidder", {DEVICE_COOKIE: "<script>alert(1)</script>"})
        assert "<" not in forged[DEVICE_COOKIE]
        await sign_in(client, "officer", {})
    found = await traces(database)
    assert [(each.occasion, each.times, each.lot_id) for each in found] == [("sign_in", 2, None), ("sign_in", 1, None)]
    assert found[0].device == device_digest(first[DEVICE_COOKIE])
    assert first[DEVICE_COOKIE].encode() not in found[0].device


async def test_entering_a_sale_leaves_one_trace_and_bids_none(urls: Urls, tmp_path: object, database: Database) -> None:
    async with serving(urls.running, tmp_path) as served:  # type: ignore[arg-type]
        sale = await on_sale(database, opened=True)
        bidder, stranger = (
            sale.bidders[0],
            await make_account(database, "officer", await present(database), Role.OFFICER),
        )
        for account in (bidder.account, bidder.account, stranger):
            cookie = f"{await cookie_of(database, account)}; {DEVICE_COOKIE}={'d' * 32}"
            address = f"{served.url.replace('http', 'ws')}/lots/{sale.lot_id}/live"
            async with connect(address, additional_headers={"cookie": cookie}, origin=served.url) as socket:  # type: ignore[arg-type]
                await socket.send('{"type":"subscribe","version":2}')
                assert "welcome" in str(await socket.recv())
    [found] = await traces(database)
    assert (found.occasion, found.lot_id, found.times) == ("sale", sale.lot_id, 2)
    assert found.device == device_digest("d" * 32)
    assert ip_address(found.address).is_loopback


async def test_the_same_again_is_one_row_that_says_since_when_and_how_often(database: Database, now: datetime) -> None:
    sale = await published(database, now)
    moments = [now + timedelta(minutes=minute) for minute in range(3)]
    await asyncio.gather(*(_seen(database, sale, moment) for moment in moments))
    [found] = await traces(database)
    assert found.times == 3
    assert (found.first_at, found.last_at) == (moments[0], moments[2])


async def _seen(database: Database, sale: object, at: datetime) -> None:
    async with database.work() as session:
        await seen(session, sale, 0, "one", "198.51.100.1", at)  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", ["hall", "203.0.113.7/99", "203.0.113.7;203.0.113.8", "<b>"])
def test_a_hall_address_that_is_none_stops_the_start(setting: str) -> None:
    with pytest.raises(HallAddressUnreadable) as refused:
        hall_networks(setting)
    assert refused.value.address == setting


def test_hall_addresses_are_addresses_and_networks_with_commas() -> None:
    assert hall_networks("") == []
    assert [str(network) for network in hall_networks(" 203.0.113.7, 2001:db8::/64 ,")] == [
        "203.0.113.7/32",
        "2001:db8::/64",
    ]
