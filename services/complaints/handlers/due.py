"""What is due next with the complaints that go on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.standards import standards_in_force
from services.complaints.read_models.areas import parents, within
from services.complaints.read_models.next_steps import NextStep, Waiting, page, waiting
from shared.postgres.pool import Connection


class Due(NamedTuple):
    """`at`: the moment with which what is due was compared."""

    steps: Sequence[NextStep]
    waiting: Waiting
    procedure_version: int
    at: datetime


async def due_next(deps: Deps, area_id: str | None, after: tuple[datetime, UUID] | None, limit: int) -> Due:
    """The next step of each open complaint of an area and those within it, or of the company; what is overdue longest first. A
    complaint on hold, or of which nothing is due, is not in it."""
    async with deps.pool.acquire() as c:
        areas = await areas_within(c, area_id)
        steps = await page(c, SCHEMA, areas, after, limit)
        version = (await standards_in_force(c)).procedure.version
        return Due(steps, await waiting(c, SCHEMA, areas), version, deps.now())


async def areas_within(c: Connection, area_id: str | None) -> Collection[str] | None:
    """An area and those within it; None for all."""
    return None if area_id is None else within(await parents(c, SCHEMA), area_id)
