"""Which customer is behind what the service's paths name."""

from __future__ import annotations

from services.alerts.handlers.problems import ALERT_UNKNOWN
from services.alerts.read_models.whose import WHOSE
from shared.web.reach import Behind, Reach

REACH = Reach(
    served=WHOSE,
    # Alerts about the company have ids of their own, behind which there is no customer.
    objects={"alert_id": Behind(ALERT_UNKNOWN, "alert-")},
    of_nobody=frozenset({"area_id", "backtest_id", "event_id", "measure_id", "mute_id", "name", "rule_id", "webhook_id"}),
)
