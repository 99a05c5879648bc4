"""Tables of the transparency log: where entries lie in the tree, the tree's hashes, and what was signed."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Integer, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only


class LogRun(Base):
    """Entries `first_seq` … `first_seq + count - 1` of a stream are the leaves from `start` on."""

    __tablename__ = "log_runs"
    __table_args__ = (UniqueConstraint("stream", "first_seq"), append_only())

    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    stream: Mapped[str] = mapped_column(Text)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(Integer)


class LogStream(Base):
    """The last entry of a stream that is in the tree."""

    __tablename__ = "log_streams"

    stream: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


class LogTile(Base):
    """Up to 256 hashes that lie side by side on every eighth level of the tree. The last tile of a level grows."""

    __tablename__ = "log_tiles"

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class LogHead(Base):
    """The one row that says how many leaves the tree has. It is the lock of whoever folds."""

    __tablename__ = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    size: Mapped[int] = mapped_column(BigInteger)


class LogCheckpoint(Base):
    """A signed checkpoint, kept for ever."""

    __tablename__ = "log_checkpoints"
    __table_args__ = (append_only(),)

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
