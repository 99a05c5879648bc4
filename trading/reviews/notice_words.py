"""What a department is told, in words: message ids whose places the facts of the notice fill. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from trading.projects.problems import N_
from trading.reviews.rules import NoticeKind

NOTICE_WORDS: Mapping[NoticeKind, tuple[str, str]] = MappingProxyType(
    {
        NoticeKind.CASE_OPENED: ("info", N_("“{title}” waits for your department's review until {due_at}.")),
        NoticeKind.LIMIT_ENDS: (
            "yellow",
            N_("The limit for “{title}” ends at {due_at}. Without a decision your department agrees by silence."),
        ),
        NoticeKind.LIMIT_MOVED: (
            "yellow",
            N_("The limit for “{title}” now ends at {due_at}, because it could not be announced a day before."),
        ),
        NoticeKind.AGREED_BY_SILENCE: ("red", N_("Your department agreed to “{title}” by silence at {due_at}.")),
        NoticeKind.AGREED_BY_ABSENCE: (
            "red",
            N_("Your department agreed to “{title}” by absence from the meeting at {at}."),
        ),
        NoticeKind.MEETING_CALLED: (
            "yellow",
            N_("Your department is invited for “{title}” at {at}, {place}. Who stays away agrees."),
        ),
        NoticeKind.MEETING_CANCELLED: ("info", N_("The meeting at {at} for “{title}” is cancelled: {reasons}")),
        NoticeKind.CLOCK_STOPPED: (
            "info",
            N_("“{title}” went back for completion ({items} items); your limit stands still."),
        ),
        NoticeKind.CLOCK_GOES_ON: ("info", N_("“{title}” was handed in again; your limit now ends at {due_at}.")),
    }
)
