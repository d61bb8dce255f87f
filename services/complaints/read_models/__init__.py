"""The questions that this service answers from its projections."""

from __future__ import annotations

from typing import Any

from services.complaints.read_models.cases import CASES
from services.complaints.read_models.company_promises import COMPANY_PROMISES
from services.complaints.read_models.complaints import COMPLAINTS
from services.complaints.read_models.credit_notes import CREDIT_NOTES
from services.complaints.read_models.customers import CUSTOMERS
from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.preventions import PREVENTIONS
from services.complaints.read_models.served import SERVED
from shared.projections.read_model import ReadModel
from shared.reach.areas import AREAS

READ_MODELS: tuple[ReadModel[Any], ...] = (
    COMPLAINTS,
    CUSTOMERS,
    MATTERS,
    CASES,
    PREVENTIONS,
    COMPANY_PROMISES,
    SERVED,
    AREAS,
    CREDIT_NOTES,
)
