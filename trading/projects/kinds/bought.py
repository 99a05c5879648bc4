"""The fields that purchases share: who buys, through whom, who may take part, lots, dates. Pure data."""

from trading.projects.kinds.parts import Field, FieldType, Group, Option
from trading.projects.kinds.shared import YES_NO, amount
from trading.projects.problems import N_

NOT_A_TENDER = "method=negotiation,consultation,price_inquiry,single_source,framework"
WITH_DOCUMENTS = "method=open_tender,invited_tender,negotiation,consultation,price_inquiry,framework"

OWNER_CODE = Field(
    "owner_credit_code",
    FieldType.CREDIT_CODE,
    N_("Unified social credit code"),
    N_("18 characters, of whoever buys."),
    is_required=False,
)
CONTACT = Field(
    "contact", FieldType.LINE, N_("Contact"), N_("Name and telephone for questions; it is published."), longest=100
)
AGENCY = (
    Field(
        "organised_by",
        FieldType.CHOICE,
        N_("Organised by"),
        options=(
            Option("owner", N_("The buyer itself")),
            Option("agency", N_("An agency")),
            Option("central", N_("The central purchasing institution")),
        ),
    ),
    Field("agency_name", FieldType.LINE, N_("Agency"), only_if="organised_by=agency"),
    Field(
        "agency_credit_code",
        FieldType.CREDIT_CODE,
        N_("Credit code of the agency"),
        N_("18 characters, of the agency."),
        only_if="organised_by=agency",
    ),
)
FUNDING = Field(
    "funding",
    FieldType.LINE,
    N_("Source of the money"),
    N_("For example: county budget 2026, special bonds, own money."),
    longest=200,
)
METHOD_REASON = Field(
    "method_reason",
    FieldType.LINES,
    N_("Why not by open tender"),
    N_("The legal ground for another method, and who approved it."),
    longest=1000,
    only_if="method=invited_tender,negotiation,consultation,price_inquiry,single_source,framework",
)

BIDDERS = Group(
    N_("Who may take part"),
    (
        Field(
            "qualification",
            FieldType.LINES,
            N_("Qualification"),
            N_("What a bidder must have. It may not be scored as well, nor keep anybody out without need."),
            longest=4000,
        ),
        Field(
            "takes_joint_bids",
            FieldType.TRUTH,
            N_("Joint bids"),
            N_("Whether several units may bid together."),
            options=YES_NO,
        ),
    ),
)


LOT_TITLE = Field("title", FieldType.LINE, N_("Name of the lot"), longest=120)
LOT_CONTENT = Field(
    "content",
    FieldType.LINES,
    N_("What is needed"),
    N_("Goods, works or services, quantity, where and until when. It is published word for word."),
    longest=4000,
)
LOT_DEPOSIT = amount(
    "deposit",
    N_("Bid deposit"),
    N_("At most 2 % of the budget or estimate; never in cash. Empty: none is asked."),
    is_required=False,
)

_DOCUMENTS_OPEN = Field(
    "documents_open_at",
    FieldType.MOMENT,
    N_("Documents from"),
    N_("From when on the documents can be had; not before the announcement."),
    only_if=WITH_DOCUMENTS,
)
_DOCUMENTS_CLOSE = Field("documents_close_at", FieldType.MOMENT, N_("Documents until"), only_if=WITH_DOCUMENTS)
_DOCUMENTS_HOW = Field(
    "documents_how",
    FieldType.LINE,
    N_("Where the documents are"),
    N_("An address or this platform, and the price if there is one."),
    longest=200,
    only_if=WITH_DOCUMENTS,
)
BIDS_CLOSE = Field(
    "bids_close_at",
    FieldType.MOMENT,
    N_("Bids are due"),
    N_("At this very moment it is too late. In a tender the bids are opened then."),
)
PLACE = Field("place", FieldType.LINE, N_("Place of the opening"), N_("Room or address."), longest=200)
LATER_OPENING = Field(
    "opening_at",
    FieldType.MOMENT,
    N_("Negotiation or opening"),
    N_("When the bidders are heard or their answers opened. Empty: as soon as bids are due."),
    is_required=False,
    only_if=NOT_A_TENDER,
)
TENDER_DATES = (_DOCUMENTS_OPEN, _DOCUMENTS_CLOSE, _DOCUMENTS_HOW, BIDS_CLOSE)
