"""Bodies of trying out a rule, with one example each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.alerts.api.bodies import example
from services.alerts.api.rule_bodies import Parameters, ScopeBody, scope_of
from services.alerts.domain.hindsight import FAILED_AFTER_DAYS, LOST_AFTER_DAYS
from services.alerts.engine.past import Known
from services.alerts.handlers.backtests import Draft
from shared.web.fields import Body, BusinessDay


class BacktestBody(Body):
    """`parameters` and `scope` are those of a draft; without them the rule is run as it is. Without days: the last year that the log knows.

    `known`: HISTORY_ON_ITS_DAY takes what was loaded before going live as known on its own business day, AS_RECORDED takes
    everything as known from its recording on. A customer is lost after `lost_after_days` without a purchase (or four times its
    own rhythm), a debt has failed when it is overdue for `failed_after_days`.
    """

    rule_id: Annotated[str, Field(max_length=100)]
    parameters: Parameters | None = None
    scope: ScopeBody | None = None
    first: Annotated[BusinessDay | None, Field(alias="from")] = None
    until: BusinessDay | None = None
    known: Known = "HISTORY_ON_ITS_DAY"
    lost_after_days: Annotated[int, Field(ge=30, le=730)] = LOST_AFTER_DAYS
    failed_after_days: Annotated[int, Field(ge=1, le=730)] = FAILED_AFTER_DAYS


def draft_of(body: BacktestBody) -> Draft | None:
    if body.parameters is None and body.scope is None:
        return None
    return Draft(body.parameters or {}, scope_of(body.scope))


BACKTEST = example(
    {"rule_id": "silent_beyond_own_rhythm", "parameters": {"watch": "0.7"}, "from": "2025-01-01", "until": "2025-12-31"}
)
