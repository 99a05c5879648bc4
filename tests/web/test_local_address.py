"""Nobody is led to another site by an address that came from outside."""

import pytest

from trading.web.local_address import local_address


@pytest.mark.parametrize("text", ["/", "/desk", "/lots/1/room?x=1", "/announcements?q=县城#top"])
def test_a_path_on_this_platform_is_followed(text: str) -> None:
    assert local_address(text, otherwise="/desk") == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "desk",
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/a\r\nset-cookie: x=1",
        "javascript:alert(1)",
    ],
)
def test_everything_else_is_not(text: str | None) -> None:
    assert local_address(text, otherwise="/desk") == "/desk"
