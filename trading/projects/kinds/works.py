"""The form of a works tender, with qualification before or after the bids. Pure. Source: 招标投标法, 实施条例."""

from trading.projects.kinds.bought import (
    AGENCY,
    BIDDERS,
    CONTACT,
    FUNDING,
    LOT_DEPOSIT,
    LOT_TITLE,
    METHOD_REASON,
    OWNER_CODE,
    PLACE,
    TENDER_DATES,
)
from trading.projects.kinds.parts import Field, FieldType, Group, KindForm, Option
from trading.projects.kinds.shared import GREEN, RULE_PROFILE, TENDERS, TITLE, amount
from trading.projects.problems import N_
from trading.projects.rules import ProjectKind

PREQUALIFIED = "before"

WORKS = KindForm(
    ProjectKind.WORKS,
    N_("Works tender"),
    N_("Buildings, roads, water works: tendered, with qualification before or after the bids."),
    N_("Tenderer"),
    (
        Group(
            N_("Project"),
            (
                TITLE,
                Field("owner_name", FieldType.LINE, N_("Tenderer"), N_("Who has it built.")),
                OWNER_CODE,
                RULE_PROFILE,
                Field(
                    "approval",
                    FieldType.LINE,
                    N_("Approval of the project"),
                    N_("Authority, number and date of the decision to build."),
                    longest=200,
                ),
                Field(
                    "works_type",
                    FieldType.CHOICE,
                    N_("Type of works"),
                    options=(
                        Option("building", N_("Buildings")),
                        Option("municipal", N_("Municipal works")),
                        Option("road", N_("Roads and bridges")),
                        Option("water", N_("Water works")),
                        Option("other", N_("Other works")),
                    ),
                ),
                Field("location", FieldType.LINE, N_("Building site"), longest=200),
                FUNDING,
            ),
        ),
        GREEN,
        Group(
            N_("Method"),
            (
                Field("method", FieldType.CHOICE, N_("Method"), options=TENDERS),
                METHOD_REASON,
                Field(
                    "qualified",
                    FieldType.CHOICE,
                    N_("Qualification is judged"),
                    options=(
                        Option("after", N_("After the opening"), N_("By the evaluation committee: the usual way.")),
                        Option(
                            PREQUALIFIED,
                            N_("Before the bids"),
                            N_("Applications come first; only those who qualify may bid."),
                        ),
                    ),
                ),
                Field(
                    "applications_close_at",
                    FieldType.MOMENT,
                    N_("Applications are due"),
                    N_("At this very moment it is too late to apply for qualification."),
                    only_if=f"qualified={PREQUALIFIED}",
                ),
            ),
        ),
        Group(N_("Agency and contact"), (*AGENCY, CONTACT)),
        BIDDERS,
        Group(N_("Dates and place"), (*TENDER_DATES, PLACE)),
    ),
    lot=Group(
        N_("Lot (package) {number}"),
        (
            LOT_TITLE,
            Field(
                "content",
                FieldType.LINES,
                N_("Scope"),
                N_("What is to be built, by which drawings, with or without material."),
                longest=4000,
            ),
            amount("budget", N_("Estimate"), N_("What the works are expected to cost, in yuan.")),
            amount(
                "highest_price",
                N_("Highest price"),
                N_("A bid above it is rejected. Empty: none is set."),
                is_required=False,
            ),
            Field("duration_days", FieldType.WHOLE_NUMBER, N_("Time to build"), unit=N_("days")),
            LOT_DEPOSIT,
        ),
    ),
)
