"""Ways in which the simulated bank can be made to misbehave, as real banks do."""

from enum import StrEnum


class Fault(StrEnum):
    """Each is armed for a number of occasions."""

    HANG_BEFORE_EXECUTING = "hang_before_executing"
    """A transfer order is never executed and never answered."""
    HANG_AFTER_EXECUTING = "hang_after_executing"
    """A transfer order is executed, its answer never comes."""
    FAIL_AFTER_EXECUTING = "answer_500_after_executing"
    """A transfer order is executed and answered with status 500."""
    FAIL_TRANSFER = "fail_transfer"
    """A transfer order ends as failed, with a reason."""
    LEAVE_PENDING = "leave_pending"
    """A transfer order stays pending for `PENDING_FOR_MS`."""
    DUPLICATE_CALLBACK = "duplicate_callback"
    """A callback is delivered a second time after it has been acknowledged."""
    SILENT_CALLBACK = "silent_callback"
    """A callback is never delivered."""


PENDING_FOR_MS = 2_000


class Faults:
    """How many occasions are still to go wrong, by name. Kept in memory: a restarted bank behaves."""

    def __init__(self, *, allowed: bool) -> None:
        self.allowed = allowed
        self._left: dict[Fault, int] = {}

    def arm(self, fault: Fault, count: int) -> None:
        """The next `count` occasions go wrong; 0 disarms."""
        self._left[fault] = count

    def strikes(self, fault: Fault) -> bool:
        """Whether this occasion goes wrong; counts it."""
        left = self._left.get(fault, 0)
        if left:
            self._left[fault] = left - 1
        return left > 0
