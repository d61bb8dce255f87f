"""Of which business days has each source delivered facts, and when first? Read from the log by whole pieces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from services.alerts.read_models.log_places import IN_PIECE, read_on
from shared.contracts.cards import FactKind
from shared.contracts.cursor import Cursor
from shared.contracts.transactions import (
    CreditNoted,
    GoodsReturned,
    InvoiceIssued,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    SaleRecorded,
    WrittenOff,
)
from shared.postgres.pool import Connection, Pool

SPOKEN: Mapping[str, tuple[FactKind, str]] = {
    SaleRecorded.type: ("sales", "sold_on"),
    GoodsReturned.type: ("returns", "returned_on"),
    InvoiceIssued.type: ("invoices", "issued_on"),
    PaymentReceived.type: ("payments", "received_on"),
    PaymentReversed.type: ("payments", "reversed_on"),
    PaymentMade.type: ("payments", "paid_on"),
    CreditNoted.type: ("payments", "noted_on"),
    WrittenOff.type: ("payments", "written_off_on"),
}
"""By type of fact: its kind, and the field of its business day. Credit notes, reversals and write-offs go with payments."""

_READ = """
SELECT f.kind, e.body->>'source', (e.body->>f.field)::date, min(e.recorded_at)
  FROM cards.published_events e JOIN unnest($7::text[], $8::text[], $9::text[]) AS f(type, kind, field) ON f.type = e.type
 WHERE {in_piece} GROUP BY 1, 2, 3"""
_WRITE = """
INSERT INTO alerts.spoken_days AS s (fact_kind, source, day, first_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::timestamptz[])
ON CONFLICT (fact_kind, source, day) DO UPDATE SET first_at = excluded.first_at WHERE excluded.first_at < s.first_at"""
_AFTER = "SELECT fact_kind, source, day, first_at FROM alerts.spoken_days WHERE day > $1 ORDER BY fact_kind, source, day"


class SpokenDay(NamedTuple):
    fact_kind: str
    source: str
    day: date
    first_at: datetime


async def read_spoken_days(pool: Pool, cards: Pool, through: Cursor) -> None:
    """Take in what cards has recorded up to a place below which nothing more can appear."""
    kinds, fields = zip(*SPOKEN.values(), strict=True)
    arguments = (list(SPOKEN), list(kinds), list(fields))
    await read_on(pool, cards, "spoken_days", through, _READ.format(in_piece=IN_PIECE), arguments, _WRITE)


async def spoken_days(c: Connection, after: date) -> list[SpokenDay]:
    """All business days behind `after` of which each source has spoken."""
    return [SpokenDay(*row) for row in await c.fetch(_AFTER, after)]


def create_table() -> list[str]:
    return [
        'CREATE TABLE alerts.spoken_days (fact_kind text COLLATE "C", source text COLLATE "C", day date, first_at timestamptz NOT NULL,'
        " PRIMARY KEY (fact_kind, source, day))",
        "CREATE INDEX ON alerts.spoken_days (day)",
        "GRANT SELECT, INSERT, UPDATE ON alerts.spoken_days TO alerts",
    ]
