"""Who bids together (联合竞买): the members under one plate and their shares. Pure.

One unit registers, pays the deposit and holds the plate; it is liable for the whole. The members are named with their
shares, which with its own make up exactly 100 percent. Nobody bids twice for a lot, alone or jointly.
Source: local rules of selling land online (joint bidders are allowed, one plate, shares stated).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from stdnum.cn import uscc

from trading.kernel.errors import Outdated, Refusal
from trading.projects.typed_values import Wrong, read_line, read_quantity
from trading.registration.rules import Candidate, plain_name

MOST_MEMBERS = 9
"""A plate is held by ten units at most."""

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Member:
    """One unit that joins, with its share in percent (at most two decimals)."""

    name: str
    credit_code: str
    share_percent: Decimal


@dataclass(eq=False)
class MemberNameMissing(Refusal):
    """A row of the form has a code or a share, but no name."""

    message: ClassVar[str] = "Please give the full name of this unit, as in its business licence."
    advice: ClassVar[str] = "Fill in the whole row, or leave the whole row empty."


@dataclass(eq=False)
class MemberCodeInvalid(Refusal):
    """A joint bidder is a unit with a valid unified social credit code (GB 32100-2015)."""

    message: ClassVar[str] = "This is no valid unified social credit code."
    advice: ClassVar[str] = "Copy its 18 characters from the business licence."


@dataclass(eq=False)
class MemberShareInvalid(Refusal):
    """A share lies above 0 and below 100 percent."""

    message: ClassVar[str] = "A share is a number above 0 and below 100 with at most two decimals."
    advice: ClassVar[str] = "Write 40 for forty percent."


@dataclass(eq=False)
class SharesMustBeWhole(Refusal):
    """The shares of the members leave nothing for the unit that registers."""

    message: ClassVar[str] = "The shares of the others are {total} %: nothing is left for your own unit."
    advice: ClassVar[str] = "Together with your own unit's share they make up 100 %."
    total: str


@dataclass(eq=False)
class MemberTwice(Refusal):
    """A unit stands twice among those who bid together."""

    message: ClassVar[str] = "{name} is named twice."
    advice: ClassVar[str] = "Each unit is named once; the unit that registers is not named among the others."
    name: str


@dataclass(eq=False)
class OwnerMayNotJoin(Refusal):
    """The owner of a lot does not bid for it, not jointly either. Source: 拍卖法 art. 30."""

    message: ClassVar[str] = "{name} is the owner of this lot and may not bid for it, not jointly either."
    advice: ClassVar[str] = "Register without it."
    name: str


@dataclass(eq=False)
class BidsOtherwise(Outdated):
    """A unit bids once for a lot: alone, or in one group."""

    message: ClassVar[str] = "{name} already takes part in this lot, alone or with others."
    advice: ClassVar[str] = "A unit bids once for a lot. Nothing was changed by this attempt."
    name: str


def judge_members(form: Mapping[str, str]) -> tuple[list[Member], dict[str, Refusal]]:
    """The members that a form names, and everything wrong with them, by field name. Empty rows are left out.

    Fields: `member_name_1`, `member_code_1`, `member_share_1` … up to 9. The unit that registers has the rest.
    """
    members: list[Member] = []
    problems: dict[str, Refusal] = {}
    for number in range(1, MOST_MEMBERS + 1):
        typed = [form.get(f"member_{part}_{number}", "").strip() for part in ("name", "code", "share")]
        if not any(typed):
            continue
        name, code = read_line(typed[0], longest=120), uscc.compact(typed[1])
        share = read_quantity(typed[2].removesuffix("%"), decimals=2)
        if isinstance(name, Wrong):
            problems[f"member_name_{number}"] = MemberNameMissing()
        if not uscc.is_valid(code):
            problems[f"member_code_{number}"] = MemberCodeInvalid()
        if isinstance(share, Wrong) or share >= WHOLE:
            problems[f"member_share_{number}"] = MemberShareInvalid()
        elif not isinstance(name, Wrong):
            members.append(Member(name, code, share))
    total = sum((member.share_percent for member in members), Decimal(0))
    if not problems and total >= WHOLE:
        problems["member_share_1"] = SharesMustBeWhole(plain_share(total))
    return members, problems


def check_members(lead: Candidate, members: Sequence[Member], *, owner_name: str) -> None:
    """Refuse a group that may not bid together, whatever the form said.

    Refusals: MemberCodeInvalid, MemberTwice, OwnerMayNotJoin, MemberShareInvalid, SharesMustBeWhole.
    """
    if len(members) > MOST_MEMBERS:
        raise ValueError("the form has no room for more members")
    seen = {lead.credit_code}
    for member in members:
        if not uscc.is_valid(member.credit_code):
            raise MemberCodeInvalid
        if member.credit_code in seen:
            raise MemberTwice(member.name)
        seen.add(member.credit_code)
        if plain_name(member.name) == plain_name(owner_name):
            raise OwnerMayNotJoin(member.name)
    own_share(members)


def own_share(members: Sequence[Member]) -> Decimal:
    """What is left for the unit that registers, in percent. Refuses with `SharesMustBeWhole`, `MemberShareInvalid`."""
    if any(not 0 < member.share_percent < WHOLE for member in members):
        raise MemberShareInvalid
    total = sum((member.share_percent for member in members), Decimal(0))
    if total >= WHOLE:
        raise SharesMustBeWhole(plain_share(total))
    return WHOLE - total


def joint_name(lead: str, members: Sequence[Member], *, with_shares: bool = False) -> str:
    """How a bidder is called on papers, which speak Chinese: `甲公司、乙公司（联合体）`, with shares on the letter."""
    if not members:
        return lead
    shares = [own_share(members), *(member.share_percent for member in members)]
    names = [lead, *(member.name for member in members)]
    if with_shares:
        names = [f"{name}（{plain_share(share)}%）" for name, share in zip(names, shares, strict=True)]
    return "、".join(names) + "（联合体）"


def plain_share(share: Decimal) -> str:
    """A share without idle zeros: `33.33`, `40`."""
    shown = f"{share:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
