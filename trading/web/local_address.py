"""Addresses of this platform that come from outside, as in `?next=`. Pure."""


def local_address(text: str | None, *, otherwise: str) -> str:
    """`text` when it is a path on this platform, else `otherwise`: nobody is led to another site from here.

    Browsers take a backslash for a slash, and `//host` for another host.
    """
    if not text or not text.isprintable() or "\\" in text:
        return otherwise
    if not text.startswith("/") or text.startswith("//"):
        return otherwise
    return text
