"""Pictures of attachments, made by a program of its own: a file that harms its reader harms nothing else.

`python -m trading.publication.previewing KIND PATH` writes the picture's size and the picture (WebP) to standard
output. It may use so much memory and time and no more. Whoever starts it learns from its exit status what was wrong.
"""

import asyncio
import resource
import signal
import sys
from dataclasses import dataclass
from enum import IntEnum
from io import BytesIO
from pathlib import Path
from typing import IO

import pypdfium2
from PIL import Image, UnidentifiedImageError

from trading.kernel.child_process import dying_with_us
from trading.publication.attachment_rules import MEBIBYTE, FileDamaged, FileLocked, PictureTooLarge

WIDEST = 640
TALLEST = 900
MOST_PIXELS = 60_000_000
WITHIN_S = 20
_MEMORY = 1024 * MEBIBYTE
PREVIEWED = frozenset({"png", "jpg", "pdf"})


class Verdict(IntEnum):
    """Exit statuses of the program."""

    MADE = 0
    DAMAGED = 3
    LOCKED = 4


@dataclass(frozen=True, slots=True)
class Preview:
    """A small WebP picture of a file and its size in pixels."""

    content: bytes
    width: int
    height: int


def check_pixels(file: IO[bytes], name: str) -> None:
    """Look at a picture's head, before anything is unpacked. Refuses with `PictureTooLarge`, `FileDamaged`."""
    file.seek(0)
    try:
        with Image.open(file, formats=["PNG", "JPEG"]) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise PictureTooLarge(name, MOST_PIXELS // 1_000_000) from error
        raise FileDamaged(name) from error
    if width * height > MOST_PIXELS:
        raise PictureTooLarge(name, MOST_PIXELS // 1_000_000)


async def preview_of(path: Path, kind: str, name: str) -> Preview | None:
    """A picture of the file at `path`; None where there is none for its kind, or making it took too much.

    Refuses with `FileDamaged` and `FileLocked`.
    """
    if kind not in PREVIEWED:
        return None
    command = [sys.executable, "-m", "trading.publication.previewing", kind, str(path)]
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
        return None
    if child.returncode == Verdict.DAMAGED:
        raise FileDamaged(name)
    if child.returncode == Verdict.LOCKED:
        raise FileLocked(name)
    if child.returncode != Verdict.MADE:
        return None
    size, content = output.split(b"\n", 1)
    width, height = (int(number) for number in size.split())
    return Preview(content, width, height)


def _make(kind: str, path: Path) -> Preview:
    picture = _first_page(path) if kind == "pdf" else Image.open(path, formats=["PNG", "JPEG"])
    picture.draft("RGB", (WIDEST * 2, TALLEST * 2))
    picture.thumbnail((WIDEST, TALLEST))
    whole = Image.new("RGB", picture.size, "white")
    whole.paste(picture, mask=picture.getchannel("A") if picture.mode in ("RGBA", "LA") else None)
    written = BytesIO()
    whole.save(written, "WEBP", quality=80)  # re-encoded: nothing of what the file carried beside its pixels is left
    return Preview(written.getvalue(), *whole.size)


def _first_page(path: Path) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    page = document[0]
    width, height = page.get_size()
    scale = min(WIDEST / max(width, 1), TALLEST / max(height, 1), 4)
    picture: Image.Image = page.render(scale=scale).to_pil()
    return picture


def main(kind: str, path: str) -> int:
    """Make the picture and write it; returns the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (WITHIN_S, WITHIN_S))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        made = _make(kind, Path(path))
    except pypdfium2.PdfiumError as error:
        return Verdict.LOCKED if "password" in str(error).lower() else Verdict.DAMAGED
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, IndexError):
        return Verdict.DAMAGED
    sys.stdout.buffer.write(f"{made.width} {made.height}\n".encode() + made.content)
    return Verdict.MADE


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
