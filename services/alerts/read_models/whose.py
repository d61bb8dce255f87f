"""Whom may a caller know of? The customers by who serves them now."""

from __future__ import annotations

from services.alerts.read_models import READ_MODELS
from services.alerts.read_models.company_alerts import COMPANY_ALERTS
from services.alerts.read_models.customers import CUSTOMERS
from services.alerts.read_models.mutes import MUTES
from services.alerts.read_models.usefulness import USEFULNESS
from shared.projections.narrowing import THOSE_LED, Served
from shared.reach.areas import AREAS

WHOSE = Served(
    schema="alerts",
    model=CUSTOMERS,
    models=READ_MODELS,
    # Mutes and alerts about the company may name customers: no question of a caller with limited rows reads them.
    of_nobody=frozenset(one.name for one in (AREAS, MUTES, USEFULNESS, COMPANY_ALERTS)),
    those=THOSE_LED,
)
