"""What is sent about articles, tasks and stock, and one example of each."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.classification.api.bodies import example
from services.classification.domain.article import DescribeArticle
from services.classification.domain.sales_task import SetTask
from services.classification.domain.stock import Counted, RecordCounts
from shared.contracts.products import CountSource, Pack, ProductStandardPublished, TaskPeriod
from shared.web.fields import Body, BusinessDay, Code, DecimalString, MoneyIn, Name, Reference, Whole

_BUILT_IN = ProductStandardPublished(version=0)
MOST_COUNTS = 500


class PackIn(Body):
    """Another unit in which the article is counted, and how many of its own unit it holds."""

    unit: Code
    holds: Annotated[DecimalString, Field(examples=["12"])]

    @property
    def pack(self) -> Pack:
        return Pack(self.unit, self.holds)


class ArticleBody(Body):
    """What the article is from `from_on` on. `unit` is what its sales count in; `unit_prices`, one a currency, turn amounts into quantities."""

    article: Reference
    from_on: BusinessDay
    unit: Annotated[Code, Field(examples=["PIECE"])]
    name: Name | None = None
    unit_prices: Annotated[tuple[MoneyIn, ...], Field(max_length=20)] = ()
    packs: Annotated[tuple[PackIn, ...], Field(max_length=20)] = ()

    def command(self, decided_by: UUID) -> DescribeArticle:
        prices, packs = [one.money for one in self.unit_prices], [one.pack for one in self.packs]
        return DescribeArticle(self.article, self.from_on, self.unit, self.name, prices, packs, decided_by)


class TaskBody(Body):
    """What is to be sold of the article in the month, quarter or year that begins on `first_on`: an amount, or a quantity in its unit.

    By the customers of an area, of a salesperson, of both, or by all. Neither amount nor quantity: nothing is to be sold any more.
    """

    article: Reference
    period: TaskPeriod
    first_on: BusinessDay
    amount: MoneyIn | None = None
    quantity: DecimalString | None = None
    area_id: Reference | None = None
    salesperson_id: Reference | None = None

    def command(self, decided_by: UUID) -> SetTask:
        amount = None if self.amount is None else self.amount.money
        return SetTask(
            self.article, self.period, self.first_on, amount, self.quantity, self.area_id, self.salesperson_id, decided_by
        )


class CountIn(Body):
    """How much of an article there was at the end of the day, in the article's unit or in one of its packs."""

    article: Reference
    quantity: DecimalString
    unit: Code


class CountsBody(Body):
    """What one survey found."""

    counted_on: BusinessDay
    source: CountSource = "SURVEY"
    counts: Annotated[tuple[CountIn, ...], Field(min_length=1, max_length=MOST_COUNTS)]

    def command(self, customer_id: UUID, counted_by: UUID, today: date) -> RecordCounts:
        counts = [Counted(one.article, one.quantity, one.unit) for one in self.counts]
        return RecordCounts(customer_id, self.counted_on, self.source, counts, counted_by, today)


class ProductStandardBody(Body):
    """Best sellers while the cumulated share before is below `best_below`; tendency strong from `strong_from`, weak below `weak_below`; a
    focus from `focus_share` of a customer's purchases. Articles go together where `least_buyers` buy both and `least_lift` is reached, the
    `followers` likeliest of each, learnt from at most `baskets` customers and their `basket_articles` largest articles. A stock count
    stands for a month's border within `count_days`."""

    best_below: DecimalString = _BUILT_IN.best_below
    strong_from: DecimalString = _BUILT_IN.strong_from
    weak_below: DecimalString = _BUILT_IN.weak_below
    focus_share: DecimalString = _BUILT_IN.focus_share
    least_buyers: Whole = _BUILT_IN.least_buyers
    least_lift: DecimalString = _BUILT_IN.least_lift
    followers: Whole = _BUILT_IN.followers
    baskets: Whole = _BUILT_IN.baskets
    basket_articles: Whole = _BUILT_IN.basket_articles
    count_days: Whole = _BUILT_IN.count_days

    def standard(self, decided_by: UUID) -> ProductStandardPublished:
        """As it is to be published, without its number."""
        return ProductStandardPublished(version=0, decided_by=decided_by, **self.model_dump())


ARTICLE = example(
    {
        "article": "A-17",
        "from_on": "2026-01-01",
        "unit": "PIECE",
        "name": "Cordless drill",
        "unit_prices": [{"amount": "250.00", "currency": "CNY"}],
        "packs": [{"unit": "BOX", "holds": "12"}],
    }
)
TASK = example(
    {"article": "A-17", "period": "QUARTER", "first_on": "2026-04-01", "amount": {"amount": "500000.00", "currency": "CNY"}}
)
COUNTS = example({"counted_on": "2026-03-31", "counts": [{"article": "A-17", "quantity": "40", "unit": "BOX"}]})
PRODUCT_STANDARD = example({"best_below": "0.40", "least_buyers": 10})
