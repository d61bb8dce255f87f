"""Which complaints of the same customer may be about the same matter? Found by what they name; a person links them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.complaints.read_models.matters import MATTERS, Matter
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

DAYS_APART = 30
MOST = 20
"""Twins that are named of one complaint: a dealer may complain of one article every day."""

# What is named alike: the invoice or the batch alone says enough, the article only together with the kind.
_TWINS = """
SELECT n.complaint_id AS asked, m.complaint_id, m.received_on,
       m.invoices && n.invoices AS invoice, m.batch IS NOT DISTINCT FROM n.batch AND n.batch IS NOT NULL AS batch,
       m.article IS NOT DISTINCT FROM n.article AND n.article IS NOT NULL AS article, m.kind = n.kind AS kind
  FROM jsonb_to_recordset($1::jsonb) AS n(complaint_id uuid, customer_id uuid, received_on date, kind text, article text,
                                          batch text, invoices text[])
 CROSS JOIN LATERAL (
       SELECT * FROM {table} m WHERE m.customer_id = n.customer_id AND m.complaint_id <> n.complaint_id
          AND m.received_on BETWEEN n.received_on - $2::int AND n.received_on + $2::int
          AND (m.invoices && n.invoices OR m.batch = n.batch OR (m.article = n.article AND m.kind = n.kind))
        ORDER BY m.received_on DESC, m.complaint_id LIMIT $3) m
 ORDER BY n.complaint_id, m.received_on DESC, m.complaint_id"""


class Twin(NamedTuple):
    """A complaint that may be about the same matter; `alike`: by what."""

    complaint_id: UUID
    received_on: date
    alike: tuple[str, ...]


class _Asked(msgspec.Struct):
    complaint_id: UUID
    customer_id: UUID
    received_on: date
    kind: str
    article: str | None
    batch: str | None
    invoices: tuple[str, ...]


async def twins(c: Connection, schema: str, matters: Sequence[Matter], days: int = DAYS_APART) -> Mapping[UUID, Sequence[Twin]]:
    """The likely twins of each, received at most so many days before or after it; the latest MOST, the latest first. As far as is folded."""
    if not matters:
        return {}
    asked = [_Asked(m.complaint_id, m.customer_id, m.received_on, m.kind, m.article, m.batch, m.invoices) for m in matters]
    statement = _TWINS.format(table=await live_table(c, schema, MATTERS))
    found: dict[UUID, list[Twin]] = {}
    for row in await c.fetch(statement, msgspec.json.encode(asked).decode(), days, MOST):
        alike = tuple(name for name in ("invoice", "batch", "article", "kind") if row[name])
        found.setdefault(row["asked"], []).append(Twin(row["complaint_id"], row["received_on"], alike))
    return found
