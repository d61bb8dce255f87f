"""Whose personal data must be gone, whose keys are gone, and whose erasure waits for a second person? Read from the store: always fresh."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.cards.domain.identity import card_stream
from shared.contracts.cards import CustomerErased
from shared.contracts.erasure import ErasureRequested, ErasureWithdrawn, LegalHoldLifted, LegalHoldPlaced
from shared.contracts.relations import CustomersMerged
from shared.postgres.pool import Connection

CONCERNED = tuple(cls.type for cls in (ErasureRequested, ErasureWithdrawn, LegalHoldPlaced, LegalHoldLifted))
"""Types that an index of their own finds: few rows among millions."""

_WANTED = "SELECT DISTINCT customer_id FROM {schema}.events WHERE type = $1"
_CARDS = "SELECT DISTINCT customer_id FROM {schema}.events WHERE stream = ANY($1)"
_DESTROYED = "SELECT customer_id FROM keystore.erased_customers()"

# Written out, since only a condition that names the types is seen to be that of the index.
_WAITING = """
SELECT r.customer_id, r.body->>'reason' AS reason, (r.body->>'requested_by')::uuid AS requested_by, r.recorded_at,
       (SELECT count(*) FILTER (WHERE h.type = '{placed}') > count(*) FILTER (WHERE h.type = '{lifted}')
          FROM (SELECT r.customer_id
                 UNION ALL SELECT (m.body->>'merged_id')::uuid FROM {schema}.events m
                            WHERE m.stream = 'card-' || r.customer_id AND m.type = '{merged}') AS one
          JOIN {schema}.events h ON h.customer_id = one.customer_id AND h.type IN ('{asked}', '{withdrawn}', '{placed}', '{lifted}')) AS held
  FROM (SELECT DISTINCT ON (e.customer_id) e.customer_id, e.type, e.body, e.recorded_at
          FROM {schema}.events e
         WHERE e.type IN ('{asked}', '{withdrawn}', '{placed}', '{lifted}') AND e.type IN ('{asked}', '{withdrawn}')
           AND ($1::uuid IS NULL OR e.customer_id > $1)
         ORDER BY e.customer_id, e.version DESC) r
 WHERE r.type = '{asked}'
   AND NOT EXISTS (SELECT FROM {schema}.events d WHERE d.customer_id = r.customer_id AND d.type = '{erased}')
 ORDER BY r.customer_id LIMIT $2"""


class Waiting(NamedTuple):
    """A request that nobody has agreed to yet; `held`: a legal hold stands on the card, or on one that was merged into it."""

    customer_id: UUID
    reason: str
    requested_by: UUID
    requested_at: datetime
    held: bool


async def waiting(c: Connection, schema: str, after: UUID | None, limit: int) -> list[Waiting]:
    """Requests in the order of the customers' ids, behind one of them."""
    statement = _WAITING.format(
        schema=schema,
        asked=ErasureRequested.type,
        withdrawn=ErasureWithdrawn.type,
        placed=LegalHoldPlaced.type,
        lifted=LegalHoldLifted.type,
        erased=CustomerErased.type,
        merged=CustomersMerged.type,
    )
    return [Waiting(*row) for row in await c.fetch(statement, after, limit)]


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
