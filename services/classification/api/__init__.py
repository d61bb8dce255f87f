"""The HTTP border: routes, bodies, examples. No SQL, no rule."""

from __future__ import annotations

from services.classification.api import (
    composition,
    credit_grades,
    expectations,
    loyalty,
    man,
    mark_standards,
    marks,
    prospects,
    reviews,
    rfm,
    runs,
    samples,
    standards,
    surveys,
    trade_performance,
    value_classes,
)

ROUTERS = (
    runs.router,
    value_classes.router,
    standards.router,
    rfm.router,
    expectations.router,
    credit_grades.router,
    man.router,
    prospects.router,
    reviews.router,
    samples.router,
    mark_standards.router,
    marks.router,
    composition.router,
    trade_performance.router,
    loyalty.router,
    surveys.router,
)
