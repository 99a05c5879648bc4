"""Tables of the archive: what was filed, and who took a dossier away. Both are written once and never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base, append_only
from trading.kernel.ids import new_id


class Document(Base):
    """A document that was filed. Its content lies in the file store under its SHA-256 (lowercase hex).

    The archive stands below the rooms that make projects, so it names projects and lots without knowing their tables.
    `verification_code` is that of the kind and the lot (or project): a document made again has the same code.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint(
            "project_id", "lot_id", "kind", "sha256", name="uq_documents_content", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("size_bytes > 0", name="not_empty"),
        Index("ix_documents_project", "project_id", "filed_at"),
        append_only(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID]
    lot_id: Mapped[UUID | None] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    verification_code: Mapped[str] = mapped_column(Text, index=True)
    filed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    filed_by: Mapped[str] = mapped_column(Text)


class Download(Base):
    """Somebody took a dossier away: the bundle that was handed out is named by its SHA-256."""

    __tablename__ = "dossier_downloads"
    __table_args__ = (append_only(),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    sha256: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    downloaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
