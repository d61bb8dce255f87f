"""When the population is learnt anew: each border from both sides."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.alerts.domain.population_fit import Fitted
from services.alerts.domain.refitting import due, latest, refit_id, refitted
from services.alerts.domain.silence_score import Population, population_from
from shared.contracts.alerts import PopulationRefitted

FITTED_AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def refit(gaps: int | None = 1000, at: datetime | None = FITTED_AT, version: int = 1) -> PopulationRefitted:
    return PopulationRefitted(name="silence", version=version, parameters={}, customers=400, gaps=gaps, fitted_instant=at)


@pytest.mark.parametrize(("customers", "expected"), [(199, False), (200, True)])
def test_the_first_is_learnt_from_200_customers(customers: int, expected: bool) -> None:
    assert due(None, customers, 0, FITTED_AT) is expected


@pytest.mark.parametrize(
    ("gaps", "after", "expected"),
    [
        (1001, 7 * DAY - SECOND, False),
        (1001, 7 * DAY, True),
        (1000, 70 * DAY, False),
        (1049, 2 * DAY, False),
        (1050, 2 * DAY, True),
        (1050, DAY, True),
        (9000, DAY - SECOND, False),
    ],
)
def test_the_next_after_a_week_or_a_day_after_a_twentieth_more_gaps(gaps: int, after: timedelta, expected: bool) -> None:
    assert due(refit(), 400, gaps, FITTED_AT + after) is expected


def test_one_that_does_not_say_when_or_from_what_it_was_learnt_is_replaced() -> None:
    assert due(refit(gaps=None), 400, 1000, FITTED_AT)
    assert due(refit(at=None), 400, 1000, FITTED_AT)


def test_versions_count_up_and_parameters_are_those_learnt() -> None:
    learnt = Fitted(Population(r=1.5), -10.0, -10.0, 300)
    first = refitted(None, learnt, 1234, FITTED_AT, date(2026, 3, 1))
    second = refitted(first, learnt, 1300, FITTED_AT + 7 * DAY, date(2026, 3, 8))
    assert (first.version, second.version) == (1, 2)
    assert population_from(first.parameters) == learnt.population
    assert (first.customers, first.gaps, first.learnt_through, first.fitted_instant) == (300, 1234, date(2026, 3, 1), FITTED_AT)
    assert latest([first, second]) == second
    assert refit_id("silence", 1) != refit_id("silence", 2)


def test_what_no_score_can_be_made_of_is_not_published() -> None:
    with pytest.raises(ValueError, match="positive"):
        refitted(None, Fitted(Population(r=float("inf")), 0.0, 0.0, 300), 1, FITTED_AT, date(2026, 3, 1))
