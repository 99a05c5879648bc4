"""How departments decide on an entry, and what their silence and absence mean. Pure.

A case is opened when an entry is handed in: one part for each department that reviews this kind of project, and one
for the centre's own reviewer. All work at once. A part: waiting -> agreed | objected | agreed by silence | agreed by
absence. When no part waits any more the entry is agreed to, or goes back to the officer with all objections together.

**Silence is consent** (超时默许). A limit that ends without a decision is an agreement at that moment, in the
department's name. It never happens without a warning on an earlier day: where the warning came late (nobody ran the
platform), the limit ends a working day later instead. The centre's own part is not a department: its silence is a
delay, shown as such, and never consent, because then nobody at all might have looked at an entry.

**Absence is consent** (缺席默认). Whoever was invited to a joint meeting or a site visit at least a working day
before, and neither came nor decided in writing until its attendance was recorded, has agreed at the meeting's moment.

**Everything missing at once** (一次性告知). The purpose: an applicant is sent away once, not once by every department
and again for what was there to be seen the first time. So the departments look through the papers side by side in the
first third of the shortest limit (at most five working days, after which the law takes papers as complete), and add
what is missing to one list. It goes out as ONE notice: at once when all have looked, else when that time ends. It
stops every clock and gives the entry back. What was not asked by then counts as complete. When the entry is handed in
again, each limit goes on with what remained; who had agreed before looks once more if anything was changed; and the
papers may be looked through again, but only for what was changed or newly handed in since the notice before: an item
that points at an unchanged field could have been asked the first time, and the platform refuses it with that reason.
The same holds for a new case after an entry was returned. What was asked for and is still missing is an objection, not
a second request. Source: 行政许可法 art. 32 (4), 42; decision 11.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from trading.reviews.refusals import (
    AskedAlready,
    CouldHaveBeenAsked,
    ItemPointsNowhere,
    ItemWordsMissing,
    OpinionTooLong,
    ReasonsNeeded,
)

LONGEST_OPINION = 600
LONGEST_ITEM = 300


class PartState(StrEnum):
    """Where one department stands."""

    WAITING = "waiting"
    AGREED = "agreed"
    OBJECTED = "objected"
    SILENT = "silent"
    ABSENT = "absent"

    @property
    def is_consent(self) -> bool:
        """Whether it agreed, in words or by law."""
        return self in (PartState.AGREED, PartState.SILENT, PartState.ABSENT)


class CaseState(StrEnum):
    """Where a case stands. STOPPED: a notice is out, and the officer has the entry back."""

    OPEN = "open"
    STOPPED = "stopped"
    AGREED = "agreed"
    RETURNED = "returned"

    @property
    def is_closed(self) -> bool:
        """Whether the case is decided."""
        return self in (CaseState.AGREED, CaseState.RETURNED)


class MeetingKind(StrEnum):
    """How departments are called together: a joint meeting (联席会议) or a visit to the site (踏勘)."""

    JOINT_MEETING = "joint_meeting"
    SITE_VISIT = "site_visit"


class NoticeKind(StrEnum):
    """What a department is told of."""

    CASE_OPENED = "case_opened"
    LIMIT_ENDS = "limit_ends"
    LIMIT_MOVED = "limit_moved"
    AGREED_BY_SILENCE = "agreed_by_silence"
    AGREED_BY_ABSENCE = "agreed_by_absence"
    MEETING_CALLED = "meeting_called"
    MEETING_CANCELLED = "meeting_cancelled"
    CLOCK_STOPPED = "clock_stopped"
    CLOCK_GOES_ON = "clock_goes_on"


@dataclass(frozen=True, slots=True)
class Assigned:
    """A department that reviews a kind of project, and the working days it promised."""

    department: str
    days: int


@dataclass(frozen=True, slots=True)
class Said:
    """What one department decided, in words or not at all."""

    name: str
    state: PartState
    opinion: str


def verdict(states: Iterable[PartState]) -> CaseState:
    """What a case comes to: OPEN while somebody waits, RETURNED when somebody objected, else AGREED."""
    found = list(states)
    if not found or PartState.WAITING in found:
        return CaseState.OPEN
    return CaseState.RETURNED if PartState.OBJECTED in found else CaseState.AGREED


def objections_together(said: Iterable[Said], *, longest: int) -> str:
    """All objections as one text for the officer, each under its department's name."""
    text = "\n".join(f"【{one.name}】{one.opinion}" for one in said if one.state is PartState.OBJECTED)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def read_opinion(typed: str, *, is_needed: bool) -> str:
    """An opinion, or the reasons of an objection. Refuses with `ReasonsNeeded`, `OpinionTooLong`."""
    said = plain_text(typed)
    if is_needed and not said:
        raise ReasonsNeeded
    if len(said) > LONGEST_OPINION:
        raise OpinionTooLong(LONGEST_OPINION, len(said))
    return said


def read_item(target: str, typed: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """What is missing and where. `labels` names the fields and papers that an item can point at.

    Refuses with `ItemPointsNowhere`, `ItemWordsMissing`.
    """
    if target not in labels:
        raise ItemPointsNowhere
    said = plain_text(typed)
    if not 1 <= len(said) <= LONGEST_ITEM:
        raise ItemWordsMissing(LONGEST_ITEM)
    return target, said


def check_item(
    target: str,
    label: str,
    *,
    asked: Iterable[str],
    baseline: Mapping[str, str] | None,
    values: Mapping[str, str],
) -> None:
    """Refuse what this department has on the list already, or could have asked the first time.

    `baseline` are the values at the last notice, or at the end of the case before; None where this is the first look.
    Refuses with `AskedAlready`, `CouldHaveBeenAsked`.
    """
    if target in asked:
        raise AskedAlready(label)
    if baseline is not None and values.get(target, "") == baseline.get(target, ""):
        raise CouldHaveBeenAsked(label)


def has_changed(baseline: Mapping[str, str] | None, values: Mapping[str, str]) -> bool:
    """Whether anything that can be asked about differs from the baseline."""
    known = {} if baseline is None else baseline
    return any(known.get(name, "") != values.get(name, "") for name in known.keys() | values.keys())


def plain_text(typed: str) -> str:
    """Text without control characters; lines are kept, empty ones at both ends are not."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in lines if each == "\n" or (each.isprintable() and each != "\x00")).strip()
