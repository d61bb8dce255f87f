"""The HTTP border: routes, bodies, examples. No SQL, no rule."""

from __future__ import annotations

from services.complaints.api import complaints, steps

ROUTERS = (complaints.router, steps.router)
