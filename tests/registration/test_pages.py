"""The pages of joint bidders and priority rights, through the whole application; the bank stays silent."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.conftest import Urls
from tests.deposits.stage import credit_code
from tests.projects.people import PASSWORD, make_account
from tests.projects.visitor import Visitor, signed_in, typed_values
from tests.registration.test_groups_and_claims import sell_by
from tests.registration.test_registration_service import lot_id, unit
from trading.accounts import service as accounts
from trading.accounts.rules import Actor, Role
from trading.accounts.service import NewAccount
from trading.app import create_app
from trading.kernel.clock import database_clock
from trading.kernel.database import Database
from trading.projects import service as projects
from trading.registration import service
from trading.settings import Settings

__all__ = ["lot_id"]

WHO = {"contact_name": "张三", "phone": "08305551234", "undertaking": "yes"}


@pytest.fixture
async def now(database: Database) -> datetime:
    """The present: the application reads the database's own clock."""
    async with database.reading() as session:
        return await database_clock(session)


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(settings, Database(urls.running))) as opened:
        yield opened


async def bidder(client: AsyncTestClient[Litestar], database: Database, number: int, now: datetime) -> Visitor:
    """Somebody who acts for a unit."""
    unit_id = await unit(database, number, now)
    new = NewAccount(f"bidder{number}", "演示", PASSWORD, frozenset({Role.BIDDER}))
    async with database.work() as session:
        own = await accounts.get_unit(session, unit_id)
        account = await accounts.create_account(session, new, unit=own, actor=Actor.system("test"), now=now)
    return await signed_in(client, database, account)


def joint(number: int, code: int, share: str, name: str = "演示联合有限公司") -> dict[str, str]:
    row = {"name": name, "code": credit_code(code), "share": share}
    return {f"member_{part}_{number}": value for part, value in row.items()}


async def test_units_register_jointly_and_see_their_shares(
    client: AsyncTestClient[Litestar], database: Database, lot_id: UUID, now: datetime
) -> None:
    lead = await bidder(client, database, 1, now)
    address = f"/lots/{lot_id}/registration"
    assert "We bid jointly with other units" in (await lead.get(address)).text
    answer = await lead.post(address, WHO | joint(1, 2, "33.33") | joint(4, 3, "20", "另一演示有限公司"))
    assert answer.status == 303
    page = (await lead.get(address)).text
    for words in ("You bid jointly", "46.67 %", "33.33 %", "20 %", "另一演示有限公司", credit_code(3)):
        assert words in page


async def test_what_is_wrong_with_a_group_is_told_beside_its_rows_and_nothing_is_lost(
    client: AsyncTestClient[Litestar], database: Database, lot_id: UUID, now: datetime
) -> None:
    lead = await bidder(client, database, 1, now)
    address = f"/lots/{lot_id}/registration"
    form = WHO | joint(2, 2, "100") | {"member_name_3": "无代码有限公司"}
    answer = await lead.post(address, form)
    assert answer.status == 422
    for field in ("member_share_2", "member_code_3", "member_share_3"):
        assert f'id="error-{field}"' in answer.text
    shown = typed_values(answer.text)
    assert (shown["member_share_2"], shown["member_name_3"]) == ("100", "无代码有限公司")
    assert '<details class="form-part" open>' in answer.text
    itself = await lead.post(address, WHO | joint(1, 1, "10"))
    assert itself.status == 422
    assert "is named twice" in itself.text
    async with database.reading() as session:
        assert await service.registrations_of_lot(session, lot_id) == []


async def test_a_claimed_priority_right_is_confirmed_on_its_own_page(
    client: AsyncTestClient[Litestar], database: Database, lot_id: UUID, now: datetime
) -> None:
    await sell_by(database, lot_id, "online_auction", now)
    account = await make_account(database, "officer", now, Role.OFFICER)
    async with database.work() as session:
        lot = await projects.get_lot(session, lot_id)
        (await projects.lock_project(session, lot.project_id)).officer_id = account.id
    officer = await signed_in(client, database, account)
    other = await signed_in(client, database, await make_account(database, "other", now, Role.OFFICER))
    lead, silent = await bidder(client, database, 1, now), await bidder(client, database, 2, now)
    address = f"/lots/{lot_id}/registration"
    assert (await lead.post(address, WHO | {"claims_priority": "yes"})).status == 303
    assert (await silent.post(address, WHO)).status == 303
    assert "Your priority right is not confirmed yet." in (await lead.get(address)).text
    claims = await officer.get(f"/officer/lots/{lot_id}/priority")
    assert "演示竞买第1有限公司" in claims.text
    assert "演示竞买第2有限公司" not in claims.text
    assert (await other.get(f"/officer/lots/{lot_id}/priority")).status == 403
    action = claims.text.split('action="/officer/registrations/')[1].split('"')[0]
    assert (await other.post(f"/officer/registrations/{action}", {"decision": "confirm"})).status == 403
    assert (await officer.post(f"/officer/registrations/{action}", {"decision": "confirm"})).status == 303
    assert "Your priority right is confirmed." in (await lead.get(address)).text
    async with database.work() as session:
        (await projects.lock_lot(session, lot_id)).starts_at = now - timedelta(seconds=1)
    assert (await officer.post(f"/officer/registrations/{action}", {"decision": "refuse"})).status == 409
    assert "Nothing can be changed here any more." in (await officer.get(f"/officer/lots/{lot_id}/priority")).text
