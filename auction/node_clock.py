"""Database time on one server, without asking the database each time: what every bid is stamped with on arrival.

Each measurement asks the database for its time and notes the server's own monotonic clock before and after, so the
offset between the two lies within the round trip; steps of the machine's clock play no part. The quickest of the last
measurements counts. A measurement that contradicts it by more than `TOLERANCE` says that one of the two clocks jumped:
from then on nothing is stamped until `STEADY` measurements in a row have agreed with one another, and somebody has
looked after the sales that run (`trust_again`).
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from auction.refusals import ClockUnsure

log = structlog.get_logger()

TOLERANCE_S = 0.05  # a server whose time may be off by more takes no bids
LONGEST_UNMEASURED_S = 5.0
STEADY = 3  # measurements that must agree before the clock is trusted again
_KEPT = 8  # measurements
_DRIFT = 100e-6  # what two clocks may part by, in seconds per second: quartz does better
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Measurement:
    """Database time minus monotonic time lies within `offset_s` ± `reach_s`, as of `taken_s` (monotonic)."""

    offset_s: float
    reach_s: float
    taken_s: float

    def reach_at(self, monotonic_s: float) -> float:
        return self.reach_s + abs(monotonic_s - self.taken_s) * _DRIFT

    def contradicts(self, other: "_Measurement") -> bool:
        """Whether the two cannot both be true, with `TOLERANCE_S` to spare."""
        apart = abs(self.offset_s - other.offset_s)
        return apart > self.reach_s + other.reach_at(self.taken_s) + TOLERANCE_S


class NodeClock:
    """The database's time as this server knows it. Monotonic times are seconds, as `loop.time()` gives them."""

    def __init__(self) -> None:
        self._kept: deque[_Measurement] = deque(maxlen=_KEPT)
        self._best: _Measurement | None = None
        self._last_stamp = _EPOCH
        self._trusted = False
        self._jumped = False

    def measured(self, asked_s: float, told: datetime, answered_s: float) -> None:
        """The database told its time somewhen between two moments of the monotonic clock."""
        middle = (asked_s + answered_s) / 2
        new = _Measurement((told - _EPOCH).total_seconds() - middle, (answered_s - asked_s) / 2, answered_s)
        if self._best is not None and new.contradicts(self._best):
            if self._trusted:
                log.error("clock_jumped", by_s=round(new.offset_s - self._best.offset_s, 3))
            self._kept.clear()
            self._trusted, self._jumped = False, True
        elif self._kept and answered_s - self._kept[-1].taken_s > LONGEST_UNMEASURED_S:
            self._trusted = False  # nobody could bid meanwhile: the sales are looked after first
        self._kept.append(new)
        self._best = min(self._kept, key=lambda known: known.reach_at(answered_s))

    @property
    def is_steady(self) -> bool:
        """Whether it could be trusted: enough measurements in a row agree. The first ones need nothing before them."""
        return len(self._kept) >= (STEADY if self._jumped else 1)

    @property
    def jumped(self) -> bool:
        """Whether database time, or this server's, jumped, and nobody has said `trust_again` since."""
        return self._jumped

    def trust_again(self) -> None:
        """The sales that run have been looked after: stamp from now on."""
        if self._jumped:
            log.warning("clock_trusted_again")
            self._last_stamp = _EPOCH
        self._trusted, self._jumped = True, False

    def off_by_s(self, monotonic_s: float) -> float:
        """How far from database time a stamp could be at most."""
        return float("inf") if self._best is None else self._best.reach_at(monotonic_s)

    def is_trusted(self, monotonic_s: float) -> bool:
        """Whether bids may be stamped, and stages ended, by this clock."""
        return (
            self._trusted
            and monotonic_s - self._kept[-1].taken_s <= LONGEST_UNMEASURED_S
            and self.off_by_s(monotonic_s) <= TOLERANCE_S
        )

    def stamp(self, monotonic_s: float) -> datetime:
        """Database time at that moment, never before an earlier stamp. Refuses `ClockUnsure`."""
        if not self.is_trusted(monotonic_s):
            raise ClockUnsure()
        self._last_stamp = max(self._last_stamp, self.about(monotonic_s))
        return self._last_stamp

    def about(self, monotonic_s: float) -> datetime:
        """Database time at that moment as far as is known, trusted or not: for showing."""
        assert self._best is not None, "asked before the first measurement"
        return _EPOCH + timedelta(seconds=self._best.offset_s + monotonic_s)
