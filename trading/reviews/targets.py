"""What items of a project point at, and what stands there: the values by which a second request is judged."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel import i18n
from trading.kernel.i18n import gettext as _
from trading.projects import service as projects
from trading.projects.models import Project
from trading.projects.rules import ProjectKind
from trading.reviews import entry_words
from trading.reviews.checklists import field, is_paper, papers_of
from trading.reviews.models import ReviewCase, ReviewItem


@contextmanager
def in_chinese() -> Iterator[None]:
    """What is stored or sent speaks Chinese, whatever the reader's language is."""
    spoken = i18n.current_language()
    i18n.use_language("zh")
    try:
        yield
    finally:
        i18n.use_language(spoken)


async def labels_of(session: AsyncSession, project: Project) -> dict[str, str]:
    """The fields and papers that an item of this project can point at, in the language of the request."""
    draft = await projects.draft_of(session, project.id)
    kind = ProjectKind(project.kind)
    fields = {field(name): words for name, words in entry_words.labels(kind).items() if name in draft.form}
    return fields | {target: _(words) for target, words in papers_of(kind).items()}


async def values_of(session: AsyncSession, project: Project) -> dict[str, str]:
    """What each field means, and what the officer said last about each paper that was asked for."""
    draft = await projects.draft_of(session, project.id)
    kind = ProjectKind(project.kind)
    values = {field(name): entry_words.value(kind, name, typed) for name, typed in draft.form.items()}
    query = (
        select(ReviewItem)
        .join(ReviewCase, ReviewCase.id == ReviewItem.case_id)
        .where(ReviewCase.project_id == project.id, ReviewItem.answer != "")
    )
    for item in await session.scalars(query.order_by(ReviewItem.answered_at, ReviewItem.id)):
        if is_paper(item.target):
            values[item.target] = item.answer
    return values
