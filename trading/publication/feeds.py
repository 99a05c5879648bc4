"""Any search as a feed: Atom (RFC 4287) and JSON Feed 1.1, by the same filters in the address. Pure.

Announcements are never edited, so an entry's `updated` is the moment of its publication; what corrects it is an entry
of its own.
"""

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trading.kernel.moments import SHANGHAI

ENTRIES = 50
_ATOM = "http://www.w3.org/2005/Atom"
# XML 1.0 has no way to write other characters, not even escaped; a carriage return would come back as a line's end.
_NOT_IN_XML = {code: "\ufffd" for code in [*range(32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)] if code not in (9, 10)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One announcement in a feed. `address` is a path; `about` the words that stand below the title."""

    id: str
    title: str
    address: str
    about: str
    category: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A search as a feed: `public_url` has no slash at its end, `page` and `own` are addresses below it."""

    title: str
    author: str
    public_url: str
    page: str
    own: str
    language: str
    entries: Sequence[Entry]
    empty_since: datetime

    @property
    def updated_at(self) -> datetime:
        """When the newest entry was published; of a feed without any, a moment that stays."""
        return max((entry.published_at for entry in self.entries), default=self.empty_since)


def atom(feed: Feed) -> bytes:
    """The feed as Atom."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": feed.language})
    _add(root, "id", feed.public_url + feed.own)
    _add(root, "title", feed.title)
    _add(root, "updated", _rfc3339(feed.updated_at))
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.public_url + feed.own})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.public_url + feed.page})
    _add(ET.SubElement(root, "author"), "name", feed.author)
    for entry in feed.entries:
        element = ET.SubElement(root, "entry")
        _add(element, "id", f"urn:uuid:{entry.id}")
        _add(element, "title", entry.title)
        ET.SubElement(element, "link", {"rel": "alternate", "href": feed.public_url + entry.address})
        _add(element, "published", _rfc3339(entry.published_at))
        _add(element, "updated", _rfc3339(entry.published_at))
        ET.SubElement(element, "category", {"term": entry.category})
        _add(element, "summary", entry.about)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON Feed 1.1."""
    items = [
        {
            "id": feed.public_url + entry.address,
            "url": feed.public_url + entry.address,
            "title": entry.title,
            "content_text": entry.about,
            "tags": [entry.category],
            "date_published": _rfc3339(entry.published_at),
        }
        for entry in feed.entries
    ]
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.public_url + feed.page,
        "feed_url": feed.public_url + feed.own,
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": items,
    }
    # Written so, nothing in it is markup, even for a reader that takes it for a page.
    return json.dumps(whole, ensure_ascii=False).replace("<", "\\u003c").encode("utf-8", "replace")


def entity_tag(content: bytes) -> str:
    """The ETag of an answer: readers that ask again with it are told that nothing is new."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text.translate(_NOT_IN_XML)


def _rfc3339(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")
