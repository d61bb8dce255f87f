"""Events of the service classification about articles: what they are, what is to be sold of them, what of them customers have in stock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.event import Event, registered
from shared.contracts.money import Money

TaskPeriod = Literal["MONTH", "QUARTER", "YEAR"]
CountSource = Literal["SURVEY", "CUSTOMER_REPORT", "VISIT"]
"""Who counted: our survey, the customer itself, our salesperson on a visit."""


class Pack(msgspec.Struct, frozen=True):
    """Another unit in which an article is counted, and how many of the article's own unit it holds."""

    unit: str
    holds: Decimal


@registered
class ArticleDescribed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What an article is, from a day on. `unit` is what its sales count in; `unit_prices` are what one of it is sold for, one a currency at
    most: amounts are turned into quantities by them, and by nothing else."""

    type: ClassVar[str] = "regulars.classification.article-described.v1"
    article: str
    from_on: date
    unit: str
    name: str | None = None
    unit_prices: tuple[Money, ...] = ()
    packs: tuple[Pack, ...] = ()
    decided_by: UUID | None = None


@registered
class SalesTaskSet(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be sold of an article in a period that begins on `first_on`: net sales, or a quantity in the article's unit.

    Of the customers of an area, a salesperson, both, or all; neither amount nor quantity: nothing is to be sold any more.
    """

    type: ClassVar[str] = "regulars.classification.sales-task-set.v1"
    task_id: UUID
    article: str
    period: TaskPeriod
    first_on: date
    amount: Money | None = None
    quantity: Decimal | None = None
    area_id: str | None = None
    salesperson_id: str | None = None
    decided_by: UUID | None = None


@registered
class StockCounted(Event, frozen=True, kw_only=True, omit_defaults=True):
    """How much of an article a customer has in stock at the end of a day. Of two counts of one day the later in the stream stands."""

    type: ClassVar[str] = "regulars.classification.stock-counted.v1"
    customer_id: UUID
    article: str
    counted_on: date
    quantity: Decimal
    unit: str
    source: CountSource = "SURVEY"
    counted_by: UUID | None = None


@registered
class ProductStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """How articles and what customers buy of them are judged.

    Best sellers: articles by net sales, while the cumulated share before is below `best_below`. A customer's tendency is the share of an
    article in its purchases over that in the scope's: strong from `strong_from`, weak below `weak_below`; a focus from a share of
    `focus_share` of its purchases. What goes with what is learnt from at most `baskets` customers and their `basket_articles` largest
    articles: at least `least_buyers` buy both, and who buys one buys the other `least_lift` times as often as everybody; the
    `followers` likeliest of each article count. A stock count stands for a month's border within `count_days`.
    """

    type: ClassVar[str] = "regulars.classification.product-standard-published.v1"
    version: int
    best_below: Decimal = Decimal("0.50")
    strong_from: Decimal = Decimal("1.5")
    weak_below: Decimal = Decimal("0.5")
    focus_share: Decimal = Decimal("0.10")
    least_buyers: int = 5
    least_lift: Decimal = Decimal("1.2")
    followers: int = 10
    baskets: int = 10_000
    basket_articles: int = 20
    count_days: int = 7
    decided_by: UUID | None = None
