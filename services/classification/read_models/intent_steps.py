"""What was said and done about each purchase intent, and when? One row a step, so that every list can be asked as of a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.intents import IntentGraded, IntentOpened
from shared.contracts.prospects import IntentReviewed, ManAnswered, ProspectGraded, ReviewMissed
from shared.contracts.topics import CARDS_EVENTS, CLASSIFICATION_EVENTS
from shared.projections.read_model import ReadModel

_reasons = msgspec.json.Encoder(decimal_format="string")


@dataclass(frozen=True, slots=True)
class IntentStep:
    """`kind`: STATED (a grade by a person, from cards), MAN, GRADED (by the standard), REVIEWED, MISSED (a review of `due_on`).

    `at` is when it holds from, `actor` who found out or looked, `reasons` those of a grade, as JSON.
    """

    step_id: UUID
    intent_id: UUID
    customer_id: UUID
    kind: str
    at: datetime
    version: int
    actor: str | None = None
    grade: str | None = None
    money: str | None = None
    authority: str | None = None
    need: str | None = None
    answer: str | None = None
    reasons: str | None = None
    due_on: date | None = None


_KINDS: dict[type[Event], str] = {
    IntentOpened: "STATED",
    IntentGraded: "STATED",
    ManAnswered: "MAN",
    ProspectGraded: "GRADED",
    IntentReviewed: "REVIEWED",
    ReviewMissed: "MISSED",
}
Steps = IntentOpened | IntentGraded | ManAnswered | ProspectGraded | IntentReviewed | ReviewMissed


def key(envelope: Envelope) -> UUID | None:
    return envelope.event_id if isinstance(envelope.event, Steps) else None


def evolve(row: IntentStep | None, envelope: Envelope) -> IntentStep | None:
    event = envelope.event
    if not isinstance(event, Steps):
        return row
    kind = _KINDS[type(event)]
    step = IntentStep(envelope.event_id, event.intent_id, event.customer_id, kind, envelope.occurred_at, envelope.version)
    return _with_what_was_told(step, event)


def _with_what_was_told(step: IntentStep, event: Steps) -> IntentStep:
    match event:
        case ManAnswered():
            return replace(step, actor=event.answered_by, money=event.money, authority=event.authority, need=event.need)
        case ProspectGraded():
            return replace(step, grade=event.grade, answer=event.answer, reasons=_reasons.encode(event.reasons).decode())
        case IntentReviewed():
            return replace(step, actor=event.reviewed_by, grade=event.grade)
        case ReviewMissed():
            return replace(step, actor=event.salesperson_id, grade=event.grade, due_on=event.due_on)
    return replace(step, grade=event.grade)


STEPS = ReadModel(
    name="intent_steps",
    version=1,
    row=IntentStep,
    columns={
        "step_id": "uuid",
        "intent_id": "uuid",
        "customer_id": "uuid",
        "kind": "text",
        "at": "timestamptz",
        "version": "integer",
        "actor": "text",
        "grade": "text",
        "money": "text",
        "authority": "text",
        "need": "text",
        "answer": "text",
        "reasons": "text",
        "due_on": "date",
    },
    key_column="step_id",
    topics={
        CARDS_EVENTS: frozenset({IntentOpened.type, IntentGraded.type}),
        CLASSIFICATION_EVENTS: frozenset(cls.type for cls in (ManAnswered, ProspectGraded, IntentReviewed, ReviewMissed)),
    },
    key=key,
    evolve=evolve,
)
