"""The tree's hashes as tiles: 256 hashes of every eighth level in one row, loaded when a proof needs them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.tlog import Subtree, node_hash
from trading.transparency.models import LogTile

HEIGHT = 8
WIDTH = 1 << HEIGHT
_SIZE = 32

T = TypeVar("T")
_Key = tuple[int, int]


class Tiles:
    """The tiles of one tree, as far as they were needed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._tiles: dict[_Key, bytearray] = {}
        self._grown: set[_Key] = set()

    async def compute(self, function: Callable[[Subtree], T]) -> T:
        """What `function` makes of the tree. It is called again after each tile that it turned out to need."""
        while True:
            try:
                return function(self._subtree)
            except _Missing as missing:
                await self._load(missing.key)

    async def append(self, size: int, leaves: Sequence[bytes]) -> None:
        """Add leaves after the first `size` ones; a tile that is full gives one hash to the level above."""
        level, count, added = 0, size, list(leaves)
        while added:
            above: list[bytes] = []
            at = 0
            while at < len(added):
                number, place = divmod(count, WIDTH)
                tile = await self._tile_until((level, number), place)
                taken = added[at : at + WIDTH - place]
                tile += b"".join(taken)
                at, count = at + len(taken), count + len(taken)
                if len(tile) == WIDTH * _SIZE:
                    above.append(_fold(bytes(tile)))
                    await asyncio.sleep(0)  # as many hashes as others may be kept waiting for
            level, count, added = level + 1, (count // WIDTH) - len(above), above

    async def store(self) -> None:
        """Write what has grown."""
        rows = [
            {"level": level, "number": number, "hashes": bytes(self._tiles[level, number])}
            for level, number in sorted(self._grown)
        ]
        if rows:
            insert = postgresql.insert(LogTile)
            changed = {"hashes": insert.excluded.hashes}
            await self._session.execute(
                insert.on_conflict_do_update(index_elements=["level", "number"], set_=changed), rows
            )
        self._grown.clear()

    async def _tile_until(self, key: _Key, place: int) -> bytearray:
        """The tile with its first `place` hashes, to be grown."""
        if place == 0:
            self._tiles[key] = bytearray()
        elif key not in self._tiles:
            await self._load(key)
        tile = self._tiles[key]
        del tile[place * _SIZE :]
        self._grown.add(key)
        return tile

    async def _load(self, key: _Key) -> None:
        level, number = key
        query = select(LogTile.hashes).where(LogTile.level == level, LogTile.number == number)
        self._tiles[key] = bytearray(await self._session.scalar(query) or b"")

    def _subtree(self, level: int, index: int) -> bytes:
        tile_level, within = divmod(level, HEIGHT)
        first = index << within
        number, place = divmod(first, WIDTH)
        tile = self._tiles.get((tile_level, number))
        if tile is None:
            raise _Missing((tile_level, number))
        part = bytes(tile[place * _SIZE : (place + (1 << within)) * _SIZE])
        if len(part) != _SIZE << within:
            raise LogDamaged(f"tile {number} of level {tile_level} is too short")
        return _fold(part)


class LogDamaged(Exception):
    """The stored tree does not hold what it must hold."""


class _Missing(Exception):
    def __init__(self, key: _Key) -> None:
        self.key = key


def _fold(hashes: bytes) -> bytes:
    """The root over a power of two of hashes."""
    row = [hashes[at : at + _SIZE] for at in range(0, len(hashes), _SIZE)]
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
