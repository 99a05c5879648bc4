"""The front-end files are there, are those of the lock file, and where they are not the way to repair it is said."""

import importlib
import json
import sys
import types
from pathlib import Path

import pytest

import hatch_build
from trading.web import frontend_files
from trading.web.frontend_files import FrontendFilesMissing, frontend_folder, refuse_missing_frontend_files

LOCK = frontend_files.REPOSITORY_LOCK


def test_fonts_for_pages_and_documents_charts_and_the_checker_are_installed() -> None:
    refuse_missing_frontend_files()
    folder = frontend_folder()
    style = (folder / "noto-sans-sc" / "index.css").read_text()
    slices = [part.split(")")[0].removeprefix("./") for part in style.split("src: url(")[1:]]
    assert len(slices) > 90
    assert all((folder / "noto-sans-sc" / name).is_file() for name in slices)
    for weight in ("400Regular", "700Bold"):
        font = (folder / "document-fonts" / f"NotoSansSC_{weight}.ttf").read_bytes()
        assert font[:4] == b"\x00\x01\x00\x00"  # TrueType outlines, the only ones the PDF library embeds
    for name in ("echarts/echarts.esm.min.js", "axe-core/axe.min.js"):
        assert (folder / name).stat().st_size > 100_000


def test_every_package_comes_with_its_licence() -> None:
    folders = [path for path in frontend_folder().iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert len(folders) == 4
    assert [path.name for path in folders if not list(path.glob("LICENSE*"))] == []


def test_without_the_package_the_start_says_how_to_repair_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trading_frontend", None)
    with pytest.raises(FrontendFilesMissing, match="make install"):
        refuse_missing_frontend_files()


def test_without_the_files_the_start_says_how_to_repair_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = types.ModuleType("trading_frontend")
    empty.__dict__.update(FOLDER=tmp_path, LOCK_SHA256="")
    monkeypatch.setitem(sys.modules, "trading_frontend", empty)
    with pytest.raises(FrontendFilesMissing, match="missing in"):
        refuse_missing_frontend_files()


def test_files_of_another_lock_file_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "package-lock.json"
    other.write_text("{}")
    with pytest.raises(FrontendFilesMissing, match="not those of"):
        refuse_missing_frontend_files(other)


def test_an_installed_platform_has_no_lock_file_and_starts(tmp_path: Path) -> None:
    refuse_missing_frontend_files(tmp_path / "package-lock.json")


def test_the_lock_file_names_no_registry_and_fixes_every_file_by_its_hash() -> None:
    lock = json.loads(LOCK.read_text())
    assert "http" not in LOCK.read_text().replace("https://github.com/sponsors", "")
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) >= 4
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def test_the_build_names_a_file_that_the_npm_packages_no_longer_have(tmp_path: Path) -> None:
    with pytest.raises(hatch_build.FetchFailed, match="nothing matches @fontsource-variable"):
        hatch_build.choose_files(tmp_path, tmp_path / "package")


def test_a_failing_npm_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = "import sys; print('no such registry'); sys.exit(7)"
    monkeypatch.setattr(hatch_build, "npm_command", lambda: [sys.executable, "-c", program])
    with pytest.raises(hatch_build.FetchFailed, match=r"exit status 7[\s\S]*no such registry[\s\S]*install again"):
        hatch_build.run_npm(tmp_path)


def test_the_module_that_the_build_writes_tells_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "trading_frontend_made"
    package.mkdir()
    (package / "__init__.py").write_text(hatch_build.MODULE_TEXT.format(lock_sha256="0" * 64))
    monkeypatch.syspath_prepend(str(tmp_path))
    made = importlib.import_module("trading_frontend_made")
    assert (made.FOLDER, made.LOCK_SHA256) == (package, "0" * 64)  # noqa: SIM300 - the pair that was made comes first
