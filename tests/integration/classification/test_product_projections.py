"""Articles, tasks and stock counts fed by the worst feed are those that the stores give, and the later statement stands."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from services.classification.domain import article, sales_task, stock
from services.classification.read_models.articles import ARTICLES, described_on
from services.classification.read_models.sales_tasks import SALES_TASKS
from services.classification.read_models.stock_counts import STOCK_COUNTS
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.products import ArticleDescribed, SalesTaskSet, StockCounted
from shared.testing.databases import Database
from tests.integration.classification.conftest import TODAY, PoolOf, days_ago
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

MODELS = (ARTICLES, SALES_TASKS, STOCK_COUNTS)


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_and_split(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    own = await pool_of(database, "classification")
    entries: list[tuple[str, UUID | None, Event]] = []
    described, counted, wanted = set(), set(), {}
    customers = [uuid4() for _ in range(5)]
    for _ in range(60):
        name, day, quantity = random.choice("ABC"), days_ago(random.randrange(3)), Decimal(random.randrange(1, 99))
        price = (Money(quantity, "CNY"),)
        entries.append(
            (article.stream_of(name), None, ArticleDescribed(article=name, from_on=day, unit="PIECE", unit_prices=price))
        )
        described.add((name, day))
        customer = random.choice(customers)
        count = StockCounted(customer_id=customer, article=name, counted_on=day, quantity=quantity, unit="PIECE")
        entries.append((stock.stream_of(customer), customer, count))
        counted.add((customer, name, day))
        task_id, amount = article.id_of(name, "task"), random.choice((None, quantity))
        first_on = TODAY.replace(day=1)
        task = SalesTaskSet(task_id=task_id, article=name, period="MONTH", first_on=first_on, quantity=amount)
        entries.append((sales_task.stream_of(name), None, task))
        wanted[task_id] = amount
    for entry in entries:
        await record(own, "classification", [entry])
    stores = {"classification": own}
    await follow_to_the_end(own, "classification", stores, MODELS, seed)
    tasks = sum(1 for amount in wanted.values() if amount is not None)
    assert await assert_as_the_stores_say(own, "classification", stores, MODELS) == len(described) + len(counted) + tasks
    last = {one.article: one.unit_prices for _, _, one in entries if isinstance(one, ArticleDescribed) and one.from_on == TODAY}
    async with own.acquire() as c:
        known = {one.article: one.unit_prices for one in await described_on(c, "classification", TODAY) if one.from_on == TODAY}
    assert known == last
    assert last
