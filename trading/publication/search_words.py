"""A search in words, for whoever subscribed to it: every filter that was chosen, in the language of the request."""

from trading.kernel.formats import wan
from trading.kernel.i18n import gettext as _
from trading.publication.finding import Search
from trading.publication.portal_pages import STAGES, project_words
from trading.publication.showing import kind_words


def search_in_words(search: Search) -> str:
    """`Result announcement · Land · “东城”`; all announcements when nothing was chosen."""
    parts = []
    if search.typed:
        parts.append(_("“{words}”").format(words=search.typed))
    if search.kind is not None:
        parts.append(kind_words(search.kind))
    if search.project_kind:
        parts.append(project_words(search.project_kind))
    if search.region:
        parts.append(search.region)
    if search.stage is not None:
        parts.append(_(STAGES[search.stage]))
    if search.lowest is not None or search.highest is not None:
        lowest = "" if search.lowest is None else wan(search.lowest)
        highest = "" if search.highest is None else wan(search.highest)
        parts.append(f"{lowest}–{highest} {_('wan yuan')}")
    if search.first_day is not None or search.last_day is not None:
        first = "" if search.first_day is None else search.first_day.isoformat()
        last = "" if search.last_day is None else search.last_day.isoformat()
        parts.append(_("published {first} to {last}").format(first=first, last=last))
    return " · ".join(parts) or _("All announcements")
