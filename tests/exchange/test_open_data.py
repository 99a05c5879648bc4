"""The addresses of open data, asked as a program would; and what they give, checked by the standard's own checker."""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from libcoveocds.api import ocds_json_output
from libcoveocds.config import LibCoveOCDSConfig
from litestar import Litestar
from litestar.testing import TestClient
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.conftest import Urls
from tests.projects.forms import NOW
from tests.publication.test_publication import SYSTEM, publish_result, published
from trading.app import create_app
from trading.demonstration.load_deals import load_deals_2014
from trading.exchange import service as exchange
from trading.kernel.database import Database
from trading.projects.service import PlatformCodes
from trading.publication import service as publication
from trading.publication.rules import AnnouncementKind
from trading.settings import Settings

STANDARD = Path(__file__).parents[3] / "shared" / "standards" / "ocds-1.1.5-schema.zip"
CODES = PlatformCodes("510522", "12510522MB0000014N")


@pytest.fixture
def client(settings: Settings, urls: Urls) -> Iterator[TestClient[Litestar]]:
    """A program that reads open data."""
    with TestClient(create_app(settings, Database(urls.running))) as client:
        yield client


@pytest.fixture
async def filled(database: Database) -> None:
    """A sale with its result, another one withdrawn, one corrected, and the recorded deals of 2014."""
    sold, withdrawn = await published(database), await published(database, title="县城第52号地块")
    async with database.work() as session:
        await publish_result(session, sold, "合江锦江建设有限公司", NOW + timedelta(days=7))
        reason = {"reason": "无人报价", "ended_at": "2026-11-30T02:00:00.000000Z"}
        await publication.publish(
            session,
            AnnouncementKind.WITHDRAWAL,
            withdrawn.project_id,
            withdrawn.lot_id,
            reason,
            now=NOW + timedelta(days=8),
            actor=SYSTEM,
        )
        await publication.correct(
            session, sold.id, "面积应为6093.34平方米。", actor=SYSTEM, now=NOW + timedelta(days=1)
        )
        await load_deals_2014(session, CODES, now=NOW)


def followed(client: TestClient[Litestar], what: str) -> list[dict[str, Any]]:
    """All pages of a list, as `links.next` leads through them."""
    address, pages = f"/ocds/{what}", []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        address = answer.json().get("links", {}).get("next", "")
        address = address[address.find("/ocds") :] if address else ""
    return pages


@pytest.mark.usefixtures("filled")
def test_all_releases_come_once_and_in_order(client: TestClient[Litestar]) -> None:
    releases = [release for page in followed(client, "releases") for release in page["releases"]]
    assert len({release["id"] for release in releases}) == len(releases)
    moments = [release["date"] for release in releases]
    assert moments == sorted(moments)
    assert len(followed(client, "releases")) > 2
    assert [release["tag"] for release in releases[-5:]] == [
        ["tender"],
        ["tender"],
        ["tenderAmendment"],
        ["award"],
        ["tenderCancellation"],
    ]
    one = client.get(f"/ocds/releases/{releases[-1]['id']}").json()
    assert one["releases"] == [releases[-1]]
    assert client.get("/ocds/releases").headers["access-control-allow-origin"] == "*"


@pytest.mark.usefixtures("filled")
def test_a_record_holds_the_releases_of_its_project_and_what_they_come_to(client: TestClient[Litestar]) -> None:
    records = [record for page in followed(client, "records") for record in page["records"]]
    assert len({record["ocid"] for record in records}) == len(records)
    [sold] = [record for record in records if len(record["releases"]) == 3]
    compiled = sold["compiledRelease"]
    assert compiled["tender"]["status"] == "complete"
    assert len(compiled["tender"]["documents"]) == 2
    assert compiled["awards"][0]["suppliers"][0]["name"] == "合江锦江建设有限公司"
    assert client.get(f"/ocds/records/{sold['ocid']}").json()["records"] == [sold]


