"""Who is under which dealer, and who under those? One row a customer about whose dealer something was said, erased ones as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.cards.domain.dealer import stated
from shared.contracts.cards import StubOpened
from shared.contracts.envelope import Envelope
from shared.contracts.relations import AttachedToDealer, DetachedFromDealer
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Place:
    """`dealer_id` is that of the newest day, None for one who has left; `since` is that day."""

    customer_id: UUID
    dealer_id: UUID | None
    since: date


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Place | None, envelope: Envelope) -> Place | None:
    said = stated(envelope.event)
    if said is None or envelope.customer_id is None:
        return row
    day, dealer_id = said
    # Of one day the later statement stands, and a stream comes in order.
    return row if row is not None and row.since > day else Place(envelope.customer_id, dealer_id, day)


HIERARCHY = ReadModel(
    name="hierarchy",
    version=1,
    row=Place,
    columns={"customer_id": "uuid", "dealer_id": "uuid", "since": "date"},
    key_column="customer_id",
    topics={CARDS_EVENTS: frozenset({StubOpened.type, AttachedToDealer.type, DetachedFromDealer.type})},
    key=key,
    evolve=evolve,
)


class Below(NamedTuple):
    """A sub-distributor: right under the dealer with depth 1. An erased one has no name any more."""

    customer_id: UUID
    dealer_id: UUID
    since: date
    depth: int
    name: str | None
    sort_name: str


# Who buys from a merged card buys from the one that leads it: such cards are passed through, and are no level of their own.
# Two parts of the list may for a moment be of different age, and then it may hold a circle that the cards never had.
_BELOW = """
WITH RECURSIVE below AS (
    SELECT $1::uuid AS customer_id, NULL::uuid AS dealer_id, NULL::date AS since, 0 AS depth, 0 AS more
    UNION ALL
    SELECT x.customer_id, x.dealer_id, x.since, b.depth + x.more, x.more FROM below b CROSS JOIN LATERAL (
        SELECT h.customer_id, h.dealer_id, h.since, 1 AS more FROM {hierarchy} h WHERE h.dealer_id = b.customer_id
        UNION ALL
        SELECT c.customer_id, NULL, NULL, 0 FROM {customers} c WHERE c.merged_into = b.customer_id) x
) CYCLE customer_id SET again USING path
SELECT b.customer_id, b.dealer_id, b.since, b.depth, c.name, coalesce(c.sort_name, '') AS sort_name
  FROM below b LEFT JOIN {customers} c USING (customer_id)
 WHERE b.more = 1 AND NOT b.again {after} ORDER BY depth, sort_name, customer_id LIMIT $2"""
_AFTER = """AND (b.depth, coalesce(c.sort_name, '') COLLATE "C", b.customer_id) > ($3, $4, $5)"""


async def below(c: Connection, schema: str, dealer_id: UUID, after: tuple[int, str, UUID] | None, limit: int) -> Sequence[Below]:
    """Everybody under a dealer: those right under it first, each level by name."""
    statement = _BELOW.format(
        hierarchy=await live_table(c, schema, HIERARCHY),
        customers=await live_table(c, schema, "customers"),
        after="" if after is None else _AFTER,
    )
    return [Below(*row) for row in await c.fetch(statement, dealer_id, limit, *(after or ()))]
