"""What has the company promised to single customers, and was it kept? One row a promise of ours, from the cards.

The promises themselves are the cards' affair; here they say how a commitment is kept that names their kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.served import SERVED
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.promises import OfPromise, PromiseBroken, PromiseKept, PromiseMade, PromiseWaived
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

FOLDED: tuple[type[Event], ...] = (PromiseMade, PromiseKept, PromiseBroken, PromiseWaived)


@dataclass(frozen=True, slots=True)
class CompanyPromise:
    """At most one of the three days is there: it is kept, broken or waived, or waits."""

    promise_id: UUID
    customer_id: UUID
    kind: str
    due_on: date
    kept_on: date | None
    broken_on: date | None
    waived_on: date | None


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.promise_id if isinstance(envelope.event, OfPromise) else None


def evolve(row: CompanyPromise | None, envelope: Envelope) -> CompanyPromise | None:
    match envelope.event:
        case PromiseMade(made_by="COMPANY") as made:
            return CompanyPromise(made.promise_id, made.customer_id, made.kind, made.due_on, None, None, None)
        case PromiseKept(kept_on=day) if row is not None:
            return replace(row, kept_on=day)
        case PromiseBroken(broken_on=day) if row is not None:
            return replace(row, broken_on=day)
        case PromiseWaived(waived_on=day) if row is not None:
            return replace(row, waived_on=day)
    return row


COMPANY_PROMISES = ReadModel(
    name="company_promises",
    version=1,
    row=CompanyPromise,
    columns={
        "promise_id": "uuid",
        "customer_id": "uuid",
        "kind": "text",
        "due_on": "date",
        "kept_on": "date",
        "broken_on": "date",
        "waived_on": "date",
    },
    key_column="promise_id",
    topics={CARDS_EVENTS: frozenset(cls.type for cls in FOLDED)},
    key=key,
    evolve=evolve,
)


class Kept(NamedTuple):
    """Promises that were due in a span: in time, late, not at all. Waived ones count for nothing."""

    kept: int
    late: int
    broken: int


class Named(NamedTuple):
    """Complaints of a span that name a commitment as broken: how many, founded, unfounded, founded and made good since."""

    complaints: int
    founded: int
    unfounded: int
    made_good: int


_KEPT = """
SELECT count(*) FILTER (WHERE kept_on <= due_on), count(*) FILTER (WHERE kept_on > due_on AND kept_on <= $4),
       count(*) FILTER (WHERE (kept_on IS NULL OR kept_on > $4) AND due_on < $4)
  FROM {promises} p LEFT JOIN {served} s USING (customer_id)
 WHERE p.kind = $1 AND p.due_on BETWEEN $2 AND $3 AND p.waived_on IS NULL AND ($5::text IS NULL OR s.area_id = $5)"""
_NAMED = """
SELECT count(*), count(*) FILTER (WHERE founded), count(*) FILTER (WHERE NOT founded),
       count(*) FILTER (WHERE founded AND made_good_on <= $4)
  FROM {matters} m LEFT JOIN {served} s USING (customer_id)
 WHERE $1 = ANY(m.commitments) AND m.received_on BETWEEN $2 AND $3 AND NOT m.withdrawn AND ($5::text IS NULL OR s.area_id = $5)"""


async def kept(c: Connection, schema: str, kind: str, first: date, last: date, as_of: date, area_id: str | None) -> Kept:
    """How promises of this kind were kept that were due from the first to the last day, as far as had come by `as_of`."""
    statement = _KEPT.format(promises=await live_table(c, schema, COMPANY_PROMISES), served=await live_table(c, schema, SERVED))
    [found] = await c.fetch(statement, kind, first, last, as_of, area_id)
    return Kept(*found)


async def named(c: Connection, schema: str, commitment: str, first: date, last: date, as_of: date, area_id: str | None) -> Named:
    """Complaints received from the first to the last day that name the commitment."""
    statement = _NAMED.format(matters=await live_table(c, schema, MATTERS), served=await live_table(c, schema, SERVED))
    [found] = await c.fetch(statement, commitment, first, last, as_of, area_id)
    return Named(*found)
