"""Tables of signs: what was searched when, so that everything is searched once."""

from datetime import datetime

from sqlalchemy import DateTime, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.database import Base


class SignSearch(Base):
    """One search that was made. Its row is also the claim on it: of two at once the second finds it taken.

    `subject` is `lot:<id>`, `history` or `traces`; `stage` says when: `closed` and `concluded` of a lot, else the day.
    """

    __tablename__ = "sign_searches"

    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    stage: Mapped[str] = mapped_column(Text, primary_key=True)
    searched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    raised: Mapped[int] = mapped_column(Integer)
