"""Whose personal data must be gone, and whose keys are gone?"""

from __future__ import annotations

from uuid import UUID

from shared.contracts.cards import CustomerErased
from shared.postgres.pool import Connection

_WANTED = "SELECT DISTINCT customer_id FROM {schema}.events WHERE type = $1"
_DESTROYED = "SELECT customer_id FROM keystore.erased_customers()"


async def wanted(c: Connection, schema: str) -> set[UUID]:
    """Customers with an erasure on record."""
    return {row["customer_id"] for row in await c.fetch(_WANTED.format(schema=schema), CustomerErased.type)}


async def destroyed(c: Connection) -> set[UUID]:
    """Customers in the keystore's ledger of erasures."""
    return {row["customer_id"] for row in await c.fetch(_DESTROYED)}
