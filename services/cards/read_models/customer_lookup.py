"""Who is behind an external id, and who is known at all? Read where the commands claim them: always fresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.cards.domain.identity import card_stream
from shared.contracts.cards import ExternalId
from shared.event_store.events import Loaded
from shared.event_store.load import load_many
from shared.postgres.pool import Connection
from shared.projections.routing import own_rows

_OWNERS = """SELECT i.system, i.value, i.customer_id FROM {table} i
 JOIN unnest($1::text[], $2::text[]) AS wanted (system, value) ON i.system = wanted.system AND i.value = wanted.value"""
_KNOWN = "SELECT stream FROM {schema}.events WHERE stream = ANY($1::text[]) AND version = 1"


async def owners(c: Connection, schema: str, ids: Iterable[ExternalId]) -> dict[ExternalId, UUID]:
    """The customers behind those external ids that are taken."""
    wanted = list(ids)
    if not wanted:
        return {}
    table = await own_rows(c, f"{schema}.external_ids", ("system", "value", "customer_id"))
    rows = await c.fetch(_OWNERS.format(table=table), [i.system for i in wanted], [i.value for i in wanted])
    return {ExternalId(row["system"], row["value"]): row["customer_id"] for row in rows}


async def known(c: Connection, schema: str, customers: Iterable[UUID]) -> set[UUID]:
    """Those of the customers that have a card, erased ones included."""
    streams = {card_stream(customer): customer for customer in customers}
    if not streams:
        return set()
    rows = await c.fetch(_KNOWN.format(schema=schema), list(streams))
    return {streams[row["stream"]] for row in rows}


async def loaded_cards(c: Connection, schema: str, customers: Iterable[UUID]) -> Mapping[UUID, Loaded]:
    """The cards of many customers in one statement; customers without a card are left out. Personal fields are sealed."""
    streams = {card_stream(customer): customer for customer in customers}
    return {streams[stream]: loaded for stream, loaded in (await load_many(c, schema, streams)).items()}
