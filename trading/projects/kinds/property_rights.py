"""The form of property rights: real estate, movables, shares, claims, sold by online auction. Pure."""

from collections.abc import Mapping
from typing import Any

from trading.projects.form_reading import FormReading
from trading.projects.kinds.parts import Field, FieldType, Group, KindForm, Option
from trading.projects.kinds.shared import GREEN, RULE_PROFILE, TITLE, YES_NO
from trading.projects.kinds.sold import CONDITIONS, SALE
from trading.projects.problems import N_
from trading.projects.profiles import PROPERTY_MOVABLES
from trading.projects.rules import ProjectKind

MOVABLE = "movable"

ASSET = Group(
    N_("What is sold"),
    (
        Field(
            "asset_class",
            FieldType.CHOICE,
            N_("Kind of property"),
            N_("Decides how long the announcement must stand before the sale."),
            options=(
                Option("real_estate", N_("Real estate")),
                Option(MOVABLE, N_("Movables")),
                Option("shares", N_("Shares in a company")),
                Option("claim", N_("Claims")),
                Option("use_right", N_("Leases and rights of use")),
                Option("other", N_("Something else")),
            ),
        ),
        Field(
            "description",
            FieldType.LINES,
            N_("Description"),
            N_("What it is, in which condition, what burdens it: leases, mortgages, seizures."),
            longest=4000,
        ),
        Field(
            "location", FieldType.LINE, N_("Location"), N_("Where it is, or where it can be looked at."), longest=200
        ),
        Field(
            "valuation_report",
            FieldType.LINE,
            N_("Valuation report"),
            N_("Number, date and institution of the report."),
            longest=200,
        ),
        Field(
            "approval",
            FieldType.LINE,
            N_("Approval of the sale"),
            N_("Which decision allows it: authority, number, date."),
            longest=200,
        ),
        Field(
            "has_priority_right",
            FieldType.TRUTH,
            N_("Somebody has a priority right"),
            N_("Tenants and co-owners, for instance, may match the highest price."),
            options=YES_NO,
        ),
        Field(
            "priority_holders",
            FieldType.LINES,
            N_("Holders of priority rights"),
            N_("Who they are, and how they were told of the sale."),
            longest=1000,
            only_if="has_priority_right=yes",
        ),
        CONDITIONS,
    ),
)

PROPERTY = KindForm(
    ProjectKind.PROPERTY,
    N_("Property rights"),
    N_("Real estate, movables, shares or claims of public owners, sold by online auction."),
    N_("Owner"),
    (
        Group(
            N_("Project"),
            (
                TITLE,
                Field("owner_name", FieldType.LINE, N_("Owner"), N_("Who gives the property away.")),
                RULE_PROFILE,
            ),
        ),
        GREEN,
        ASSET,
        *SALE,
    ),
)


def check_property(reading: FormReading, values: Mapping[str, Any], profile_name: str) -> None:
    """Note it when property that is no movable would be announced by the short period of movables."""
    if profile_name == PROPERTY_MOVABLES.name and values.get("asset_class") not in (None, MOVABLE):
        source = PROPERTY_MOVABLES.announcement_days.source
        reading.problem("rule_profile", N_("This rule profile is for movables only."), source=source)
