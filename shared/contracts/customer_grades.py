"""Events of the service classification about marks and the company's own grade of a customer (S4.6, S4.25), and the standards behind them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.alerts import Reason
from shared.contracts.event import Event, registered

PositionClass = Literal["MAIN", "ORDINARY", "SCATTERED"]
TradeProcess = Literal["HAS_TRADED", "TRADING", "ABOUT_TO_TRADE"]
TimeSeries = Literal["OLD", "NEW", "FUTURE"]
Carer = Literal["SALESPERSON", "SUPERIOR", "OFFICE"]


@registered
class MarkStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The standard of the marks that follow from trade. Days count back from the day that is asked for, `period_days` long.

    MAIN: trade began `main_days` ago or earlier, and net sales of the period are `main_times` the average of all who bought. Else
    SCATTERED: bought on fewer than `scattered_days` days of the period; else ORDINARY. NEW: the first sale was within `new_days`.
    TRADING: a sale within `trading_days`, and trade was not declared to be over.
    """

    type: ClassVar[str] = "regulars.classification.mark-standard-published.v1"
    version: int
    period_days: int = 365
    main_days: int = 365
    main_times: Decimal = Decimal(3)
    scattered_days: int = 3
    new_days: int = 180
    trading_days: int = 365
    decided_by: UUID | None = None


class GradeCondition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One condition over one known figure: a number within `at_least` and `at_most`, or a word that is one of `one_of`.

    A figure that is not known meets it only if `or_unknown`.
    """

    figure: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    one_of: tuple[str, ...] = ()
    or_unknown: bool = False


class GradeRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A grade and what it takes: every condition. The three treatments are codes of the company's own."""

    grade: str
    conditions: tuple[GradeCondition, ...] = ()
    goods: str | None = None
    sales: str | None = None
    collection: str | None = None


@registered
class CustomerGradeStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The company's own standard of customer grades: rules from the best grade to the last, the first that fits decides.

    Figures of trade are those of the `period_days` through the day graded, in `currency`, or in the one with the most sales then.
    """

    type: ClassVar[str] = "regulars.classification.customer-grade-standard-published.v1"
    version: int
    grades: tuple[GradeRule, ...]
    period_days: int = 365
    currency: str | None = None
    decided_by: UUID | None = None


@registered
class CustomerGraded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The company's own grade of a customer has changed, as of the end of the day `graded_on`. None: no rule fits any more.

    `reasons` are the conditions that were met, and those of the next better grade that were not.
    """

    type: ClassVar[str] = "regulars.classification.customer-graded.v1"
    customer_id: UUID
    run_id: UUID
    standard_version: int
    graded_on: date
    grade: str | None = None
    previous: str | None = None
    reasons: tuple[Reason, ...] = ()


@registered
class PortfolioStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """When each of the three strategies of a portfolio rests on its condition.

    Concentrated (all alike): the Gini coefficient of net sales is at most `alike_gini`. Individual: it is at least `apart_gini`.
    Differentiated: a segment brings at least `segment_share` of the net sales and `segment_times` what its number of customers would.
    """

    type: ClassVar[str] = "regulars.classification.portfolio-standard-published.v1"
    version: int
    alike_gini: Decimal = Decimal("0.20")
    apart_gini: Decimal = Decimal("0.60")
    segment_share: Decimal = Decimal("0.25")
    segment_times: Decimal = Decimal("1.50")
    decided_by: UUID | None = None


class ServiceLevel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a customer of a class is looked after: `carer` visits at least every `visit_days` and is in touch every `contact_days`."""

    value_class: Literal["A", "B", "C"]
    visit_days: int
    contact_days: int
    carer: Carer = "SALESPERSON"


@registered
class ServiceLevelsPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What care each value class gets: A held firmly, B looked after (S0.27)."""

    type: ClassVar[str] = "regulars.classification.service-levels-published.v1"
    version: int
    levels: tuple[ServiceLevel, ...]
    decided_by: UUID | None = None
