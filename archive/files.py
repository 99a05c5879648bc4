"""Where the content of documents lies: a content-addressed store, a local folder by default.

A file's name is its own SHA-256, so nothing is ever overwritten, a file written twice is one file, and a file that was
changed on the disk is noticed when it is read. Files are written before the transaction that names them commits: a
transaction that fails leaves a file nobody names, never a name without a file.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from obstore.store import LocalStore

from trading.kernel.errors import Refusal

_PIECE = 1024 * 1024


@dataclass(eq=False)
class DocumentDamaged(Refusal):
    """The store lost a file, or its content is no longer what was filed."""

    message = "The stored file of this document is missing or was changed."
    advice = "Tell the centre's administrator: the file has to be restored from a backup. Its hash is still known."
    sha256: str


class FileStore:
    """A folder of files named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._store = LocalStore(folder)

    async def put(self, content: bytes) -> str:
        """Store the content, on the disk before this returns; returns its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        await self._store.put_async(_path(sha256), content)
        await asyncio.to_thread(_to_disk, self.folder / _path(sha256))
        return sha256

    async def put_file(self, file: IO[bytes]) -> tuple[str, int]:
        """Store a file piece by piece, on the disk before this returns; returns its SHA-256 and its size in bytes."""
        sha256, size = await asyncio.to_thread(_measure, file)
        file.seek(0)
        await self._store.put_async(_path(sha256), file)
        await asyncio.to_thread(_to_disk, self.folder / _path(sha256))
        return sha256, size

    async def pieces(self, sha256: str) -> AsyncIterator[bytes]:
        """The content piece by piece. Raises `DocumentDamaged` before the last piece leaves when the content differs,
        so that nobody receives a damaged file whole.
        """
        seen, held = hashlib.sha256(), b""
        try:
            result = await self._store.get_async(_path(sha256))
        except FileNotFoundError:
            raise DocumentDamaged(sha256) from None
        async for piece in result.stream(min_chunk_size=_PIECE):
            if held:
                yield held
            held = bytes(piece)
            seen.update(held)
        if seen.hexdigest() != sha256:
            raise DocumentDamaged(sha256)
        yield held

    def path_of(self, sha256: str) -> Path:
        """Where the file lies, for programs that read it themselves."""
        return self.folder / _path(sha256)

    async def get(self, sha256: str) -> bytes:
        """The content. Refuses with `DocumentDamaged` when it is gone or differs."""
        try:
            result = await self._store.get_async(_path(sha256))
            content = bytes(await result.bytes_async())
        except FileNotFoundError:
            raise DocumentDamaged(sha256) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DocumentDamaged(sha256)
        return content


_store: FileStore | None = None


def use_folder(folder: Path) -> None:
    """Keep this process's files in `folder` (the installation's data folder, below it `files`)."""
    global _store
    if _store is None or _store.folder != folder:
        _store = FileStore(folder)


def store() -> FileStore:
    """This process's file store."""
    if _store is None:
        raise RuntimeError("no folder for documents: call archive.files.use_folder(data_folder / 'files') at the start")
    return _store


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _measure(file: IO[bytes]) -> tuple[str, int]:
    file.seek(0)
    seen, size = hashlib.sha256(), 0
    while piece := file.read(_PIECE):
        seen.update(piece)
        size += len(piece)
    return seen.hexdigest(), size


def _to_disk(path: Path) -> None:
    for place in (path, path.parent, path.parent.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
