"""Whose personal data must be gone, and whose keys are gone?"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.cards.domain.identity import card_stream
from shared.contracts.cards import CustomerErased
from shared.postgres.pool import Connection

_WANTED = "SELECT DISTINCT customer_id FROM {schema}.events WHERE type = $1"
_CARDS = "SELECT DISTINCT customer_id FROM {schema}.events WHERE stream = ANY($1)"
_DESTROYED = "SELECT customer_id FROM keystore.erased_customers()"


async def wanted(c: Connection, schema: str) -> set[UUID]:
    """Customers with an erasure on record."""
    return {row["customer_id"] for row in await c.fetch(_WANTED.format(schema=schema), CustomerErased.type)}


async def with_card(c: Connection, schema: str, customers: Collection[UUID]) -> set[UUID]:
    """Those of these customers that have a card."""
    streams = [card_stream(customer_id) for customer_id in customers]
    return {row["customer_id"] for row in await c.fetch(_CARDS.format(schema=schema), streams)} if streams else set()


async def destroyed(c: Connection) -> set[UUID]:
    """Customers in the keystore's ledger of erasures."""
    return {row["customer_id"] for row in await c.fetch(_DESTROYED)}
