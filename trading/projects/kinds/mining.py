"""The form of a mining right: to explore or to mine, sold like land. Pure.

How long a right lasts at most: 矿产资源开采登记管理办法 art. 7 (mining, by the size of the mine), 自然资规〔2023〕4号
(exploration, first registration). Both unconfirmed: the texts were not at hand.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from trading.projects.form_reading import FormReading
from trading.projects.kinds.parts import Field, FieldType, Group, KindForm, Option
from trading.projects.kinds.shared import GREEN, RULE_PROFILE, TITLE
from trading.projects.kinds.sold import CONDITIONS, SALE
from trading.projects.problems import N_
from trading.projects.profile_types import Ruled, unconfirmed
from trading.projects.rules import ProjectKind


class MiningRight(StrEnum):
    """What is sold: the right to explore, or the right to mine in a mine of some size."""

    EXPLORATION = "exploration"
    MINING_LARGE = "mining_large"
    MINING_MEDIUM = "mining_medium"
    MINING_SMALL = "mining_small"


_MINING = "矿产资源开采登记管理办法 art. 7"

LONGEST_YEARS: Mapping[MiningRight, Ruled[int]] = MappingProxyType(
    {
        MiningRight.EXPLORATION: unconfirmed(5, "自然资源部 rules on registering mineral rights (自然资规〔2023〕4号)"),
        MiningRight.MINING_LARGE: unconfirmed(30, _MINING),
        MiningRight.MINING_MEDIUM: unconfirmed(20, _MINING),
        MiningRight.MINING_SMALL: unconfirmed(10, _MINING),
    }
)

RIGHT = Group(
    N_("The mining right"),
    (
        Field(
            "mining_right",
            FieldType.CHOICE,
            N_("Right"),
            N_("Decides how long the right may last."),
            options=(
                Option(MiningRight.EXPLORATION.value, N_("Exploration")),
                Option(MiningRight.MINING_LARGE.value, N_("Mining, large mine")),
                Option(MiningRight.MINING_MEDIUM.value, N_("Mining, medium mine")),
                Option(MiningRight.MINING_SMALL.value, N_("Mining, small mine")),
            ),
        ),
        Field(
            "mineral",
            FieldType.LINE,
            N_("Mineral"),
            N_("As in the catalogue of minerals, for example limestone for building."),
            longest=60,
        ),
        Field("location", FieldType.LINE, N_("Location"), longest=200),
        Field(
            "area_km2",
            FieldType.QUANTITY,
            N_("Area of the right in km²"),
            N_("With at most four decimals."),
            unit="km²",
            decimals=4,
        ),
        Field(
            "corner_points",
            FieldType.LINES,
            N_("Corner points"),
            N_("One a line, X and Y in CGCS2000, and the heights between which may be mined."),
            longest=4000,
        ),
        Field(
            "resources",
            FieldType.LINE,
            N_("Resources"),
            N_("Quantity and grade by the report, with its date; for exploration the degree of knowledge."),
            longest=200,
        ),
        Field(
            "term_years",
            FieldType.WHOLE_NUMBER,
            N_("Term of the right"),
            N_("Exploration at most 5 years; mining 30, 20 or 10 by the size of the mine."),
            unit=N_("years"),
        ),
        CONDITIONS,
    ),
)

MINING = KindForm(
    ProjectKind.MINING,
    N_("Mining rights"),
    N_("The right to explore or to mine, sold by auction, listing or tender."),
    N_("Owner"),
    (
        Group(
            N_("Project"),
            (
                TITLE,
                Field("owner_name", FieldType.LINE, N_("Owner"), N_("The authority that grants the right.")),
                RULE_PROFILE,
            ),
        ),
        GREEN,
        RIGHT,
        *SALE,
    ),
)


def check_mining(reading: FormReading, values: Mapping[str, Any], profile_name: str) -> None:
    """Note it when the right would last longer than the law allows."""
    right, years = values.get("mining_right"), values.get("term_years")
    if right is None or years is None:
        return
    longest = LONGEST_YEARS[MiningRight(right)]
    if years > longest.value:
        message = N_("For this right the law allows at most {years} years.")
        reading.problem("term_years", message, {"years": longest.value}, longest.source)
