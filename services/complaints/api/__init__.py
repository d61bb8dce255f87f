"""The HTTP border: routes, bodies, examples. No SQL, no rule."""

from __future__ import annotations

from services.complaints.api import cases, complaints, facts, prevention, recurrence, standing, steps

ROUTERS = (
    complaints.router,
    steps.router,
    facts.router,
    cases.router,
    standing.router,
    recurrence.router,
    prevention.router,
)
