"""What do the other services know of a customer, and what did we put into it? One row a customer, with a sub-row for each topic.

Together with the card, the receivables, the trade and the promises it makes the dossier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.cards.read_models.dossier_parts import (
    Alerts,
    Complaints,
    Invested,
    alerts_after,
    complaints_after,
    investments_after,
)
from shared.contracts import alerts
from shared.contracts.alerts import AlertEvent
from shared.contracts.classification import ValueClassChanged
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.envelope import Envelope
from shared.contracts.promises import InvestmentRecorded
from shared.contracts.relations import CustomersMerged, MergedInto
from shared.contracts.topics import ALERTS_EVENTS, CARDS_EVENTS, CLASSIFICATION_EVENTS, COMPLAINT_TYPES, COMPLAINTS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Dossier:
    """`classified` is the last change of the value class, `graded` that of the credit grade, `complaints`, `alerts` and `investments` the sub-rows, all as JSON, each
    from its own topic. `lead_id`: the card that leads, of one that was found to be a second card of the same customer; `merged`:
    the cards that this one leads. The others follow from them. `credit_level`: the worst open warning about the customer's credit.
    """

    customer_id: UUID
    classified: str | None
    complaints: str
    alerts: str
    investments: str
    lead_id: UUID | None
    merged: tuple[str, ...]
    value_class: str | None
    open_complaints: int
    open_alerts: int
    credit_level: str | None
    graded: str | None = None


_encoder = msgspec.json.Encoder(decimal_format="string")
_classified = msgspec.json.Decoder(ValueClassChanged)
_graded = msgspec.json.Decoder(CreditGraded)
_complaints = msgspec.json.Decoder(Complaints)
_alerts = msgspec.json.Decoder(Alerts)
_investments = msgspec.json.Decoder(tuple[Invested, ...])


def classified_of(row: Dossier) -> ValueClassChanged | None:
    return None if row.classified is None else _classified.decode(row.classified)


def graded_of(row: Dossier) -> CreditGraded | None:
    return None if row.graded is None else _graded.decode(row.graded)


def complaints_of(row: Dossier) -> Complaints:
    return _complaints.decode(row.complaints)


def alerts_of(row: Dossier) -> Alerts:
    return _alerts.decode(row.alerts)


def investments_of(row: Dossier) -> tuple[Invested, ...]:
    return _investments.decode(row.investments)


def blank(customer_id: UUID) -> Dossier:
    """Of a customer about whom nothing has been said yet."""
    return Dossier(customer_id, None, "{}", "{}", "[]", None, (), None, 0, 0, None)


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Dossier | None, envelope: Envelope) -> Dossier | None:
    if envelope.customer_id is None:
        return row
    row = row or blank(envelope.customer_id)
    event = envelope.event
    match event:
        case ValueClassChanged():
            return replace(row, classified=_text(event), value_class=event.value_class)
        case CreditGraded():
            return replace(row, graded=_text(event))
        case InvestmentRecorded():
            return replace(row, investments=_text(investments_after(investments_of(row), event)))
        case MergedInto():
            return replace(row, lead_id=event.lead_id)
        case CustomersMerged():
            return replace(row, merged=tuple(sorted({*row.merged, str(event.merged_id)})))
        case AlertEvent():
            found = alerts_after(alerts_of(row), envelope)
            return replace(row, alerts=_text(found), open_alerts=len(found.open), credit_level=found.credit_level)
    complaints = complaints_after(complaints_of(row), event)
    return replace(row, complaints=_text(complaints), open_complaints=len(complaints.open))


def _text(value: object) -> str:
    return _encoder.encode(value).decode()


DOSSIER = ReadModel(
    name="dossier",
    version=2,
    row=Dossier,
    columns={
        "customer_id": "uuid",
        "classified": "text",
        "complaints": "text",
        "alerts": "text",
        "investments": "text",
        "lead_id": "uuid",
        "merged": "text[]",
        "value_class": "text",
        "open_complaints": "integer",
        "open_alerts": "integer",
        "credit_level": "text",
        "graded": "text",
    },
    key_column="customer_id",
    topics={
        CLASSIFICATION_EVENTS: frozenset({ValueClassChanged.type, CreditGraded.type}),
        COMPLAINTS_EVENTS: COMPLAINT_TYPES,
        ALERTS_EVENTS: frozenset(
            cls.type
            for cls in (
                alerts.AlertOpened,
                alerts.AlertWorsened,
                alerts.AlertRecovered,
                alerts.AlertReopened,
                alerts.AbnormalityReported,
                alerts.AlertAcknowledged,
                alerts.MeasureDecided,
                alerts.AlertClosed,
            )
        ),
        CARDS_EVENTS: frozenset(cls.type for cls in (InvestmentRecorded, CustomersMerged, MergedInto)),
    },
    key=key,
    evolve=evolve,
)

_OF = "SELECT {columns} FROM {table} WHERE customer_id = ANY($1::uuid[])"


async def dossiers(c: Connection, schema: str, customers: Sequence[UUID]) -> Mapping[UUID, Dossier]:
    """The rows of some customers; a blank one for those about whom nothing was said."""
    statement = _OF.format(columns=", ".join(DOSSIER.columns), table=await live_table(c, schema, DOSSIER))
    rows = [Dossier(**{**row, "merged": tuple(row["merged"])}) for row in await c.fetch(statement, customers)]
    return {customer: blank(customer) for customer in customers} | {row.customer_id: row for row in rows}


_CREDIT = "SELECT customer_id, credit_level, graded::jsonb ->> 'grade' AS grade FROM {table} WHERE customer_id = ANY($1::uuid[])"


class Credit(NamedTuple):
    """The worst open warning about a customer's credit, and its grade."""

    level: str | None
    grade: str | None


async def credit_known(c: Connection, schema: str, customers: Sequence[UUID]) -> Mapping[UUID, Credit]:
    """Of those of the customers that have a row."""
    rows = await c.fetch(_CREDIT.format(table=await live_table(c, schema, DOSSIER)), customers)
    return {row["customer_id"]: Credit(row["credit_level"], row["grade"]) for row in rows}
