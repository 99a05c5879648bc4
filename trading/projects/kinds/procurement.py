"""The form of government procurement, by each of its methods, with one lot (package) or several. Pure.

Source: 财政部令87号, 74号, 110号; 财库〔2014〕214号.
"""

from trading.projects.kinds.bought import (
    AGENCY,
    BIDDERS,
    CONTACT,
    FUNDING,
    LATER_OPENING,
    LOT_CONTENT,
    LOT_DEPOSIT,
    LOT_TITLE,
    METHOD_REASON,
    OWNER_CODE,
    PLACE,
    TENDER_DATES,
)
from trading.projects.kinds.parts import Field, FieldType, Group, KindForm, Option
from trading.projects.kinds.shared import GREEN, RULE_PROFILE, TENDERS, TITLE, YES_NO, amount
from trading.projects.problems import N_
from trading.projects.purchase_profiles import PurchaseMethod
from trading.projects.rules import ProjectKind

METHODS = (
    *TENDERS,
    Option(
        PurchaseMethod.NEGOTIATION.value,
        N_("Competitive negotiation"),
        N_("Complex or urgent; the lowest price that meets the need wins."),
    ),
    Option(
        PurchaseMethod.CONSULTATION.value,
        N_("Competitive consultation"),
        N_("Services and projects whose details are talked over; scored by points."),
    ),
    Option(
        PurchaseMethod.PRICE_INQUIRY.value,
        N_("Price inquiry"),
        N_("Goods of one standard with steady prices: one price each."),
    ),
    Option(
        PurchaseMethod.SINGLE_SOURCE.value,
        N_("Single source"),
        N_("Only one can supply it; made public before for five working days."),
    ),
    Option(
        PurchaseMethod.FRAMEWORK.value,
        N_("Framework agreement"),
        N_("Small purchases that come again and again; several are chosen for a time."),
    ),
)

PROCUREMENT = KindForm(
    ProjectKind.GOVERNMENT_PROCUREMENT,
    N_("Government procurement"),
    N_("Goods, services or works bought with public money, by tender or another method."),
    N_("Buyer"),
    (
        Group(
            N_("Project"),
            (
                TITLE,
                Field("owner_name", FieldType.LINE, N_("Buyer"), N_("Whose budget pays for it.")),
                OWNER_CODE,
                RULE_PROFILE,
                Field(
                    "plan_number",
                    FieldType.LINE,
                    N_("Number of the purchasing plan"),
                    N_("As filed with the finance department."),
                    is_required=False,
                    longest=60,
                ),
                Field(
                    "category",
                    FieldType.CHOICE,
                    N_("What is bought"),
                    options=(
                        Option("goods", N_("Goods")),
                        Option("services", N_("Services")),
                        Option("works", N_("Works")),
                    ),
                ),
                FUNDING,
            ),
        ),
        GREEN,
        Group(
            N_("Method"),
            (Field("method", FieldType.CHOICE, N_("Method"), options=METHODS), METHOD_REASON),
        ),
        Group(N_("Agency and contact"), (*AGENCY, CONTACT)),
        Group(
            BIDDERS.title,
            (
                *BIDDERS.fields,
                Field(
                    "small_enterprises_only",
                    FieldType.TRUTH,
                    N_("Reserved for small enterprises"),
                    N_("Whether only small and medium enterprises may bid."),
                    options=YES_NO,
                ),
            ),
        ),
        Group(N_("Dates and place"), (*TENDER_DATES, LATER_OPENING, PLACE)),
    ),
    lot=Group(
        N_("Lot (package) {number}"),
        (
            LOT_TITLE,
            LOT_CONTENT,
            amount("budget", N_("Budget"), N_("What the buyer may spend, in yuan. It is published.")),
            amount(
                "highest_price",
                N_("Highest price"),
                N_("A bid above it is invalid. Empty: the budget is the limit."),
                is_required=False,
            ),
            LOT_DEPOSIT,
        ),
    ),
)
