"""Whom may a caller know of? The customers by who serves them now."""

from __future__ import annotations

from services.complaints.read_models import READ_MODELS
from services.complaints.read_models.preventions import PREVENTIONS
from services.complaints.read_models.served import SERVED
from shared.projections.narrowing import THOSE_LED, Served
from shared.reach.areas import AREAS

WHOSE = Served(
    schema="complaints",
    model=SERVED,
    models=READ_MODELS,
    of_nobody=frozenset({PREVENTIONS.name, AREAS.name}),
    those=THOSE_LED,
)
