"""What is entered about articles: what they are, what is to be sold of them, what of them customers have in stock."""

from __future__ import annotations

from collections.abc import Mapping

from services.classification.domain import article, sales_task, stock
from services.classification.domain.article import DescribeArticle
from services.classification.domain.sales_task import SetTask
from services.classification.domain.stock import RecordCounts
from services.classification.handlers.deps import Deps
from services.classification.handlers.entering import Entry, enter
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def describe_article(deps: Deps, command: DescribeArticle, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem as `entering.enter` does."""
    entry = Entry(
        article.stream_of(command.article),
        CLASSIFICATION_EVENTS,
        None,
        lambda events: article.decide(article.folded(events), command),
        lambda _: {"article": command.article, "from_on": command.from_on.isoformat()},
    )
    return await enter(deps, entry, key, meta)


async def set_task(deps: Deps, command: SetTask, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem as `entering.enter` does."""
    entry = Entry(
        sales_task.stream_of(command.article),
        CLASSIFICATION_EVENTS,
        None,
        lambda events: sales_task.decide(sales_task.folded(events), command),
        lambda _: {"task_id": str(command.task_id)},
    )
    return await enter(deps, entry, key, meta)


async def record_counts(deps: Deps, command: RecordCounts, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem as `entering.enter` does."""
    entry = Entry(
        stock.stream_of(command.customer_id),
        CLASSIFICATION_EVENTS,
        command.customer_id,
        lambda _: stock.decide(command),
        lambda events: {"customer_id": str(command.customer_id), "recorded": len(events)},
        status=201,
    )
    return await enter(deps, entry, key, meta)