@pytest.mark.usefixtures("filled")
def test_a_month_is_the_releases_of_that_month(client: TestClient[Litestar]) -> None:
    releases = [release for page in followed(client, "releases") for release in page["releases"]]
    answer = client.get("/ocds/bulk/2014-03.jsonl")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [one for one in releases if "2014-02-28T16" <= one["date"] < "2014-03-31T16"]
    assert len(lines) > 10
    assert 'filename="ocds-releases-2014-03.jsonl"' in answer.headers["content-disposition"]
    page = client.get("/ocds").text
    assert f'2014-03</th><td class="number" data-label="发布条数">{len(lines)}<' in page


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/ocds/releases?after=x", 422, "place_unreadable"),
        ("/ocds/releases?after=2026-11-23T00:00:00_01a20939-53d8-714a-8f85-e341dbe69b71", 422, "place_unreadable"),
        ("/ocds/releases?after=%00", 422, "place_unreadable"),
        ("/ocds/records?after=x", 422, "place_unreadable"),
        ("/ocds/releases/x", 404, "release_not_found"),
        ("/ocds/releases/01a20939-53d8-714a-8f85-e341dbe69b71", 404, "release_not_found"),
        ("/ocds/records/ocds-000000-none", 404, "record_not_found"),
        ("/ocds/records/none", 404, "record_not_found"),
        ("/ocds/bulk/2014-13.jsonl", 404, "month_unreadable"),
        ("/ocds/bulk/9999-12.jsonl", 404, "month_unreadable"),
        ("/ocds/bulk/2014-03.csv", 404, "month_unreadable"),
    ],
)
def test_what_cannot_be_given_is_refused_with_words(
    client: TestClient[Litestar], address: str, status: int, code: str
) -> None:
    answer = client.get(address, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_empty_platform_gives_empty_lists(client: TestClient[Litestar]) -> None:
    assert client.get("/ocds/releases").json()["releases"] == []
    assert client.get("/ocds/records").json()["records"] == []
    assert client.get("/ocds/bulk/2026-11.jsonl").text == ""
    assert "第一份公告发布后" in client.get("/ocds").text


def test_the_description_for_programs_names_the_addresses_and_no_page(client: TestClient[Litestar]) -> None:
    description = client.get("/api/schema/openapi.json").json()
    assert set(description["paths"]) == {
        "/ocds/releases",
        "/ocds/releases/{release_id}",
        "/ocds/records",
        "/ocds/records/{ocid}",
        "/ocds/bulk/{file}",
    }
    page = client.get("/api").text
    for path in description["paths"]:
        assert f"<code>{path}</code>" in page
    assert "从哪里继续" in page
    assert "The releases of" not in page  # every description is translated


@pytest.mark.skipif(not STANDARD.is_file(), reason="the standard's schema (shared/standards) is not on this machine")
@pytest.mark.usefixtures("filled")
def test_releases_and_records_keep_to_the_standard(client: TestClient[Litestar], tmp_path: Path) -> None:
    for page in followed(client, "releases"):
        assert faults_of_releases(page, tmp_path) == []
        for release in page["releases"]:
            known = {party["id"] for party in release["parties"]}
            named = [release["tender"]["procuringEntity"], *([release["buyer"]] if "buyer" in release else [])]
            named += [supplier for award in release.get("awards", ()) for supplier in award["suppliers"]]
            assert {one["id"] for one in named} <= known
    schema = record_package_schema()
    for page in followed(client, "records"):
        assert [error.message for error in schema.iter_errors(page)] == []
        compiled = [record["compiledRelease"] for record in page["records"]]
        assert faults_of_releases(page | {"releases": compiled}, tmp_path) == []


@pytest.mark.skipif(not STANDARD.is_file(), reason="the standard's schema (shared/standards) is not on this machine")
@pytest.mark.usefixtures("filled")
def test_the_check_sees_what_breaks_the_standard(client: TestClient[Litestar], tmp_path: Path) -> None:
    [*_, page] = followed(client, "releases")
    for broken in ({"tag": ["sold"]}, {"date": "yesterday"}, {"tender": {"title": "no id"}}, {"surprise": 1}):
        faulty = page | {"releases": [page["releases"][-1] | broken]}
        assert faults_of_releases(faulty, tmp_path) != [], broken


def faults_of_releases(page: dict[str, Any], folder: Path) -> list[str]:
    """What libcoveocds finds in a package of releases: errors, breaches of the text, unknown words and fields."""
    package = {name: value for name, value in page.items() if name not in ("links", "records")}
    file = folder / "package.json"
    file.write_text(json.dumps(package))
    config = LibCoveOCDSConfig()
    config.config |= {"standard_zip": f"file://{STANDARD}", "skip_aggregates": True, "context": "api"}
    found = ocds_json_output(str(folder), str(file), "1.1", convert=False, lib_cove_ocds_config=config)
    faults = [str(error) for error in found["validation_errors"]]
    faults += [str(field) for field in found["all_additional_fields"]]
    faults += [str(value) for value in found["additional_closed_codelist_values"].items()]
    faults += [str(value) for value in found["additional_checks"]]
    return faults + ([str(found["conformance_errors"])] if found.get("conformance_errors") else [])


def record_package_schema() -> jsonschema.Draft4Validator:
    """The schema of record packages, with all that it refers to taken from the standard's archive."""
    with zipfile.ZipFile(STANDARD) as archive:
        schemas = [
            json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith("-schema.json") and "/metaschema/" not in name
        ]
    resources = [
        (schema["id"], Resource.from_contents(schema, default_specification=DRAFT4))
        for schema in schemas
        if "id" in schema
    ]
    registry: Registry[Any] = Registry().with_resources(resources)
    [record_package] = [schema for schema in schemas if schema.get("id", "").endswith("record-package-schema.json")]
    return jsonschema.Draft4Validator(record_package, registry=registry)


def test_every_place_of_the_demonstration_is_published_under_its_prefix(settings: Settings) -> None:
    assert exchange.publisher_of(settings).prefix == settings.ocid_prefix == "ocds-000000"
