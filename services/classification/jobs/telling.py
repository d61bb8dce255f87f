"""What all runs over everybody do: wait until everything is folded, and append what they have decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.read_models import run_changes
from services.classification.read_models.run_changes import Change, RunName, event_in
from shared.contracts.cursor import START, part_of
from shared.contracts.event import Event
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.feed.scan import read_watermark
from shared.postgres.pool import Pool
from shared.projections.reached import last_of_parts, reached
from shared.projections.read_model import ReadModel

TOLD_AT_ONCE = 500


class RunContested(Exception):
    """Another process carries out the run as well: this one has lost its leadership and must end."""


@dataclass(frozen=True, slots=True)
class RunJob:
    """`stores` reads what the services publish, by service."""

    deps: Deps
    stores: Mapping[str, Pool]


@dataclass(frozen=True, slots=True)
class Told:
    """What runs of a kind tell: events in the streams `<stream>-<customer>`."""

    name: RunName
    stream: str
    event: type[Event]


async def folded(job: RunJob, models: Sequence[ReadModel[Any]], wanted: datetime) -> bool:
    """Whether everything that was recorded before a moment has been folded into these read models."""
    deps = job.deps
    for model in models:
        for topic, types in model.topics.items():
            service = topic.split(".")[1]
            async with job.stores[service].acquire() as c:
                watermark = await read_watermark(c, service)
                if watermark is None or watermark.t < wanted:
                    return False
                last = await last_of_parts(c, service, types, deps.parts, watermark.cursor)
            async with deps.pool.acquire() as c:
                there = await reached(c, SCHEMA, model.name, topic)
            if any(there.get(part, START) < cursor for part, cursor in last.items()):
                return False
    return True


async def tell(deps: Deps, told: Told, run_id: UUID) -> None:
    """Append the changes, some hundred at a time, each time noting what was appended in the same transaction."""
    after: UUID | None = None
    while True:
        async with deps.pool.acquire() as c:
            changes = await run_changes.to_tell(c, SCHEMA, told.name, run_id, after, TOLD_AT_ONCE)
        if not changes:
            return
        # What is told already lies before it, and is not passed over again each time.
        after = changes[-1].customer_id
        async with deps.pool.acquire() as c, c.transaction():
            done = await append_many(c, SCHEMA, [_append(deps, told, run_id, change) for change in changes])
            if done.outcome != "appended":
                raise RunContested(str(run_id))
            await run_changes.told(c, SCHEMA, told.name, run_id, [change.customer_id for change in changes])


def _append(deps: Deps, told: Told, run_id: UUID, change: Change) -> Append:
    customer_id = change.customer_id
    new = NewEvent(uuid5(run_id, str(customer_id)), event_in(change.body, told.event), deps.now())
    return Append(
        f"{told.stream}-{customer_id}", change.version or "new", customer_id, part_of(str(customer_id), deps.parts), [new]
    )
