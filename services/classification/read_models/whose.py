"""Whom may a caller know of? The customers by who serves them now."""

from __future__ import annotations

from services.classification.read_models import READ_MODELS
from services.classification.read_models.articles import ARTICLES
from services.classification.read_models.posts import POSTS
from services.classification.read_models.sales_tasks import SALES_TASKS
from services.classification.read_models.samples import SAMPLES
from services.classification.read_models.served import SERVED
from shared.projections.narrowing import THOSE_LED, Served
from shared.reach.areas import AREAS

WHOSE = Served(
    schema="classification",
    model=SERVED,
    models=READ_MODELS,
    # A row of samples holds the cards of one salesperson: who reads one shows those of its caller.
    of_nobody=frozenset(one.name for one in (ARTICLES, SALES_TASKS, POSTS, SAMPLES, AREAS)),
    those=THOSE_LED,
)
