"""Setting a dealer's distribution target, and planning the sales of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.classification.domain import distribution, sales_plan
from services.classification.domain.distribution import SetTarget, Targets
from services.classification.domain.sales_plan import Plans, PlanSales
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.entering import Entry, enter
from shared.contracts.event import Event
from shared.contracts.topics import CLASSIFICATION_CONTROL, CLASSIFICATION_EVENTS
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def set_target(deps: Deps, command: SetTarget, expected: int | None, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem as `entering.enter` does."""

    def decide(events: Sequence[Event]) -> Sequence[Event]:
        return distribution.decide(distribution.folded(events), command)

    stream = distribution.stream_of(command.customer_id)
    answer = {"customer_id": str(command.customer_id)}
    return await enter(
        deps, Entry(stream, CLASSIFICATION_EVENTS, command.customer_id, decide, lambda _: answer), key, meta, expected
    )


async def plan_sales(deps: Deps, command: PlanSales, expected: int | None, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem as `entering.enter` does."""

    def decide(events: Sequence[Event]) -> Sequence[Event]:
        return sales_plan.decide(sales_plan.folded(events), command)

    answer = {
        "year": command.year,
        "currency": command.currency,
        "area_id": command.area_id,
        "method": command.method,
        "months": [str(one) for one in command.months],
        "net": str(sum(command.months)),
    }
    stream = sales_plan.stream_of(command.year)
    return await enter(deps, Entry(stream, CLASSIFICATION_CONTROL, None, decide, lambda _: answer), key, meta, expected)


async def targets_of(c: Connection, customer_id: UUID) -> tuple[Targets, int]:
    """All targets that were set for a dealer, and the version of its stream, 0 when none was."""
    loaded = await load(c, SCHEMA, distribution.stream_of(customer_id))
    return distribution.folded(envelope.event for envelope in loaded.events), loaded.version


async def plans_of(c: Connection, year: int) -> tuple[Plans, int]:
    """All plans of a year, and the version of their stream, 0 when there is none."""
    loaded = await load(c, SCHEMA, sales_plan.stream_of(year))
    return sales_plan.folded(envelope.event for envelope in loaded.events), loaded.version
