"""The questions that this service answers from its projections."""

from __future__ import annotations

from typing import Any

from services.complaints.read_models.complaints import COMPLAINTS
from services.complaints.read_models.customers import CUSTOMERS
from shared.projections.read_model import ReadModel

READ_MODELS: tuple[ReadModel[Any], ...] = (COMPLAINTS, CUSTOMERS)
