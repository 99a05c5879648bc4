"""The addresses of the portal beside the announcements themselves: search, feeds, calendar, subscriptions, files."""

from collections.abc import Awaitable, Callable

from litestar import Litestar

from trading.publication import attachment_pages, calendar_pages, feed_routes, portal_pages, subscription_pages

handlers = [
    portal_pages.announcements,
    *feed_routes.handlers,
    *calendar_pages.handlers,
    *subscription_pages.handlers,
    *attachment_pages.handlers,
]


def jobs(app: Litestar) -> list[tuple[str, int, Callable[[], Awaitable[object]]]]:
    """What the tick does for the portal."""
    return [*calendar_pages.jobs(app), *subscription_pages.jobs(app)]
