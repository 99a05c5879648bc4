"""What a file says of its making: author, program, moment.

A PDF is read by a program of its own, as previews are made: `python -m trading.signs.paper_properties PATH` writes the
properties as JSON to standard output, and may use so much memory and time and no more. Of Office files and pictures
only the few bytes are looked at that say it.
"""

import asyncio
import json
import resource
import signal
import sys
import zipfile
from html import unescape
from pathlib import Path
from re import DOTALL, search

import pypdfium2
from PIL import Image

from trading.kernel.child_process import dying_with_us
from trading.publication.attachment_rules import MEBIBYTE, OFFICE, FileDamaged, FileLocked

WITHIN_S = 20
LONGEST = 120
_MEMORY = 1024 * MEBIBYTE
_LARGEST_PART = MEBIBYTE
_DAMAGED, _LOCKED = 3, 4
_ARTIST, _SOFTWARE, _TAKEN_AT, _CAMERA, _CAMERA_NUMBER, _EXIF = 0x013B, 0x0131, 0x9003, 0x0110, 0xA431, 0x8769


async def properties_of(path: Path, kind: str, name: str) -> dict[str, str]:
    """`author`, `saved_by`, `tool`, `made_at` and `identity` as the file says them, empty where it is silent.

    The file was inspected before. Refuses with `FileDamaged` and `FileLocked`.
    """
    if kind == "pdf":
        return await _of_pdf_elsewhere(path, name)
    try:
        found = _of_office(path) if kind in OFFICE else _of_picture(path)
    except (OSError, ValueError, SyntaxError, zipfile.BadZipFile, NotImplementedError) as error:
        raise FileDamaged(name) from error
    return {each: _plain(value) for each, value in found.items()}


async def _of_pdf_elsewhere(path: Path, name: str) -> dict[str, str]:
    command = [sys.executable, "-m", "trading.signs.paper_properties", str(path)]
    child = await asyncio.create_subprocess_exec(
        *dying_with_us(command, death_signal=signal.SIGKILL),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await asyncio.wait_for(child.communicate(), WITHIN_S)
    except TimeoutError:
        child.kill()
        await child.wait()
        raise FileDamaged(name) from None
    if child.returncode == _LOCKED:
        raise FileLocked(name)
    if child.returncode != 0:
        raise FileDamaged(name)
    return dict(json.loads(output))


def _of_pdf(path: Path) -> dict[str, str]:
    document = pypdfium2.PdfDocument(path)
    said = document.get_metadata_dict()
    identity = document.get_identifier()
    return {
        "author": said.get("Author", ""),
        "saved_by": "",
        "tool": " ".join(filter(None, (said.get("Creator", ""), said.get("Producer", "")))),
        "made_at": said.get("CreationDate", ""),
        "identity": identity.hex() if isinstance(identity, bytes) else "",
    }


def _of_office(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        core, app = (_part(archive, name) for name in ("docProps/core.xml", "docProps/app.xml"))
    return {
        "author": _element(core, "dc:creator"),
        "saved_by": _element(core, "cp:lastModifiedBy"),
        "tool": " ".join(filter(None, (_element(app, "Application"), _element(app, "AppVersion")))),
        "made_at": _element(core, "dcterms:created"),
        "identity": "",
    }


def _of_picture(path: Path) -> dict[str, str]:
    with Image.open(path, formats=["PNG", "JPEG"]) as picture:
        said = picture.getexif()
    details = said.get_ifd(_EXIF)
    number = str(details.get(_CAMERA_NUMBER, ""))
    return {
        "author": str(said.get(_ARTIST, "")),
        "saved_by": "",
        "tool": " ".join(filter(None, (str(said.get(_CAMERA, "")), str(said.get(_SOFTWARE, ""))))),
        "made_at": str(details.get(_TAKEN_AT, "")),
        "identity": f"camera {number}" if number else "",
    }


def _part(archive: zipfile.ZipFile, name: str) -> str:
    try:
        with archive.open(name) as part:
            return part.read(_LARGEST_PART).decode(errors="replace")
    except KeyError:
        return ""


def _element(text: str, name: str) -> str:
    """The text of an element without children. No parser: nothing in the file can make it do anything."""
    found = search(rf"<{name}(?:\s[^>]*)?>([^<]*)</{name}>", text, DOTALL)
    return unescape(found.group(1)) if found else ""


def _plain(said: str) -> str:
    """What a file says, fit to be shown: printable, without the space around it, not too long."""
    shown = "".join(character if character.isprintable() else " " for character in said)
    return " ".join(shown.split())[:LONGEST]


def main(path: str) -> int:
    """Read a PDF and write what it says; returns the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (WITHIN_S, WITHIN_S))
    try:
        found = _of_pdf(Path(path))
    except pypdfium2.PdfiumError as error:
        return _LOCKED if "password" in str(error).lower() else _DAMAGED
    except (OSError, ValueError):
        return _DAMAGED
    sys.stdout.write(json.dumps({name: _plain(value) for name, value in found.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
