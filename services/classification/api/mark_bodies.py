"""What is sent about marks, the company's own grades, portfolios and care, and one example of each."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.classification.api.bodies import example
from services.classification.domain.customer_grade import MOST_CONDITIONS, MOST_GRADES, NUMBERS, WORDS
from services.classification.domain.mark_standards import MARKS, PORTFOLIO
from shared.contracts.customer_grades import (
    Carer,
    CustomerGradeStandardPublished,
    GradeCondition,
    GradeRule,
    MarkStandardPublished,
    PortfolioStandardPublished,
    ServiceLevel,
    ServiceLevelsPublished,
)
from shared.web.fields import Body, BusinessDay, Code, Currency, DecimalString, Flag, Whole


class MarkStandardBody(Body):
    """MAIN: trade began `main_days` ago or earlier and net sales of the last `period_days` are `main_times` the average of all buyers;
    SCATTERED: bought on fewer than `scattered_days` days; else ORDINARY. NEW: first sale within `new_days`; TRADING: a sale within
    `trading_days`."""

    period_days: Whole = MARKS.period_days
    main_days: Whole = MARKS.main_days
    main_times: DecimalString = MARKS.main_times
    scattered_days: Whole = MARKS.scattered_days
    new_days: Whole = MARKS.new_days
    trading_days: Whole = MARKS.trading_days

    def standard(self, decided_by: UUID) -> MarkStandardPublished:
        """As it is to be published, without its number; so in the other bodies."""
        return MarkStandardPublished(version=0, decided_by=decided_by, **self.model_dump())


class PortfolioStandardBody(Body):
    """Concentrated: Gini of net sales at most `alike_gini`. Individual: at least `apart_gini`. Differentiated: a segment with at least
    `segment_share` of the net sales and `segment_times` its share of the customers."""

    alike_gini: DecimalString = PORTFOLIO.alike_gini
    apart_gini: DecimalString = PORTFOLIO.apart_gini
    segment_share: DecimalString = PORTFOLIO.segment_share
    segment_times: DecimalString = PORTFOLIO.segment_times

    def standard(self, decided_by: UUID) -> PortfolioStandardPublished:
        return PortfolioStandardPublished(version=0, decided_by=decided_by, **self.model_dump())


class LevelBody(Body):
    """A visit at least every `visit_days`, in touch at least every `contact_days`, by `carer`."""

    value_class: Literal["A", "B", "C"]
    visit_days: Whole
    contact_days: Whole
    carer: Carer = "SALESPERSON"


class ServiceLevelsBody(Body):
    """A class that is not named gets no care of its own."""

    levels: Annotated[tuple[LevelBody, ...], Field(min_length=1, max_length=3)]

    def standard(self, decided_by: UUID) -> ServiceLevelsPublished:
        levels = tuple(ServiceLevel(**level.model_dump()) for level in self.levels)
        return ServiceLevelsPublished(version=0, levels=levels, decided_by=decided_by)


Figure = Annotated[str, Field(max_length=40, examples=["net"], description=f"One of {', '.join((*NUMBERS, *WORDS))}")]


class ConditionBody(Body):
    """A number within `at_least` and `at_most`, or a word of `one_of`; what is not known meets it only with `or_unknown`."""

    figure: Figure
    at_least: DecimalString | None = None
    at_most: DecimalString | None = None
    one_of: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    or_unknown: Flag = False


class GradeBody(Body):
    """A grade, its conditions, and codes of the company's own for how goods, sales and collection are managed."""

    grade: Code
    conditions: Annotated[tuple[ConditionBody, ...], Field(max_length=MOST_CONDITIONS)] = ()
    goods: Code | None = None
    sales: Code | None = None
    collection: Code | None = None

    def rule(self) -> GradeRule:
        fields = self.model_dump(exclude={"conditions"})
        return GradeRule(conditions=tuple(GradeCondition(**one.model_dump()) for one in self.conditions), **fields)


class CustomerGradeStandardBody(Body):
    """Grades from the best to the last; the first whose conditions are all met is the customer's."""

    grades: Annotated[tuple[GradeBody, ...], Field(min_length=1, max_length=MOST_GRADES)]
    period_days: Whole = 365
    currency: Currency | None = None

    def standard(self, decided_by: UUID) -> CustomerGradeStandardPublished:
        return CustomerGradeStandardPublished(
            version=0,
            grades=tuple(one.rule() for one in self.grades),
            period_days=self.period_days,
            currency=self.currency,
            decided_by=decided_by,
        )


class CustomerGradeRunBody(Body):
    """Grades are as of the end of `graded_on`, yesterday when left out."""

    graded_on: BusinessDay | None = None


MARK_STANDARD = example({"main_times": "2.5", "scattered_days": 2, "new_days": 90})
PORTFOLIO_STANDARD = example({"apart_gini": "0.70"})
SERVICE_LEVELS = example({"levels": [{"value_class": "A", "visit_days": 7, "contact_days": 3, "carer": "SUPERIOR"}]})
CUSTOMER_GRADE_STANDARD = example(
    {
        "grades": [
            {
                "grade": "GOLD",
                "conditions": [
                    {"figure": "net", "at_least": "100000.00"},
                    {"figure": "credit_grade", "one_of": ["GROW", "HOLD"], "or_unknown": True},
                ],
                "collection": "BY_TERMS",
            },
            {"grade": "NORMAL"},
        ],
        "period_days": 365,
        "currency": "CNY",
    }
)
CUSTOMER_GRADE_RUN = example({"graded_on": "2026-03-31"})
