"""Answers of the service alerts; watched customers are a table that the engine writes itself."""

from __future__ import annotations

from typing import Any

from services.alerts.read_models.alerts import ALERTS
from services.alerts.read_models.common_marks import COMMON_MARKS
from services.alerts.read_models.company_alerts import COMPANY_ALERTS
from services.alerts.read_models.customers import CUSTOMERS
from services.alerts.read_models.mutes import MUTES
from services.alerts.read_models.usefulness import USEFULNESS
from shared.projections.read_model import ReadModel
from shared.reach.areas import AREAS

READ_MODELS: tuple[ReadModel[Any], ...] = (ALERTS, CUSTOMERS, AREAS, MUTES, USEFULNESS, COMMON_MARKS, COMPANY_ALERTS)
