"""An alert is raised once, shows its evidence, and is decided by a person with reasons."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from tests.auction.selling import publish_lot
from tests.conftest import Urls
from tests.supervision.acting import Client, application, person, present
from trading.accounts.rules import Actor, Role
from trading.kernel import journal_store
from trading.kernel.database import Database
from trading.kernel.errors import NotFound
from trading.kernel.ids import new_id
from trading.settings import Settings
from trading.supervision import alerts
from trading.supervision.alerts import (
    AlertDecided,
    DecisionNeedsReasons,
    Evidence,
    Severity,
    Sign,
    VerdictMissing,
    decide,
    raise_alert,
)

SYSTEM = Actor.system("signs")
SUPERVISOR = Actor(f"account:{new_id()}", "卫监督")
REASONS = "两家单位同属一个集团，已移送"


@pytest.fixture
async def client(settings: Settings, urls: Urls) -> AsyncIterator[Client]:
    async with application(settings, urls.running) as opened:
        yield opened


async def sign_of(database: Database, now: datetime) -> Sign:
    async with database.work() as session:
        sale = await publish_lot(session, now=now)
    said = Evidence("{n} qualified", {"n": "<i>甲</i>"}, f"lot:{sale.lot_id}")
    return Sign("same_payer:1", "same_payer", Severity.RED, sale.project_id, (said,), sale.lot_id)


async def raised(database: Database, sign: Sign, now: datetime) -> UUID | None:
    async with database.work() as session:
        return await raise_alert(session, sign, actor=SYSTEM, now=now)


async def test_the_same_sign_is_raised_once_and_told_to_the_supervisors_once(database: Database, now: datetime) -> None:
    sign = await sign_of(database, now)
    found = await asyncio.gather(*(raised(database, sign, now) for _ in range(3)))
    assert len([alert_id for alert_id in found if alert_id is not None]) == 1
    assert await raised(database, replace(sign, key="same_payer:2", severity=Severity.YELLOW), now) is not None
    async with database.reading() as session:
        assert await alerts.open_count(session) == 2
        assert [each.alert.severity for each in await alerts.alerts(session)] == ["red", "yellow"]


async def test_a_decision_needs_a_verdict_and_reasons_and_is_made_once(database: Database, now: datetime) -> None:
    alert_id = await raised(database, await sign_of(database, now), now)
    assert alert_id is not None
    for verdict, reasons, refusal in (
        ("", REASONS, VerdictMissing),
        ("guilty", REASONS, VerdictMissing),
        ("founded", "", DecisionNeedsReasons),
        ("founded", "短", DecisionNeedsReasons),
        ("founded", "x" * 1001, DecisionNeedsReasons),
        ("founded", "坏字符\x00在这里", DecisionNeedsReasons),
    ):
        async with database.reading() as session:
            with pytest.raises(refusal):
                await decide(session, alert_id, verdict=verdict, reasons=reasons, actor=SUPERVISOR, now=now)
    async with database.work() as session:
        await decide(session, alert_id, verdict="founded", reasons=REASONS, actor=SUPERVISOR, now=now)
        with pytest.raises(AlertDecided):
            await decide(session, alert_id, verdict="unfounded", reasons=REASONS, actor=SUPERVISOR, now=now)
        with pytest.raises(NotFound):
            await decide(session, new_id(), verdict="unfounded", reasons=REASONS, actor=SUPERVISOR, now=now)
        told = await journal_store.read(session, f"alert:{alert_id}")
        alert = (await alerts.alert_of(session, alert_id)).alert
    assert [entry.kind for entry in told] == ["alert_raised", "alert_decided"]
    assert told[0].body == {
        "alert": str(alert_id),
        "kind": alert.kind,
        "severity": alert.severity,
        "evidence_sha256": alerts.evidence_sha256(alert.evidence),
    }, "the evidence itself is for supervisors, and can be deleted"
    assert told[-1].body == {"alert": str(alert_id), "verdict": "founded", "reasons": REASONS}


async def test_the_pages_of_an_alert_show_its_evidence_as_text_and_lose_nothing_typed(
    client: Client, database: Database
) -> None:
    now = await present(database)
    supervisor = await person(client, database, Role.SUPERVISOR)
    assert "No alert waits for a decision" in (await supervisor.get("/supervision/alerts")).text
    alert_id = await raised(database, await sign_of(database, now), now)
    address = f"/supervision/alerts/{alert_id}"
    assert address in (await supervisor.get("/supervision")).text
    assert address in (await supervisor.get("/supervision/alerts")).text
    assert address in (await supervisor.get("/notices")).text
    page = await supervisor.get(address)
    assert "&lt;i&gt;甲&lt;/i&gt; qualified" in page.text
    assert "Check it in the journal" in page.text
    refused = await supervisor.post(address, {"verdict": "founded", "reasons": "短"})
    assert refused.status == 422
    assert ">短</textarea>" in refused.text
    assert (await supervisor.post(address, {"reasons": REASONS})).status == 422
    assert (await supervisor.post(address, {"verdict": "passed_on", "reasons": REASONS})).status == 303
    decided = await supervisor.get(address)
    assert REASONS in decided.text
    assert "passed on to the authority in charge" in decided.text
    again = await supervisor.post(address, {"verdict": "founded", "reasons": REASONS})
    assert again.status == 409
    assert address in (await supervisor.get("/supervision/alerts?state=decided")).text
    assert (await supervisor.get(f"/supervision/alerts/{new_id()}")).status == 404
    officer = await person(client, database, Role.OFFICER)
    assert (await officer.get(address)).status == 403
