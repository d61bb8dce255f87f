"""What the engine knows of one customer now, for questions about it. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.alerts.domain.control import Control, terms_of
from services.alerts.domain.judging import stream_of
from services.alerts.domain.scoping import terms_for
from services.alerts.domain.signs import Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from services.alerts.domain.why_not import alert_held
from services.alerts.engine.evidence import Evidence, evidence_of
from services.alerts.engine.refold import items_until
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.read_models.customers import find
from services.alerts.read_models.watched_customers import NAME, fetch, places_as_they_are, row_of
from shared.contracts.alerts import AlertOpened, Reason
from shared.contracts.cursor import part_of
from shared.event_store.load import load, load_many
from shared.projections.parking import read_parked


class Watching(NamedTuple):
    """`live`: rules fire. `judged_through`: the moment through which the part has been judged; None before its first.

    `terms` are those of a live installation in any case. `parked`: nothing is folded into the customer until it is retried.
    """

    customer: WatchedCustomer
    terms: Terms
    live: bool
    parked: bool
    judged_through: datetime | None


async def watching(deps: Deps, customer_id: UUID) -> Watching | None:
    """The customer as the engine has it; None when nobody knows it."""
    part = part_of(str(customer_id), deps.parts)
    async with deps.pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        places = await places_as_they_are(conn, [part])
        stored = await fetch(conn, places[0], [customer_id]) if places else []
        if not stored and await find(conn, customer_id, None) is None:
            return None
        parked = {(one.slot, one.parked.key) for one in await read_parked(conn, SCHEMA, [part]) if one.read_model == NAME}
    place = places[0] if places else None
    control = Control() if place is None else place.control
    terms = terms_of(control, deps.zone)
    customer = row_of(stored[0]).customer if stored else WatchedCustomer(customer_id)
    terms = terms_for(terms, customer, deps.today())
    return Watching(
        customer=customer,
        terms=terms if control.live_on is not None else replace(terms, live_on=deps.today()),
        live=control.live_on is not None,
        parked=place is not None and (place.slot, str(customer_id)) in parked,
        judged_through=None if place is None else place.through,
    )


async def evidence(deps: Deps, alert_id: UUID) -> Evidence | None:
    """An alert that the data opened, computed anew from the stores; None where there is no such alert."""
    async with deps.pool.acquire() as conn:
        loaded = await load(conn, SCHEMA, stream_of(alert_id))
        customer_id = next((one.customer_id for one in loaded.events if isinstance(one.event, AlertOpened)), None)
        if customer_id is None:
            return None
        part = part_of(str(customer_id), deps.parts)
        place = (await places_as_they_are(conn, [part]))[0]
    items = await items_until(deps.stores, part, place.reached, customer_id)
    return await asyncio.to_thread(evidence_of, loaded.events, items, place, deps.zone)


async def alerts_held(deps: Deps, alert_ids: Collection[UUID]) -> dict[UUID, Sequence[Reason]]:
    """Of these alerts, those that ask nobody now, and why."""
    async with deps.pool.acquire() as conn:
        streams = await load_many(conn, SCHEMA, [stream_of(alert_id) for alert_id in alert_ids])
    found: dict[UUID, Sequence[Reason]] = {}
    for alert_id in alert_ids:
        loaded = streams.get(stream_of(alert_id))
        if loaded is not None and (reasons := alert_held([envelope.event for envelope in loaded.events])):
            found[alert_id] = reasons
    return found
