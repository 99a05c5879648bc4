"""Where recordings lie: files named by their SHA-256, and the unfinished ones, which grow piece by piece.

A piece is on the disk before anybody is told so. What a broken connection, a wrong checksum or a full disk left behind
the agreed offset is cut off. Nothing is ever held in memory whole; the hash runs along and is made again from the file
when another process goes on.
"""

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from archive.files import DocumentDamaged
from trading.venues.ranges import Part
from trading.venues.recording_rules import KEPT_FREE_BYTES, DiskFull, PieceDamaged, PieceTooLong, UploadBusy

READ_BYTES = 1024 * 1024


@dataclass
class RecordingStore:
    """A folder of recordings. `_running`: how far the hash of each unfinished one has come in this process."""

    folder: Path
    _running: dict[UUID, tuple[int, Any]] = field(default_factory=dict)

    def check_space(self, needed_bytes: int) -> None:
        """Refuses with `DiskFull` when so much more would not leave the disk its reserve."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free - needed_bytes < KEPT_FREE_BYTES:
            raise DiskFull

    @contextmanager
    def claimed(self, upload_id: UUID) -> Iterator[int]:
        """Open an unfinished file alone; yields its descriptor. Refuses with `UploadBusy` when it is open already."""
        place = self._unfinished(upload_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UploadBusy from None
            yield handle
        finally:
            os.close(handle)

    async def append(
        self, handle: int, upload_id: UUID, offset: int, most: int, pieces: AsyncIterator[bytes], checksum: bytes | None
    ) -> int:
        """Write what comes behind `offset`, at most `most` bytes; returns how many, which are then on the disk.

        A connection that ends early leaves what has come, unless a checksum was to prove it. Refuses with
        `PieceDamaged`, `PieceTooLong`, `DiskFull`; the file is then as long as before.
        """
        before = await asyncio.to_thread(self._hash_until, handle, upload_id, offset)
        running, own, written = before.copy(), hashlib.sha256(), 0
        try:
            async for piece in pieces:
                if written + len(piece) > most:
                    raise PieceTooLong
                await asyncio.to_thread(_write_all, handle, piece, offset + written)
                running.update(piece)
                own.update(piece)
                written += len(piece)
            if checksum is not None and own.digest() != checksum:
                raise PieceDamaged
            await asyncio.to_thread(os.fsync, handle)
        except OSError as error:
            self._cut(handle, upload_id, offset, before)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull from error
            raise
        except BaseException:
            self._cut(handle, upload_id, offset, before)
            raise
        self._running[upload_id] = (offset + written, running)
        return written

    async def digest(self, handle: int, upload_id: UUID, size_bytes: int) -> str:
        """The SHA-256 of a whole unfinished file, in lowercase hex."""
        running = await asyncio.to_thread(self._hash_until, handle, upload_id, size_bytes)
        digest: str = running.hexdigest()
        return digest

    async def keep(self, upload_id: UUID, sha256: str) -> None:
        """Give a whole file its name for good, beside its unfinished one, which `drop` takes away afterwards."""
        await asyncio.to_thread(self._keep, upload_id, sha256)

    async def drop(self, upload_id: UUID) -> None:
        """Forget an unfinished file."""
        self._running.pop(upload_id, None)
        await asyncio.to_thread(self._unfinished(upload_id).unlink, missing_ok=True)

    async def read(self, sha256: str, size_bytes: int, part: Part | None = None) -> AsyncIterator[bytes]:
        """The content, or a part of it, piece by piece.

        Refuses with `DocumentDamaged` before the first when the file is not whole.
        """
        place = self._kept(sha256)
        try:
            found = (await asyncio.to_thread(place.stat)).st_size
        except FileNotFoundError:
            raise DocumentDamaged(sha256) from None
        if found != size_bytes:
            raise DocumentDamaged(sha256)
        return self._pieces(place, part or Part(0, size_bytes - 1))

    async def _pieces(self, place: Path, part: Part) -> AsyncIterator[bytes]:
        source, left = await asyncio.to_thread(place.open, "rb"), part.size_bytes
        try:
            await asyncio.to_thread(source.seek, part.first)
            while left and (piece := await asyncio.to_thread(source.read, min(READ_BYTES, left))):
                left -= len(piece)
                yield piece
        finally:
            source.close()

    def _hash_until(self, handle: int, upload_id: UUID, offset: int) -> Any:
        """The running hash of the first `offset` bytes; what lies behind them is cut off."""
        os.ftruncate(handle, offset)
        known = self._running.get(upload_id)
        if known is not None and known[0] == offset:
            return known[1]
        running, at = hashlib.sha256(), 0
        while at < offset:
            piece = os.pread(handle, min(READ_BYTES, offset - at), at)
            running.update(piece)
            at += len(piece)
        return running

    def _cut(self, handle: int, upload_id: UUID, offset: int, before: Any) -> None:
        os.ftruncate(handle, offset)
        self._running[upload_id] = (offset, before)

    def _keep(self, upload_id: UUID, sha256: str) -> None:
        # A second name for the same file: until the row that names it is stored, the unfinished one stays.
        place, beside = self._kept(sha256), self.folder / "unfinished" / f"{upload_id}.whole"
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        os.link(self._unfinished(upload_id), beside)
        beside.replace(place)
        beside.unlink(missing_ok=True)  # replacing a file by itself does nothing
        for folder in (place.parent, self.folder):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _unfinished(self, upload_id: UUID) -> Path:
        return self.folder / "unfinished" / str(upload_id)

    def _kept(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256


def _write_all(handle: int, content: bytes, at: int) -> None:
    rest = memoryview(content)
    while rest:
        written = os.pwrite(handle, rest, at)
        rest, at = rest[written:], at + written
