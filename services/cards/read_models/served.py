"""Whom may a caller know of? Who serves a customer stands in the list of customers; merged cards go with the one that leads."""

from __future__ import annotations

from services.cards.read_models import READ_MODELS
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.saved_lists import SAVED_LISTS
from shared.projections.narrowing import THOSE_LED, Served
from shared.reach.areas import AREAS

SERVED = Served(
    schema="cards",
    model=CUSTOMERS,
    models=READ_MODELS,
    of_nobody=frozenset({AREAS.name, SAVED_LISTS.name}),
    those=THOSE_LED,
)
