"""The HTTP border: routes, bodies, examples. No SQL, no rule."""

from __future__ import annotations

from services.classification.api import (
    articles,
    composition,
    credit_grades,
    expectations,
    loyalty,
    man,
    mark_standards,
    marks,
    product_mix,
    products,
    prospects,
    reviews,
    rfm,
    runs,
    samples,
    standards,
    stock,
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
    articles.router,
    products.router,
    product_mix.router,
    stock.router,
)
