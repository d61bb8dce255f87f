"""What is refused about articles, tasks and stock."""

from __future__ import annotations

from services.classification.domain import article, product_standard, sales_task, stock
from services.classification.domain.refusals import EntryRefused
from services.classification.domain.standard import StandardRefused
from shared.web.catalogue import describe

PRICE_OUT_OF_RANGE = describe(
    "PRICE_OUT_OF_RANGE", 422, "That is no unit price", "Unit prices are above 0, and there is one a currency at most."
)
PACK_OUT_OF_RANGE = describe(
    "PACK_OUT_OF_RANGE",
    422,
    "That is no pack",
    "A pack holds more than 0 of the article's own unit, is named once, and is not that unit itself.",
)
TASK_OUT_OF_RANGE = describe(
    "TASK_OUT_OF_RANGE", 422, "That is no sales task", "A task is an amount or a quantity, not both, and above 0."
)
TASK_PERIOD_NOT_WHOLE = describe(
    "TASK_PERIOD_NOT_WHOLE",
    422,
    "The task begins inside a period",
    "`first_on` is the first day of a month, of a calendar quarter or of a year, as `period` says.",
)
COUNT_OUT_OF_RANGE = describe(
    "COUNT_OUT_OF_RANGE", 422, "That cannot have been counted", "Quantities are 0 or more, and the day is today or earlier."
)
COUNTED_TWICE = describe(
    "COUNTED_TWICE", 422, "An article is counted twice", "A survey names each article once: add up what is there, in one unit."
)
PRODUCT_BORDERS_OUT_OF_ORDER = describe(
    "PRODUCT_BORDERS_OUT_OF_ORDER",
    422,
    "A border means nothing there",
    "Shares are fractions above 0 and at most 1; weak_below <= 1 <= strong_from; least_lift >= 1; least_buyers >= 2; followers 1 to 50; "
    "baskets 1 to 100000; basket_articles 2 to 50; count_days 0 to 13.",
)
ARTICLE_UNKNOWN = describe(
    "ARTICLE_UNKNOWN", 404, "There is no such article", "Nothing was sold of it, and nobody has described it."
)
UNIT_PRICE_UNKNOWN = describe(
    "UNIT_PRICE_UNKNOWN",
    422,
    "Amounts cannot be divided by quantities",
    "Turnover by amount needs the article's unit price in that currency: describe the article with it, or ask by quantity.",
)
MONTHS_NOT_WHOLE = describe(
    "MONTHS_NOT_WHOLE",
    422,
    "The period has no whole months",
    "Average stock is that of months: `from` is the first day of a month, `to` the last day of one, 12 months later at most.",
)

STANDARDS: dict[type[StandardRefused], str] = {product_standard.ProductBordersOutOfOrder: PRODUCT_BORDERS_OUT_OF_ORDER}
ENTRIES: dict[type[EntryRefused], str] = {
    article.PriceOutOfRange: PRICE_OUT_OF_RANGE,
    article.PackOutOfRange: PACK_OUT_OF_RANGE,
    sales_task.TaskOutOfRange: TASK_OUT_OF_RANGE,
    sales_task.PeriodNotWhole: TASK_PERIOD_NOT_WHOLE,
    stock.CountOutOfRange: COUNT_OUT_OF_RANGE,
    stock.CountedTwice: COUNTED_TWICE,
}
