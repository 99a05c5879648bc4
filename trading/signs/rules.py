"""Rivals who share what rivals do not share: a payer, a device, a network address, an author. Pure.

A rival is named by its registration. Every rule takes plain values and answers with what it found, the facts beside;
it judges nobody. Source: 招标投标法实施条例 art. 39, 40; 财政部令87号 art. 37; 拍卖法 art. 37.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Generic, TypeVar
from uuid import UUID

from trading.registration.rules import plain_name

Network = IPv4Network | IPv6Network
_IPV6_OF_ONE_LINE = 64
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in for a rival's deposit, accepted or not."""

    rival: UUID
    reference: str
    payer_name: str
    payer_account: str
    amount_fen: int
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class Payer:
    """A rival as it stands on record: in whose name it pays, and from which account."""

    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A rival's account was used from a device (a digest) and an address (empty: not known), so often, from and to."""

    rival: UUID
    device: bytes
    address: str
    occasion: str
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Shared(Generic[T]):
    """What several rivals share: their common marks, and every fact that bears one of them, mark by mark."""

    rivals: tuple[UUID, ...]
    marks: tuple[str, ...]
    facts: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class PaidByOther:
    """One rival's deposit paid from an account that is not its own; `payer` is the rival to whom it belongs, if any."""

    rival: UUID
    payer: UUID | None
    payments: tuple[Payment, ...]


def shared_payers(payments: Iterable[Payment]) -> list[Shared[Payment]]:
    """Accounts from which deposits of several rivals were paid."""
    ordered = sorted(payments, key=lambda each: (each.booked_at, each.reference))
    return shared_marks(((each.rival, each) for each in ordered), lambda each: (plain_account(each.payer_account),))


def paid_by_others(payments: Iterable[Payment], own: Mapping[UUID, Payer]) -> list[PaidByOther]:
    """Deposits that somebody else paid for one rival alone. What one account paid for several is `shared_payers`'.

    Another account in the rival's own name is its own.
    """
    payments = list(payments)
    shared = {mark for found in shared_payers(payments) for mark in found.marks}
    foreign: dict[tuple[UUID, str], list[Payment]] = {}
    for each in sorted(payments, key=lambda each: (each.booked_at, each.reference)):
        account = plain_account(each.payer_account)
        if account not in shared and plain_name(each.payer_name) != plain_name(own[each.rival].name):
            foreign.setdefault((each.rival, account), []).append(each)
    return [
        PaidByOther(rival, _owner(account, found[0].payer_name, rival, own), tuple(found))
        for (rival, account), found in foreign.items()
    ]


def shared_devices(visits: Iterable[Visit]) -> list[Shared[Visit]]:
    """Devices from which several rivals' accounts were used."""
    return shared_marks(_in_time(visits), lambda each: (each.device.hex(),))


def shared_addresses(visits: Iterable[Visit], *, known: Iterable[Network]) -> list[Shared[Visit]]:
    """Network addresses from which several rivals' accounts were used.

    `known` are addresses where rivals meet rightly: the centre's own hall. This machine's own address says nothing. Of
    the long addresses (IPv6) the part counts that names a line. Rivals who share a device are told of by
    `shared_devices`, and not again here.
    """
    visits = list(visits)
    known = list(known)
    by_device = [set(found.rivals) for found in shared_devices(visits)]
    found = shared_marks(_in_time(visits), lambda each: (line_of(each.address, known),))
    return [each for each in found if not any(set(each.rivals) <= rivals for rivals in by_device)]


def line_of(address: str, known: Iterable[Network]) -> str:
    """The network line behind an address; empty where the address tells nothing of who is there."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if found.is_loopback or found.is_unspecified or any(found in network for network in known):
        return ""
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _IPV6_OF_ONE_LINE), strict=False))
    return str(found)


def plain_account(number: str) -> str:
    """A bank account's number without what differs between banks: spaces, dashes, width of characters."""
    return "".join(character for character in plain_name(number) if character.isalnum()).upper()


def shared_marks(facts: Iterable[tuple[UUID, T]], marks_of: Callable[[T], Iterable[str]]) -> list[Shared[T]]:
    """Rivals' facts grouped by their marks; marks that the same rivals share are one finding. An empty mark is none."""
    by_mark: dict[str, list[tuple[UUID, T]]] = {}
    for rival, fact in facts:
        for mark in filter(None, marks_of(fact)):
            by_mark.setdefault(mark, []).append((rival, fact))
    by_rivals: dict[tuple[UUID, ...], list[str]] = {}
    for mark, found in by_mark.items():
        rivals = tuple(sorted({rival for rival, _ in found}, key=str))
        if len(rivals) > 1:
            by_rivals.setdefault(rivals, []).append(mark)
    return [
        Shared(rivals, tuple(marks), tuple(dict.fromkeys(fact for mark in marks for _, fact in by_mark[mark])))
        for rivals, marks in by_rivals.items()
    ]


def _in_time(visits: Iterable[Visit]) -> list[tuple[UUID, Visit]]:
    ordered = sorted(visits, key=lambda each: (each.first_at, str(each.rival), each.occasion))
    return [(each.rival, each) for each in ordered]


def _owner(account: str, name: str, rival: UUID, own: Mapping[UUID, Payer]) -> UUID | None:
    for other, payer in own.items():
        if other != rival and (plain_name(payer.name) == plain_name(name) or plain_account(payer.account) == account):
            return other
    return None
