"""What an update tells of alerts that only the present rules have found."""

from __future__ import annotations

from datetime import date, timedelta

from services.alerts.engine.rebuild import of_open_alerts
from services.alerts.engine.step import Stepped
from shared.contracts.alerts import AlertOpened, AlertWorsened
from tests.unit.alerts.telling import folded
from tests.unit.alerts.trade import BAKER, SHOP, Trade

LIVE = date(2026, 1, 5)
DUE = date(2026, 2, 1)


def story() -> Stepped:
    trade = Trade()
    trade.went_live(LIVE)
    trade.invoiced(LIVE, "1", DUE, customer=SHOP)
    trade.invoiced(LIVE, "2", DUE, customer=BAKER)
    trade.paid(DUE + timedelta(days=40), number="2", customer=BAKER)
    return folded(trade, DUE + timedelta(days=70))


def test_an_alert_is_told_with_the_level_that_its_row_remembers() -> None:
    stepped = story()
    [spell] = [watch.open for watch in stepped.rows[SHOP].customer.watches.values() if watch.open is not None]
    found = [one for one in of_open_alerts(stepped) if one.event.alert_id == spell.alert_id]
    assert found[0].opens
    told = [one.event.finding.level for one in found if isinstance(one.event, AlertOpened | AlertWorsened)]
    assert told == ["watch", "act", "stop"]
    assert told[-1] == spell.level


def test_what_is_over_is_not_told() -> None:
    assert {one.event.customer_id for one in of_open_alerts(story())} == {SHOP}
