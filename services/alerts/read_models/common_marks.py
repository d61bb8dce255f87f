"""What has each customer complained about, and what else may customers have in common?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.alerts.domain.rules import complaint_deadline_missed
from services.alerts.read_models.bought_articles import bought_lately
from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from shared.contracts.envelope import Envelope
from shared.contracts.topics import COMPLAINTS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

COMPLAINTS_KEPT = 20


class Complained(msgspec.Struct, frozen=True, array_like=True):
    """A complaint as far as it may be a common mark. `withdrawn`: it counts no longer."""

    received_on: date
    article: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class CommonMarks:
    """`complaints`: JSON by complaint, the latest of them; `complained_on` is the last day of one that stands."""

    customer_id: UUID
    complaints: str
    complained_on: date | None


_complaints = msgspec.json.Decoder(dict[str, Complained])
_encoder = msgspec.json.Encoder(order="sorted")


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: CommonMarks | None, envelope: Envelope) -> CommonMarks | None:
    if envelope.customer_id is None:
        return row
    row = row or CommonMarks(envelope.customer_id, "{}", None)
    match envelope.event:
        case ComplaintReceived(complaint_id=complaint, received_on=day, article=article):
            return _complained(row, complaint, Complained(day, article))
        case ComplaintWithdrawn(complaint_id=complaint):
            there = _complaints.decode(row.complaints).get(str(complaint))
            return row if there is None else _complained(row, complaint, msgspec.structs.replace(there, withdrawn=True))
    return row


def _complained(row: CommonMarks, complaint: UUID, one: Complained) -> CommonMarks:
    known = {**_complaints.decode(row.complaints), str(complaint): one}
    latest = sorted(known, key=lambda name: (known[name].received_on, name), reverse=True)[:COMPLAINTS_KEPT]
    kept = {name: known[name] for name in latest}
    last = max((other.received_on for other in kept.values() if not other.withdrawn), default=None)
    return CommonMarks(row.customer_id, _encoder.encode(kept).decode(), last)


COMMON_MARKS = ReadModel(
    name="common_marks",
    version=1,
    row=CommonMarks,
    columns={"customer_id": "uuid", "complaints": "text", "complained_on": "date"},
    key_column="customer_id",
    topics={
        COMPLAINTS_EVENTS: frozenset({ComplaintReceived.type, ComplaintWithdrawn.type}),
    },
    key=key,
    evolve=evolve,
)


class Marked(NamedTuple):
    """A customer of the company with everything that may be a common mark, and how silent it is.

    `articles` are those bought lately; `silence_alert` is open; `complaint_alert` is the open one of kind `complaints`, where there is one; a
    missed deadline is the company's own and no mark of what customers suffer together.
    """

    customer_id: UUID
    orders: int
    last_purchase_on: date | None
    quiet_since: date | None
    silence_alert: UUID | None
    complaint_alert: UUID | None
    area_id: str | None
    salesperson_id: str | None
    articles: frozenset[str]
    complaints: Mapping[str, Complained]


_MARKED = """
SELECT w.customer_id, w.orders, w.last_purchase_on, w.quiet_since, w.silence_alert,
       (SELECT a.alert_id FROM {alerts} a WHERE a.customer_id = w.customer_id AND a.kind = 'complaints'
          AND a.rule_id IS DISTINCT FROM $1 AND a.state IN ('OPEN', 'ACKNOWLEDGED') ORDER BY a.opened_at DESC, a.alert_id LIMIT 1) AS complaint_alert,
       c.area_id, c.salesperson_id, coalesce(m.complaints, '{{}}') AS complaints
  FROM {watched} w LEFT JOIN {customers} c ON c.customer_id = w.customer_id LEFT JOIN {marks} m ON m.customer_id = w.customer_id
 WHERE w.orders > 0 ORDER BY w.customer_id"""
_MOVING = """
SELECT w.customer_id, w.silence_alert, NULL::date FROM {watched} w WHERE w.silence_alert IS NOT NULL AND w.quiet_since >= $1
UNION ALL SELECT m.customer_id, NULL, m.complained_on FROM {marks} m WHERE m.complained_on >= $1 ORDER BY 1, 2, 3"""


async def _tables(c: Connection) -> dict[str, str]:
    return {
        "watched": await live_table(c, "alerts", "watched_customers"),
        "customers": await live_table(c, "alerts", "customers"),
        "alerts": await live_table(c, "alerts", "alerts"),
        "marks": await live_table(c, "alerts", COMMON_MARKS),
    }


async def moving(c: Connection, since: date) -> list[tuple[UUID, UUID | None, date | None]]:
    """Who has fallen silent, or complained, since a day: where this has not changed, no common cause has."""
    return [tuple(row) for row in await c.fetch(_MOVING.format(**await _tables(c)), since)]


async def marked_customers(c: Connection) -> list[Marked]:
    """Everybody who ever bought."""
    articles = await bought_lately(c)
    rows = await c.fetch(_MARKED.format(**await _tables(c)), complaint_deadline_missed.RULE_ID)
    return [
        Marked(
            customer_id=row["customer_id"],
            orders=row["orders"],
            last_purchase_on=row["last_purchase_on"],
            quiet_since=row["quiet_since"],
            silence_alert=row["silence_alert"],
            complaint_alert=row["complaint_alert"],
            area_id=row["area_id"],
            salesperson_id=row["salesperson_id"],
            articles=articles.get(row["customer_id"], frozenset()),
            complaints=_complaints.decode(row["complaints"]),
        )
        for row in rows
    ]
