"""compose.yaml, Dockerfile and the example of settings agree with the product and with one another."""

import re
from pathlib import Path

from trading.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
EXAMPLE = (ROOT / "docs" / "deployment.env.example").read_text()


def test_every_setting_of_the_deployment_is_a_setting_of_the_product() -> None:
    fields = {f"TRADING_{name.upper()}" for name in Settings.__dataclass_fields__}
    named = set(re.findall(r"\bTRADING_[A-Z_]+", COMPOSE + DOCKERFILE))
    assert {"TRADING_DATABASE_URL", "TRADING_OWNER_DATABASE_URL", "TRADING_SECRET"} <= named
    assert named <= fields
    assert all(name in OPERATIONS for name in named)


def test_everything_the_deployment_asks_for_is_in_the_example_and_is_refused_when_empty() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    assert asked == set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    refused_when_empty = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE))
    assert asked == refused_when_empty


def test_the_deployment_makes_its_database_as_the_documents_say() -> None:
    made = re.findall(r"^ +((?:CREATE|REVOKE|GRANT) [^;]+;)", COMPOSE, re.MULTILINE)
    documented = " ".join(OPERATIONS.split())
    assert len(made) == 5
    for statement in made:
        words = re.sub(r"PASSWORD :'\w+'", "PASSWORD '…'", statement).rstrip(";")
        assert words in documented, statement


def test_the_image_runs_the_documented_command_as_an_ordinary_user() -> None:
    assert re.search(r"^USER trading$", DOCKERFILE, re.MULTILINE)
    assert re.search(r'^CMD \["trading", "serve", ', DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("\nUSER trading") < DOCKERFILE.index("\nCMD ")
