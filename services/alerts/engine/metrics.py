"""What operators see of the engine. An alarm on JUDGED_THROUGH tells a standing watermark from a quiet day."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

JUDGED_THROUGH = Gauge(
    "regulars_alerts_judged_through_seconds",
    "Unix time through which every part of this process has been judged; older than a minute: find out why",
)
TAKEN = Counter("regulars_alerts_items_total", "Items taken by the engine")
SAID = Counter("regulars_alerts_said_total", "Events of alerts made by the engine", ["event"])
PARKED = Counter("regulars_alerts_parked_total", "Customers parked by the engine")
