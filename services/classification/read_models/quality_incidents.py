"""Which complaints about quality were there, and were they founded? One row a complaint about quality, or one that was assessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.classification.domain.loyalty import Incidents
from services.classification.read_models.sold import sold_table
from shared.contracts.complaints import ComplaintAssessed, ComplaintReceived
from shared.contracts.envelope import Envelope
from shared.contracts.topics import COMPLAINTS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class QualityIncident:
    """`received_on` None: no complaint about quality. `founded` by what was assessed last."""

    complaint_id: UUID
    customer_id: UUID
    received_on: date | None = None
    founded: bool = False
    assessed_on: date | None = None


def key(envelope: Envelope) -> UUID | None:
    match envelope.event:
        case ComplaintReceived(kind="QUALITY") | ComplaintAssessed():
            return envelope.event.complaint_id
    return None


def evolve(row: QualityIncident | None, envelope: Envelope) -> QualityIncident | None:
    match envelope.event:
        case ComplaintReceived() as event:
            return replace(row or QualityIncident(event.complaint_id, event.customer_id), received_on=event.received_on)
        case ComplaintAssessed() as event:
            before = row or QualityIncident(event.complaint_id, event.customer_id)
            return replace(before, founded=event.founded, assessed_on=event.assessed_on)
    return row


QUALITY_INCIDENTS = ReadModel(
    name="quality_incidents",
    version=1,
    row=QualityIncident,
    columns={
        "complaint_id": "uuid",
        "customer_id": "uuid",
        "received_on": "date",
        "founded": "boolean",
        "assessed_on": "date",
    },
    key_column="complaint_id",
    topics={COMPLAINTS_EVENTS: frozenset({ComplaintReceived.type, ComplaintAssessed.type})},
    key=key,
    evolve=evolve,
)

_OF = """
SELECT i.customer_id, count(*) FILTER (WHERE b.again) AS tolerated, count(*) FILTER (WHERE NOT b.again AND i.over) AS lost,
       count(*) FILTER (WHERE NOT b.again AND NOT i.over) AS waiting
  FROM (SELECT customer_id, received_on, received_on + $4::int <= $2 AS over FROM {incidents}
         WHERE customer_id = ANY($1) AND founded AND assessed_on <= $2 AND received_on BETWEEN $2 - ($3::int - 1) AND $2) i
 CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM {sold} s WHERE s.customer_id = i.customer_id AND s.net > 0
                                     AND s.day > i.received_on AND s.day <= least(i.received_on + $4::int, $2)) AS again) b
 GROUP BY i.customer_id"""


async def incidents_of(
    c: Connection, schema: str, customers: Sequence[UUID], as_of: date, days: int, tolerance_days: int
) -> Mapping[UUID, Incidents]:
    """By customer, those received in the `days` through `as_of` and found right by then; bought on within `tolerance_days`."""
    tables = {"incidents": await live_table(c, schema, QUALITY_INCIDENTS), "sold": await sold_table(c, schema)}
    rows = await c.fetch(_OF.format(**tables), list(customers), as_of, days, tolerance_days)
    return {row["customer_id"]: Incidents(row["tolerated"], row["lost"], row["waiting"]) for row in rows}
