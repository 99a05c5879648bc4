"""The distribution's Chromium, as every test of pages uses it."""

import shutil

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str:
    """Where Chromium is. A test run without it fails: pages that nobody looked at are not tested."""
    path = shutil.which("chromium")
    assert path is not None, "the tests drive a real browser: apt-get install chromium"
    return path
