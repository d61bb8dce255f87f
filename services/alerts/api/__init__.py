"""The HTTP border: routes, bodies, examples. No SQL, no rule."""

from __future__ import annotations

from services.alerts.api import (
    alerts,
    backtests,
    company_alerts,
    company_rules,
    installation,
    measures,
    mutes,
    populations,
    procedure,
    rules,
    stream,
    usefulness,
    webhooks,
    why,
)

# The stream comes first: its address would otherwise be taken for an alert's.
ROUTERS = (
    stream.router,
    alerts.router,
    company_alerts.router,
    company_rules.router,
    measures.router,
    mutes.router,
    procedure.router,
    installation.router,
    rules.router,
    why.router,
    usefulness.router,
    populations.router,
    backtests.router,
    webhooks.router,
)
