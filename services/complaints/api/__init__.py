"""The HTTP border: routes, bodies, examples. No SQL, no rule."""

from __future__ import annotations

from services.complaints.api import (
    cases,
    complaints,
    credit_notes,
    facts,
    prevention,
    procedure,
    recurrence,
    standards,
    standing,
    steps,
    times,
)

ROUTERS = (
    complaints.router,
    steps.router,
    procedure.router,
    credit_notes.router,
    times.router,
    standards.router,
    facts.router,
    cases.router,
    standing.router,
    recurrence.router,
    prevention.router,
)
