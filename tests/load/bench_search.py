"""How long a search takes with many announcements: the handler's work on the server, without the network.

Lays varied announcements (100,000 unless told otherwise) into an embedded PostgreSQL, asks a mix of searches through
the functions that the list's page calls, rendering included, and prints one line of JSON on standard output.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx

from trading.app import create_app
from trading.kernel.database import Database
from trading.kernel.embedded_postgres import embedded_postgres
from trading.kernel.ids import new_id
from trading.migrations import migrate
from trading.publication.search import indexed_words
from trading.settings import Settings

NOW = datetime.now(UTC)  # noqa: TID251 - the data lies around the day of the run
TOWNS = ("符阳街道", "临港街道", "荔江镇", "白沙镇", "先市镇", "尧坝镇", "九支镇", "福宝镇", "白鹿镇", "榕山镇")
SUBJECTS = (
    "地块国有建设用地使用权",
    "道路改造工程施工",
    "办公设备采购",
    "校舍维修工程",
    "砂石采矿权",
    "供水管网设计服务",
    "门面房租赁权",
)
OWNERS = (
    "自然资源和规划局",
    "住房和城乡建设局",
    "教育和体育局",
    "交通运输局",
    "水务局",
    "人民医院",
    "国有资产经营有限公司",
)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
KINDS = {
    "sale": "出让公告",
    "result": "成交公告",
    "withdrawal": "流拍公告",
    "calling_off": "终止公告",
    "correction": "更正公告",
}
RARE = "琥珀"
CONDITIONS = "竞得人须按规划条件建设，容积率不大于{}.{}，绿地率不低于{}%。"


class Dice:
    """Numbers that differ from one another and are the same in every run."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, most: int) -> int:
        """A number from 0 to most - 1 (a linear congruence, Numerical Recipes)."""
        self.state = (self.state * 1_664_525 + 1_013_904_223) % 2**32
        return (self.state >> 8) % most


