"""The forms of selections by lot or by price, and of trade that fits nowhere else. Pure.

A selection by lot limits who may work for a buyer, who may otherwise choose freely. So it asks for its legal basis and
for who decided, and that the warning was read; all three are recorded.
"""

from trading.projects.kinds.bought import BIDDERS, BIDS_CLOSE, CONTACT, LOT_CONTENT, LOT_TITLE, OWNER_CODE, PLACE
from trading.projects.kinds.parts import Field, FieldType, Group, KindForm, Option
from trading.projects.kinds.shared import GREEN, RULE_PROFILE, TITLE, amount
from trading.projects.problems import N_
from trading.projects.purchase_profiles import PurchaseMethod
from trading.projects.rules import ProjectKind

SELECTION_WARNING = N_(
    "Buyers choose their agencies and contractors freely. A draw or a selection that limits the number of bidders "
    "without a legal basis counts as interference with competition."
)

_OWNER = Field("owner_name", FieldType.LINE, N_("Buyer"), N_("Whose budget pays for it."))
_PROJECT = Group(N_("Project"), (TITLE, _OWNER, OWNER_CODE, RULE_PROFILE, CONTACT))
_BASIS = Group(
    N_("Legal basis and decision"),
    (
        Field(
            "legal_basis",
            FieldType.LINES,
            N_("Legal basis"),
            N_("Which rule allows the selection: title, number, article. It is published."),
            longest=1000,
        ),
        Field(
            "decided_by",
            FieldType.LINE,
            N_("Decided by"),
            N_("Who decided on it, and when: meeting or name with office. It is published."),
            longest=200,
        ),
        Field(
            "warning_read",
            FieldType.CHOICE,
            N_("The warning was read"),
            options=(Option("yes", N_("I have read it, and the selection is lawful by the basis named here.")),),
        ),
    ),
    SELECTION_WARNING,
)
_CHOSEN_AT = Field(
    "opening_at",
    FieldType.MOMENT,
    N_("Public selection"),
    N_("When it is drawn or the prices are opened, in public. Empty: as soon as applications are due."),
    is_required=False,
)
_DATES = Group(N_("Dates and place"), (BIDS_CLOSE, _CHOSEN_AT, PLACE))

AGENCY_SELECTION = KindForm(
    ProjectKind.AGENCY_SELECTION,
    N_("Agency selection"),
    N_("An agency is chosen among those that qualify, by the lowest price or by lot."),
    N_("Buyer"),
    (
        _PROJECT,
        GREEN,
        _BASIS,
        Group(
            N_("Method"),
            (
                Field(
                    "method",
                    FieldType.CHOICE,
                    N_("Method"),
                    options=(
                        Option(PurchaseMethod.LOWEST_PRICE.value, N_("Lowest price"), N_("The lowest fee wins.")),
                        Option(PurchaseMethod.DRAW.value, N_("Draw by lot"), N_("Drawn in public, at the stated fee.")),
                    ),
                ),
            ),
        ),
        BIDDERS,
        _DATES,
    ),
    lot=Group(
        N_("Lot (package) {number}"),
        (LOT_TITLE, LOT_CONTENT, amount("budget", N_("Highest fee"), N_("In yuan. No fee above it is accepted."))),
    ),
)

FIXED_PRICE_SELECTION = KindForm(
    ProjectKind.FIXED_PRICE_SELECTION,
    N_("Fixed-price selection"),
    N_("The price is fixed beforehand; who qualifies takes part in a public draw."),
    N_("Buyer"),
    (_PROJECT, GREEN, _BASIS, BIDDERS, _DATES),
    lot=Group(
        N_("Lot (package) {number}"),
        (LOT_TITLE, LOT_CONTENT, amount("budget", N_("Fixed price"), N_("In yuan. Nobody bids on it."))),
    ),
)

OTHER = KindForm(
    ProjectKind.OTHER,
    N_("Other trade"),
    N_("What fits none of the others: leases, waste, concessions, donated goods."),
    N_("Owner or buyer"),
    (
        Group(
            N_("Project"),
            (
                TITLE,
                Field("owner_name", FieldType.LINE, N_("Owner or buyer"), N_("On whose behalf it is traded.")),
                OWNER_CODE,
                RULE_PROFILE,
                CONTACT,
                Field(
                    "way_of_trade",
                    FieldType.LINES,
                    N_("How it is traded"),
                    N_("In plain words: who may take part, how the other side is chosen, by which rules."),
                    longest=2000,
                ),
            ),
        ),
        GREEN,
        BIDDERS,
        _DATES,
    ),
    lot=Group(
        N_("Lot (package) {number}"),
        (
            LOT_TITLE,
            LOT_CONTENT,
            amount("budget", N_("Amount"), N_("Value or budget in yuan, where there is one."), is_required=False),
        ),
    ),
)
