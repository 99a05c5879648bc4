"""The fields that every kind of sale has: by which rules and in which way, prices, deposit, dates. Pure data."""

from trading.projects.choice_words import CAP_RULES, SELLING_METHODS
from trading.projects.kinds.parts import Field, FieldType, Group, Option
from trading.projects.kinds.shared import amount
from trading.projects.problems import N_

_WITH_COUNTDOWN = "selling_method=timed_bidding,listing"

CONDITIONS = Field(
    "conditions",
    FieldType.LINES,
    N_("Conditions"),
    N_("Terms of payment and what else a bidder must know. It is published word for word."),
    is_required=False,
    longest=4000,
)
SELLING = Group(
    N_("How it is sold"),
    (
        Field(
            "selling_method",
            FieldType.CHOICE,
            N_("Way of selling"),
            options=tuple(Option(method.value, *words) for method, words in SELLING_METHODS.items()),
        ),
        Field(
            "window_s",
            FieldType.WHOLE_NUMBER,
            N_("Countdown"),
            N_("For timed bidding, also after a listing: 240 is 4 minutes."),
            unit=N_("seconds"),
            only_if=_WITH_COUNTDOWN,
        ),
    ),
)


PRICES = Group(
    N_("Prices and deposit"),
    (
        amount("starting_price", N_("Starting price"), N_("For the whole lot, in yuan.")),
        amount(
            "valuation",
            N_("Valuation"),
            N_("For an online auction: what the property was valued at; the starting price depends on it."),
            only_if="selling_method=online_auction",
        ),
        amount("increment", N_("Increment"), N_("Every bid must exceed the one before by at least this.")),
        amount(
            "increment_lowest",
            N_("Lowest increment"),
            N_("For an auction: how far the auctioneer may go down with the increment. Both empty: it stays as it is."),
            only_if="selling_method=auction",
            is_required=False,
        ),
        amount(
            "increment_highest",
            N_("Highest increment"),
            N_("For an auction: how far the auctioneer may go up with it."),
            only_if="selling_method=auction",
            is_required=False,
        ),
        Field(
            "cap_rule",
            FieldType.CHOICE,
            N_("What follows above a price cap"),
            N_("For timed bidding and listings whose rule profile provides for a price cap."),
            is_required=False,
            options=(Option("", N_("No price cap")), *(Option(rule.value, words) for rule, words in CAP_RULES.items())),
            only_if=_WITH_COUNTDOWN,
        ),
        amount(
            "cap",
            N_("Price cap"),
            N_("A bid above it stops the bidding."),
            only_if=f"{_WITH_COUNTDOWN} cap_rule=one_price,draw_by_lot",
            is_required=False,
        ),
        amount(
            "cap_ceiling",
            N_("Highest quote"),
            N_("With sealed quotes above the cap: none may be higher."),
            only_if=f"{_WITH_COUNTDOWN} cap_rule=one_price",
            is_required=False,
        ),
        amount("deposit", N_("Deposit"), N_("What each bidder pays beforehand; losers get it back.")),
        Field(
            "has_reserve",
            FieldType.TRUTH,
            N_("Reserve price or none"),
            options=(
                Option("no", N_("No reserve price")),
                Option(
                    "yes",
                    N_("There is a reserve price"),
                    N_("The announcement says so; the amount stays sealed."),
                ),
            ),
        ),
        amount(
            "reserve_price",
            N_("Reserve price"),
            N_("It is sealed as soon as the draft is kept, and shown to nobody afterwards, not to you either."),
            only_if="has_reserve=yes",
            is_required=False,
        ),
    ),
)

DATES = Group(
    N_("Dates"),
    (
        Field("registration_opens_at", FieldType.MOMENT, N_("Registration opens")),
        Field(
            "registration_closes_at",
            FieldType.MOMENT,
            N_("Registration closes"),
            N_("At this very moment registration is over."),
        ),
        Field(
            "starts_at",
            FieldType.MOMENT,
            N_("Sale starts"),
            N_("The auction opens, the countdown begins, or the first quote may come."),
        ),
        Field(
            "listing_ends_at",
            FieldType.MOMENT,
            N_("End of the listing or of quotes"),
            N_(
                "For a listing: when it is decided whether timed bidding follows. For a tender: when the sealed quotes "
                "are opened."
            ),
            only_if="selling_method=listing,tender",
        ),
    ),
)

SALE = (SELLING, PRICES, DATES)
