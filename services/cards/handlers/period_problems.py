"""Problems with the period that a question asks for."""

from __future__ import annotations

from datetime import date

from services.cards.domain.period import Period, PeriodNotKept, PeriodRefused, PeriodReversed, period_of
from shared.web.catalogue import describe
from shared.web.problem import Problem

PERIOD_REVERSED = describe("PERIOD_REVERSED", 422, "The period ends before it begins", "`from` is not later than `to`.")
PERIOD_NOT_KEPT = describe(
    "PERIOD_NOT_KEPT",
    422,
    "The period is not kept in this detail",
    "Single days are kept for 62 days. Before that, ask for whole months (of the last 25) or for whole calendar years.",
)

_CODES: dict[type[PeriodRefused], str] = {PeriodReversed: PERIOD_REVERSED, PeriodNotKept: PERIOD_NOT_KEPT}


def asked_for(first: date, last: date, today: date) -> Period:
    """The period as it can be answered. Raises Problem."""
    try:
        return period_of(first, last, today)
    except PeriodRefused as refusal:
        raise Problem(_CODES[type(refusal)]) from None