def rows(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    """Projects with a lot and two announcements each, spread over ten years, the newest 400 still open."""
    dice = Dice(7)
    for number in range(count // 2):
        town, subject = TOWNS[dice.below(len(TOWNS))], SUBJECTS[dice.below(len(SUBJECTS))]
        owner = "合江县" + OWNERS[dice.below(len(OWNERS))]
        at = NOW - timedelta(days=3650) * (1 - number / (count // 2)) - timedelta(minutes=dice.below(600))
        rare = RARE if number % 9001 == 17 else ""
        title = f"合江县{town}{rare}第{dice.below(900) + 1}号{subject}"
        price = (dice.below(900_000) + 1) * 1_000_000
        project = {"id": new_id(), "title": title, "owner": owner, "at": at, "number": number}
        ended = number < count // 2 - 400
        state = "sold" if ended else ("contest", "published")[dice.below(2)]
        lot = {
            "id": new_id(),
            "price": price,
            "place": f"合江县{town}",
            "state": state,
            "closes": at + timedelta(days=20),
        }
        winner = f"四川{SURNAMES[dice.below(32)]}{SURNAMES[dice.below(32)]}建设有限公司"
        kinds = ("sale", ("result", "result", "result", "withdrawal", "correction", "calling_off")[dice.below(6)])
        told: list[dict[str, Any]] = [
            {"id": new_id(), "kind": kind, "at": at + timedelta(days=30 * place)} for place, kind in enumerate(kinds)
        ]
        for announcement in told:
            announcement["facts"] = {
                "entry_code": f"JC-510522-{number:06d}",
                "deal_code": f"C01-{number:06d}",
                "owner_name": owner,
                "location": lot["place"],
                "starting_price_fen": price,
                "winner_name": winner,
                "conditions": CONDITIONS.format(dice.below(4) + 1, dice.below(9), dice.below(30)) * 4,
            }
            announcement["title"] = title + KINDS[announcement["kind"]]
            announcement["town"] = town
            announcement["number"] = f"{KINDS[announcement['kind']]}〔{at.year}〕{number}号"
        yield project, lot, told


async def lay(url: str, count: int) -> None:
    """Put the rows into the database by COPY."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    projects, lots, announcements, listed = [], [], [], []
    for project, lot, told in rows(count):
        at = project["at"]
        state = "published" if lot["state"] != "sold" else "concluded"
        projects.append((project["id"], f"JC-{project['number']}", "land", project["title"], project["owner"],
                         "demonstration-2026", state, False, at, at))  # fmt: skip
        lots.append((lot["id"], project["id"], 1, project["title"], False, "HJ-1", lot["place"], 1000, 1, "housing", 70,
                     "", lot["price"], 1_000_000, False, lot["price"] // 5, at, lot["closes"], "auction",
                     lot["closes"], lot["state"], f"C01-{project['number']}"))  # fmt: skip
        for one in told:
            facts = json.dumps(one["facts"], ensure_ascii=False)
            announcements.append((one["id"], one["number"], one["kind"], project["id"], lot["id"], one["title"], facts,
                                  "0" * 64, one["at"], "system:bench", False))  # fmt: skip
            words = indexed_words(" ".join([one["title"], one["number"], *map(str, one["facts"].values())]))
            listed.append((one["id"], one["at"], one["kind"], "land", one["town"], lot["price"], project["id"],
                           lot["id"], words))  # fmt: skip
    listed.sort(key=lambda row: row[1])
    say(f"{len(announcements)} announcements made, storing")
    await connection.execute("CREATE TEMP TABLE brought (LIKE listed_announcements)")
    await connection.execute("ALTER TABLE brought ALTER words TYPE text")
    for table, columns, records in (
        ("projects", "id entry_code kind title owner_name rule_profile state is_demonstration created_at published_at",
         projects),
        ("lots", "id project_id number title is_recorded parcel_number location area_m2 area_mu land_use term_years"
         " conditions starting_price_fen increment_fen has_reserve deposit_fen registration_opens_at"
         " registration_closes_at selling_method starts_at state deal_code", lots),
        ("announcements", "id number kind project_id lot_id title facts facts_hash published_at published_by"
         " is_demonstration", announcements),
        ("brought", "announcement_id published_at kind project_kind region price_fen project_id lot_id words", listed),
    ):  # fmt: skip
        await connection.copy_records_to_table(table, records=records, columns=columns.split())
        say(f"{table}: {len(records)}")
    names = "announcement_id, published_at, kind, project_kind, region, price_fen, project_id, lot_id"
    await connection.execute(
        f"INSERT INTO listed_announcements ({names}, words) SELECT {names}, to_tsvector('simple', words) FROM brought"
    )
    say("words indexed")
    for table in ("projects", "lots", "announcements", "listed_announcements"):
        await connection.execute(f"VACUUM ANALYZE {table}")
    await connection.close()


MIX = {
    "none": ["", "?page=2", "?order=oldest"],
    "common": ["?q=出让公告", "?q=合江县", "?q=建设有限公司", "?q=规划条件建设", "?q=成交公告&page=3"],
    "two_characters": ["?q=公告", "?q=采购", "?q=白沙", "?q=道路", "?q=租赁"],
    "rare": [f"?q={RARE}", "?q=JC-510522-000042", "?q=第777号地块", "?q=没有这样的词", "?q=四川孔魏建设"],
    "filters": [
        "?kind=result&region=白沙镇",
        "?stage=taking_bidders",
        "?stage=ended&kind=withdrawal",
        "?lowest=100&highest=120",
        "?from=2020-01-01&to=2020-03-31",
        "?order=dearest",
        "?project=land&stage=in_contest",
    ],
    "words_and_filters": [
        "?q=采购&region=福宝镇&kind=sale",
        "?q=公告&from=2019-01-01&to=2019-02-01",
        "?q=施工&order=cheapest",
    ],
    "deep_page": ["?page=400", "?q=公告&page=20", "?kind=result&page=250", "?q=采购&page=25"],
}


async def ask(url: str, folder: Path, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every request by kind of query. The application runs in this process, without its tick."""
    settings = Settings.from_environment({"TRADING_DATA_FOLDER": str(folder)})
    took: dict[str, list[float]] = {kind: [] for kind in MIX}
    application = httpx.ASGITransport(cast(Any, create_app(settings, Database(url))))
    async with httpx.AsyncClient(transport=application, base_url="http://bench") as client:
        for turn in range(rounds + 1):
            for kind, queries in MIX.items():
                for query in queries:
                    begun = time.perf_counter()
                    answer = await client.get(f"/announcements{query}", headers={"accept": "text/html"})
                    spent = (time.perf_counter() - begun) * 1000
                    assert answer.status_code == 200, (query, answer.text[:300])
                    if turn:  # the first round warms the caches, as the first visitors of a day do
                        took[kind].append(spent)
                    if turn == rounds and spent > SLOW_MS:
                        say(f"  {query}: {spent:.0f} ms")
            say(f"round {turn} of {rounds}")
    return took


SLOW_MS = 40


def figures(took: dict[str, list[float]]) -> dict[str, Any]:
    """Medians and 95th percentiles, of all and by kind of query."""
    every = [spent for spends in took.values() for spent in spends]

    def of(spends: list[float]) -> dict[str, float]:
        return {
            "p50_ms": round(statistics.median(spends), 1),
            "p95_ms": round(statistics.quantiles(spends, n=20, method="inclusive")[18], 1),
        }

    return {"queries": len(every), **of(every), "kinds": {kind: of(spends) for kind, spends in took.items()}}


def say(words: str) -> None:
    """Progress, on standard error."""
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """Lay, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--announcements", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=f"bench-{secrets.token_hex(4)}-") as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder) / "cluster") as cluster:
            say("a database of its own")
            asyncio.run(migrate(cluster.owner_url, cluster.running_url))
            asyncio.run(lay(cluster.owner_url, chosen.announcements))
            took = asyncio.run(ask(cluster.running_url, Path(folder) / "data", chosen.rounds))
    print(json.dumps({"announcements": chosen.announcements} | figures(took)))


if __name__ == "__main__":
    main()
