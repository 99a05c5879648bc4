"""The house stays tidy: short functions, short modules, no template nobody uses, nothing the documents do not name."""

import ast
import re
from pathlib import Path

import pytest
from typer.main import get_command

from trading import cli

ROOT = Path(__file__).parent.parent
PACKAGES = ("trading", "auction", "procurement", "archive", "experts", "tests")
MODULES = [
    path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if "versions" not in path.parts
]
TEMPLATES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("templates/**/*.html"))]
LONGEST_FUNCTION = 70
LONGEST_MODULE = 400


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_functions_and_modules_are_short(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or node.lineno) - node.lineno < LONGEST_FUNCTION, f"{node.name} is too long"


@pytest.mark.parametrize("path", [path for path in MODULES if "tests" not in path.parts], ids=names)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_every_template_is_used() -> None:
    sources = [path.read_text() for path in MODULES + TEMPLATES]
    for template in TEMPLATES:
        name = str(template).split("/templates/", 1)[1]
        assert any(name in source for source in sources), f"nobody uses {name}"


def test_every_setting_is_documented() -> None:
    source = (ROOT / "trading" / "settings.py").read_text()
    documented = (ROOT / "docs" / "operations.md").read_text()
    for name in set(re.findall(r"TRADING_[A-Z_]+", source)):
        assert name in documented, f"docs/operations.md does not name {name}"


def test_every_command_is_documented() -> None:
    documented = "\n".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    for command in get_command(cli.app).commands:  # type: ignore[attr-defined]
        assert f"trading {command}" in documented, f"no document names `trading {command}`"


def test_nothing_speaks_of_where_it_was_made() -> None:
    forbidden = re.compile(r"/work/|/opt/pypi|\.library|claude|subagent", re.IGNORECASE)
    texts = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".md", ".html", ".js", ".toml", ".yaml", ".sh"}]
    for path in texts:
        relative = path.relative_to(ROOT)
        if relative.parts[0] in {".venv", "build", "data", "dist", ".git"} or path == Path(__file__):
            continue
        assert not forbidden.search(path.read_text(errors="replace")), relative
