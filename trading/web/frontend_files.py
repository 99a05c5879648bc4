"""The third-party front-end files that the build fetched (see hatch_build.py): there, and those of the lock file."""

import hashlib
import importlib
from pathlib import Path

REPOSITORY_LOCK = Path(__file__).parents[2] / "frontend" / "package-lock.json"
REPAIR = "Repair: run `make install`, or `pip install -e . --no-deps`, in the project's folder, then start again."


class FrontendFilesMissing(Exception):
    """Fonts and charts are not installed, or are not those of the lock file. A fault of the installation."""


def frontend_folder() -> Path:
    """Where fonts, charts and the accessibility checker lie. Raises `FrontendFilesMissing`, with the repair."""
    try:
        package = importlib.import_module("trading_frontend")
    except ModuleNotFoundError:
        raise FrontendFilesMissing(f"The package trading_frontend (fonts, charts) is not installed. {REPAIR}") from None
    folder = Path(str(package.FOLDER))
    if not (folder / "noto-sans-sc" / "index.css").is_file():
        raise FrontendFilesMissing(f"Front-end files are missing in {folder}. {REPAIR}")
    return folder


def refuse_missing_frontend_files(lock: Path = REPOSITORY_LOCK) -> None:
    """Stop a start without the front-end files or, in a clone of the repository, with those of another lock file."""
    folder = frontend_folder()
    package = importlib.import_module("trading_frontend")
    if lock.is_file() and hashlib.sha256(lock.read_bytes()).hexdigest() != package.LOCK_SHA256:
        raise FrontendFilesMissing(f"The front-end files in {folder} are not those of {lock.name}. {REPAIR}")
