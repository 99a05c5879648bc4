"""What search engines ask for: robots.txt, the sitemap's index and its parts of 50,000 addresses. Pure.

Source: sitemaps.org protocol 0.9 (50,000 addresses a file), RFC 9309 (robots.txt).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from xml.sax.saxutils import escape

PART_LENGTH = 50_000
NOT_FOR_ROBOTS = (
    "/desk",
    "/officer/",
    "/admin/",
    "/finance",
    "/my/",
    "/supervision",
    "/archive",
    "/documents/",
    "/sign-in",
    "/sign-up",
    "/language/",
    "/subscriptions/",
    "/demonstration/",
)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def robots(public_url: str) -> str:
    """robots.txt: everything public may be read, pages that need an account are not worth asking for."""
    closed = "".join(f"Disallow: {path}\n" for path in NOT_FOR_ROBOTS)
    return f"User-agent: *\n{closed}\nSitemap: {public_url}/sitemap.xml\n"


def parts_of(count: int) -> int:
    """How many parts `count` announcements need; at least one, for the pages that are always there."""
    return max(1, -(-count // PART_LENGTH))


def index(public_url: str, parts: int) -> str:
    """The sitemap's index."""
    listed = "".join(
        f"<sitemap><loc>{escape(public_url)}/sitemaps/{number}</loc></sitemap>\n" for number in range(1, parts + 1)
    )
    return f"{_HEAD}<sitemapindex {_SCHEMA}>\n{listed}</sitemapindex>\n"


def part(public_url: str, pages: Sequence[str], announcements: Sequence[tuple[UUID, datetime]]) -> str:
    """One part: first the addresses that are always there, then announcements with the day they were published."""
    url = escape(public_url)
    lines = [f"<url><loc>{url}{escape(page)}</loc></url>" for page in pages]
    lines += [
        f"<url><loc>{url}/announcements/{identifier}</loc><lastmod>{at.date().isoformat()}</lastmod></url>"
        for identifier, at in announcements
    ]
    return f"{_HEAD}<urlset {_SCHEMA}>\n" + "\n".join(lines) + "\n</urlset>\n"
