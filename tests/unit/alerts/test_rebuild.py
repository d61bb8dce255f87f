"""What is said of alerts that older rows knew as open, when the customers are folded anew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.alerts.engine.rebuild import of_older_alerts
from services.alerts.engine.step import Stepped
from services.alerts.read_models.watched_customers import BEGINNING, Place
from shared.contracts.alerts import AlertRecovered, AlertWorsened
from tests.unit.alerts.telling import ZONE, folded
from tests.unit.alerts.trade import Trade, noon

LIVE = date(2025, 1, 1)
DUE = date(2025, 3, 31)
TODAY = DUE + timedelta(days=20)
PLACE = Place("a", 0, 1, {}, BEGINNING, noon(TODAY), folded(Trade(), TODAY).control)


def owing(**changed: str) -> Stepped:
    """A debt twenty days old: watched by default."""
    trade = Trade()
    trade.went_live(LIVE)
    trade.invoiced(date(2025, 3, 1), "n1", DUE)
    if changed:
        trade.published(date(2025, 3, 2), "overdue_debt", 2, **changed)
    return folded(trade, TODAY)


def said(before: Stepped, after: Stepped) -> list[tuple[type, str | None]]:
    older = {customer_id: row.customer.watches for customer_id, row in before.rows.items()}
    found = of_older_alerts(older, after, PLACE, ZONE)
    assert len({one.event_id for one in found}) == len(found) and not any(one.opens for one in found)
    return [(type(one.event), getattr(getattr(one.event, "finding", None), "level", None)) for one in found]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"watch_days": "15"}, []),
        ({"watch_days": "21"}, [(AlertRecovered, None)]),
        ({"act_days": "20"}, [(AlertWorsened, "act")]),
        ({"act_days": "10", "stop_days": "15"}, [(AlertWorsened, "stop")]),
    ],
)
def test_an_older_alert_ends_worsens_or_stands(changed: dict[str, str], expected: list[tuple[type, str | None]]) -> None:
    assert said(owing(), owing(**changed)) == expected


def test_of_a_customer_whom_the_fold_left_out_nothing_is_said() -> None:
    after = owing(watch_days="21")
    assert said(owing(), Stepped({}, after.control, after.sayings, {})) == []
