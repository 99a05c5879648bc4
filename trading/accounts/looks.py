"""Whoever looks at something confidential leaves a fact: what was looked at, by whom, when.

It is written in the stream of the person who looked, in the transaction in which the page is made, so that nothing is
shown without its trace. What counts as confidential: who takes part in a sale before its end, dossiers, the journal.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from trading.accounts.rules import Actor
from trading.kernel import journal_store

KIND = "confidential_viewed"


async def record_look(session: AsyncSession, what: str, subject: str, *, actor: Actor, now: datetime) -> None:
    """Record that the actor looks at `what` (`bidders`, `dossier`, `project_journal` …) of `subject` (`lot:<id>`)."""
    body = {"what": what, "subject": subject}
    await journal_store.append(session, stream=actor.reference, kind=KIND, actor=actor.reference, at=now, body=body)
