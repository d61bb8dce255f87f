"""Which periods an analysis can be asked for."""

from __future__ import annotations

import inspect
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.classification.api import ROUTERS
from services.classification.api.analysis_query import LONGEST_DAYS, heading, question
from services.classification.read_models.scoping import Question
from services.classification.read_models.served import Scope
from shared.web.problem import Problem
from shared.web.scope import analysis, declared_patience

TODAY = date(2026, 6, 30)
DEPS: Any = SimpleNamespace(today=lambda: TODAY)


async def test_a_year_until_today_or_until_the_day_asked_for() -> None:
    assert await question(DEPS) == Question(date(2025, 7, 1), TODAY, None, Scope())
    for named in ({"to": date(2026, 1, 31)}, {"as_of": date(2026, 1, 31)}):
        assert (await question(DEPS, **named)).last == date(2026, 1, 31)
    asked = await question(DEPS, begins=TODAY, currency="CNY", area_id="east", salesperson_id="li")
    assert asked == Question(TODAY, TODAY, "CNY", Scope("east", "li"))
    assert heading(asked, []) == {
        "from": TODAY, "to": TODAY, "currency": "CNY", "area_id": "east", "salesperson_id": "li", "from_what": []
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"to": TODAY + timedelta(days=1)}, "AS_OF_IN_FUTURE"),
        ({"begins": TODAY + timedelta(days=1)}, "ANALYSIS_PERIOD"),
        ({"begins": TODAY - timedelta(days=LONGEST_DAYS)}, "ANALYSIS_PERIOD"),
        ({"to": TODAY, "as_of": TODAY - timedelta(days=1)}, "ANALYSIS_PERIOD"),
    ],
)
async def test_periods_that_are_refused(asked: dict[str, date], code: str) -> None:
    with pytest.raises(Problem) as refused:
        await question(DEPS, **asked)
    assert refused.value.code == code


async def test_the_longest_period_is_allowed() -> None:
    assert (await question(DEPS, begins=TODAY - timedelta(days=LONGEST_DAYS - 1))).last == TODAY


def test_a_route_that_asks_everybodys_figures_has_the_time_for_it() -> None:
    routes: list[Any] = [route for router in ROUTERS for route in router.routes]
    asking = [route for route in routes if "deps.analyses" in inspect.getsource(route.endpoint)]
    assert len(asking) > 5
    assert [route.path for route in asking if not any(one == analysis for one in route.dependencies)] == []
    assert declared_patience([analysis]) > declared_patience([])
