"""Who is behind an external id, and who is known at all? Read where the commands claim them: always fresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cards.domain.identity import card_stream
from shared.contracts.cards import ExternalId
from shared.contracts.event import Event, decode
from shared.event_store.events import Loaded
from shared.event_store.load import load_many
from shared.postgres.pool import Connection

_OWNERS = """SELECT i.system, i.value, i.customer_id FROM {schema}.external_ids i
 JOIN unnest($1::text[], $2::text[]) AS wanted (system, value) ON i.system = wanted.system AND i.value = wanted.value"""
_KNOWN = "SELECT stream FROM {schema}.events WHERE stream = ANY($1::text[]) AND version = 1"
_CARDS = """SELECT stream, version, event_id, type, body::text AS body FROM {schema}.events
 WHERE stream = ANY($1::text[]) ORDER BY stream, version"""


async def owners(c: Connection, schema: str, ids: Iterable[ExternalId]) -> dict[ExternalId, UUID]:
    """The customers behind those external ids that are taken."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = await c.fetch(_OWNERS.format(schema=schema), [i.system for i in wanted], [i.value for i in wanted])
    return {ExternalId(row["system"], row["value"]): row["customer_id"] for row in rows}


async def known(c: Connection, schema: str, customers: Iterable[UUID]) -> set[UUID]:
    """Those of the customers that have a card, erased ones included."""
    streams = {card_stream(customer): customer for customer in customers}
    if not streams:
        return set()
    rows = await c.fetch(_KNOWN.format(schema=schema), list(streams))
    return {streams[row["stream"]] for row in rows}


@dataclass(frozen=True, slots=True)
class CardHistory:
    """A card's stream: its events with their ids, in order. Personal fields are sealed."""

    version: int
    events: Sequence[tuple[UUID, Event]]


async def histories(c: Connection, schema: str, customers: Iterable[UUID]) -> Mapping[UUID, CardHistory]:
    """The streams of many cards in one statement; customers without a card are left out."""
    streams = {card_stream(customer): customer for customer in customers}
    if not streams:
        return {}
    found: dict[UUID, list[tuple[UUID, Event]]] = {}
    for row in await c.fetch(_CARDS.format(schema=schema), list(streams)):
        found.setdefault(streams[row["stream"]], []).append((row["event_id"], decode(row["type"], row["body"])))
    return {customer: CardHistory(len(events), events) for customer, events in found.items()}


async def loaded_cards(c: Connection, schema: str, customers: Iterable[UUID]) -> Mapping[UUID, Loaded]:
    """The cards of many customers in one statement; customers without a card are left out. Personal fields are sealed."""
    streams = {card_stream(customer): customer for customer in customers}
    return {streams[stream]: loaded for stream, loaded in (await load_many(c, schema, streams)).items()}
