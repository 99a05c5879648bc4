"""The fields that sales and purchases share: title, rule profile, green channel; amounts; the two ways to tender."""

from trading.projects.kinds.parts import GREEN_CHANNEL, GREEN_CHANNEL_REASON, Field, FieldType, Group, Option
from trading.projects.problems import N_
from trading.projects.purchase_profiles import PurchaseMethod


def amount(name: str, label: str, explanation: str, *, only_if: str = "", is_required: bool = True) -> Field:
    """A field for an amount in yuan."""
    return Field(name, FieldType.AMOUNT, label, explanation, is_required, unit=N_("yuan"), only_if=only_if)


TITLE = Field("title", FieldType.LINE, N_("Project title"), N_("As it will stand above the announcement."))
RULE_PROFILE = Field(
    "rule_profile",
    FieldType.CHOICE,
    N_("Rule profile"),
    N_("The set of periods and shares that the project follows; it keeps it for life."),
    longest=60,
)
YES_NO = (Option("no", N_("No")), Option("yes", N_("Yes")))

GREEN = Group(
    N_("Green channel"),
    (
        Field(
            GREEN_CHANNEL,
            FieldType.TRUTH,
            N_("Key project with a green channel"),
            N_("The departments that review the entry answer within shorter limits."),
            is_required=False,
            options=YES_NO,
        ),
        Field(
            GREEN_CHANNEL_REASON,
            FieldType.LINES,
            N_("Reason for the green channel"),
            N_("Which list of key projects or which decision names it. The reviewers read it."),
            longest=500,
            only_if=f"{GREEN_CHANNEL}=yes",
        ),
    ),
)

TENDERS = (
    Option(PurchaseMethod.OPEN_TENDER.value, N_("Open tender"), N_("Everybody may bid: the usual method.")),
    Option(
        PurchaseMethod.INVITED_TENDER.value,
        N_("Invited tender"),
        N_("Only few can supply it, or a tender would cost too much; three or more are invited."),
    ),
)
"""The ways to tender, for works and for procurement."""
