"""What did each customer answer? One row a survey of a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.classification.domain.loyalty import Answered
from shared.contracts.envelope import Envelope
from shared.contracts.loyalty import SurveyAnswered
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class SurveyRow:
    survey_id: UUID
    customer_id: UUID
    source: str
    answered_on: date
    recorded_at: datetime
    concern: int | None
    needs_named: int | None
    needs_met: int | None
    price_sensitivity: int | None
    competing_products: int | None
    identification: int | None
    share_of_wallet: Decimal | None
    days_to_decide: int | None
    leads: bool | None
    recorded_by: UUID | None


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.survey_id if isinstance(envelope.event, SurveyAnswered) else None


def evolve(row: SurveyRow | None, envelope: Envelope) -> SurveyRow | None:
    event = envelope.event
    if not isinstance(event, SurveyAnswered):
        return row
    return SurveyRow(
        survey_id=event.survey_id,
        customer_id=event.customer_id,
        source=event.source,
        answered_on=event.answered_on,
        recorded_at=envelope.recorded_at,
        concern=event.concern,
        needs_named=event.needs_named,
        needs_met=event.needs_met,
        price_sensitivity=event.price_sensitivity,
        competing_products=event.competing_products,
        identification=event.identification,
        share_of_wallet=event.share_of_wallet,
        days_to_decide=event.days_to_decide,
        leads=event.leads,
        recorded_by=event.recorded_by,
    )


SURVEYS = ReadModel(
    name="surveys",
    version=1,
    row=SurveyRow,
    columns={
        "survey_id": "uuid",
        "customer_id": "uuid",
        "source": "text",
        "answered_on": "date",
        "recorded_at": "timestamptz",
        "concern": "integer",
        "needs_named": "integer",
        "needs_met": "integer",
        "price_sensitivity": "integer",
        "competing_products": "integer",
        "identification": "integer",
        "share_of_wallet": "numeric",
        "days_to_decide": "integer",
        "leads": "boolean",
        "recorded_by": "uuid",
    },
    key_column="survey_id",
    topics={CLASSIFICATION_EVENTS: frozenset({SurveyAnswered.type})},
    key=key,
    evolve=evolve,
)

# The newest last. Of two of one day the later recorded one counts.
_OF = """
SELECT * FROM {table} WHERE customer_id = ANY($1) AND answered_on <= $2 AND answered_on > $3
 ORDER BY answered_on, recorded_at, survey_id"""
ASKED = ("concern", "price_sensitivity", "competing_products", "identification", "share_of_wallet", "days_to_decide", "leads")


async def answers_of(
    c: Connection, schema: str, customers: Sequence[UUID], as_of: date, days: int
) -> Mapping[UUID, Mapping[str, Answered]]:
    """By customer and question, the newest answer of the `days` through `as_of`; `needs_met` is the fraction met of those named."""
    found: dict[UUID, dict[str, Answered]] = {}
    for row in await surveys_of(c, schema, customers, as_of, days):
        said = found.setdefault(row.customer_id, {})
        values: dict[str, Any] = {name: getattr(row, name) for name in ASKED}
        if row.needs_named and row.needs_met is not None:
            values["needs_met"] = Decimal(row.needs_met) / row.needs_named
        for name, value in values.items():
            if value is not None:
                said[name] = Answered(Decimal(value), row.survey_id, row.source, row.answered_on, row.recorded_by)
    return found


async def surveys_of(c: Connection, schema: str, customers: Sequence[UUID], as_of: date, days: int) -> Sequence[SurveyRow]:
    """All surveys of these customers answered in the `days` through `as_of`, the newest last."""
    table = await live_table(c, schema, SURVEYS)
    rows = await c.fetch(_OF.format(table=table), list(customers), as_of, as_of - timedelta(days=days))
    return [SurveyRow(**{name: row[name] for name in SURVEYS.columns}) for row in rows]
