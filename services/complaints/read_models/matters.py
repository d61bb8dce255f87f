"""What is each complaint about, and what came out? One row a complaint, for what is counted: twins, recurrence, commitments, content."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.complaints.domain.states import DAYS, NAMES
from shared.contracts.complaint_facts import (
    BrokenCommitmentNamed,
    CauseFound,
    OfComplaint,
    ResponsibilityFixed,
    SatisfactionGiven,
)
from shared.contracts.complaints import (
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import COMPLAINT_STREAM_TYPES, COMPLAINTS_EVENTS
from shared.contracts.transactions import InvoiceRef
from shared.projections.read_model import ReadModel

FACTS: tuple[type[Event], ...] = (CauseFound, ResponsibilityFixed, BrokenCommitmentNamed, SatisfactionGiven)


@dataclass(frozen=True, slots=True)
class Matter:
    """`carrier`: named at the intake; `carriers`: it and those that are held responsible. `invoices` are `source/number`; a source holds no slash.

    `steps`: each step of the handling with its business day before it, in the order of the stream. `made_good_on`: when a solution was carried out. `score`: how content the customer was in the end, 1 to 5.
    """

    complaint_id: UUID
    customer_id: UUID
    kind: str
    received_on: date
    article: str | None
    batch: str | None
    carrier: str | None
    invoices: tuple[str, ...]
    cause: str | None
    founded: bool | None
    commitments: tuple[str, ...]
    made_good_on: date | None
    ended_on: date | None
    withdrawn: bool
    score: int | None
    scored_on: date | None
    steps: tuple[str, ...]
    carriers: tuple[str, ...]


def key(envelope: Envelope) -> UUID | None:
    complaint_id: UUID | None = getattr(envelope.event, "complaint_id", None)
    return complaint_id


def evolve(row: Matter | None, envelope: Envelope) -> Matter | None:
    event = envelope.event
    if isinstance(event, ComplaintReceived):
        return received(event)
    if row is None:
        return None
    if type(event) in NAMES:
        row = replace(row, steps=(*row.steps, _step(event)))
    match event:
        case ComplaintAssessed():
            return replace(row, founded=event.founded)
        case SolutionCarriedOut():
            return replace(row, made_good_on=event.carried_out_on)
        case ComplaintClosed():
            return replace(row, ended_on=event.closed_on)
        case ComplaintWithdrawn():
            return replace(row, ended_on=event.withdrawn_on, withdrawn=True)
        case OfComplaint():
            return _told(row, event)
    return row


def _step(event: Event) -> str:
    """The business day of a step, and what the complaint is called after it."""
    day: date = getattr(event, DAYS.get(type(event), "on"))
    return f"{day.isoformat()} {NAMES[type(event)]}"


def _told(row: Matter, event: OfComplaint) -> Matter:
    match event:
        case CauseFound():
            return replace(row, cause=event.cause)
        case ResponsibilityFixed():
            held = [one.name for one in event.parties if one.party == "CARRIER"]
            return replace(row, carriers=_each_once(row.carrier, *held))
        case BrokenCommitmentNamed():
            return replace(row, commitments=(*row.commitments, event.commitment))
        case SatisfactionGiven():
            return replace(row, score=event.score, scored_on=event.given_on)
    return row


def _each_once(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name is not None))


def invoice_text(invoice: InvoiceRef) -> str:
    return f"{invoice.source}/{invoice.number}"


def received(event: ComplaintReceived) -> Matter:
    return Matter(
        complaint_id=event.complaint_id,
        customer_id=event.customer_id,
        kind=event.kind,
        received_on=event.received_on,
        article=event.article,
        batch=event.batch,
        carrier=event.carrier,
        invoices=tuple(invoice_text(one) for one in event.invoices),
        cause=None,
        founded=None,
        commitments=(),
        made_good_on=None,
        ended_on=None,
        withdrawn=False,
        score=None,
        scored_on=None,
        steps=(_step(event),),
        carriers=_each_once(event.carrier),
    )


MATTERS = ReadModel(
    name="matters",
    version=2,
    row=Matter,
    columns={
        "complaint_id": "uuid",
        "customer_id": "uuid",
        "kind": "text",
        "received_on": "date",
        "article": "text",
        "batch": "text",
        "carrier": "text",
        "invoices": "text[]",
        "cause": "text",
        "founded": "boolean",
        "commitments": "text[]",
        "made_good_on": "date",
        "ended_on": "date",
        "withdrawn": "boolean",
        "score": "smallint",
        "scored_on": "date",
        "steps": "text[]",
        "carriers": "text[]",
    },
    key_column="complaint_id",
    topics={COMPLAINTS_EVENTS: COMPLAINT_STREAM_TYPES | {cls.type for cls in FACTS}},
    key=key,
    evolve=evolve,
)
