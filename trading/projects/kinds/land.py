"""The form of a land project: one parcel, sold as one lot. Pure data."""

from trading.projects.choice_words import LAND_USES
from trading.projects.kinds.parts import Field, FieldType, Group, KindForm, Option
from trading.projects.kinds.shared import GREEN, RULE_PROFILE, TITLE
from trading.projects.kinds.sold import SALE
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind

PARCEL = Group(
    N_("The parcel"),
    (
        Field(
            "parcel_number",
            FieldType.LINE,
            N_("Parcel number"),
            N_("As in the land register, for example HJ-2026-051."),
            longest=60,
        ),
        Field("location", FieldType.LINE, N_("Location"), longest=200),
        Field(
            "area_m2",
            FieldType.QUANTITY,
            N_("Area in m²"),
            N_("With at most two decimals, from the survey's sheet."),
            unit="m²",
        ),
        Field(
            "area_mu",
            FieldType.QUANTITY,
            N_("Area in mu"),
            N_("1 mu is 666.67 m². The two areas are compared."),
            unit=N_("mu"),
            decimals=4,
        ),
        Field(
            "land_use",
            FieldType.CHOICE,
            N_("Land use"),
            N_("Decides how long the right may last."),
            options=tuple(Option(use.value, words) for use, words in LAND_USES.items()),
        ),
        Field(
            "term_years",
            FieldType.WHOLE_NUMBER,
            N_("Term of use"),
            N_("Housing at most 70, industry and education 50, commerce 40."),
            unit=N_("years"),
        ),
        Field(
            "conditions",
            FieldType.LINES,
            N_("Conditions"),
            N_(
                "Planning conditions, terms of payment, and what else a bidder must know. "
                "It is published word for word."
            ),
            is_required=False,
            longest=4000,
        ),
    ),
)

LAND = KindForm(
    ProjectKind.LAND,
    N_("Land use rights"),
    N_("A parcel of state-owned land, sold by auction, timed bidding, listing or tender."),
    N_("Owner"),
    (
        Group(
            N_("Project"),
            (
                TITLE,
                Field("owner_name", FieldType.LINE, N_("Owner"), N_("Who sells the right to use the land.")),
                RULE_PROFILE,
            ),
        ),
        GREEN,
        PARCEL,
        *SALE,
    ),
)
