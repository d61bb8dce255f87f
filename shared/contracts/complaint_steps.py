"""Events of the service complaints about the procedure: its steps, its deadlines, and the standards behind both.

When a step was taken stands in the envelope (`occurred_at`); the events carry the business day.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.complaints import ComplaintKind, Remedy
from shared.contracts.event import Event, Instant, Personal, registered
from shared.contracts.money import Money

ProcedureStep = Literal[
    "ACKNOWLEDGED", "ASSESSED", "ASSIGNED", "INVESTIGATED", "PROPOSED", "APPROVED", "CARRIED_OUT", "CONFIRMED", "CLOSED"
]
"""In their order. A customer who is not satisfied brings the complaint back before INVESTIGATED."""
Authority = Literal["SALESPERSON", "HEADQUARTERS"]
CaughtUp = Literal["TAKEN", "ANOTHER_ROUND", "MORE_TIME", "BACKDATED"]
"""Why what was missed is owed no more."""


class ComplaintStepEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base. `on`: the business day."""

    complaint_id: UUID
    customer_id: UUID
    on: date
    decided_by: UUID | None = None


@registered
class ComplaintAcknowledged(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The customer was told that the complaint has arrived and who looks after it: the first response."""

    type: ClassVar[str] = "regulars.complaints.complaint-acknowledged.v1"


@registered
class ComplaintAssigned(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.complaints.complaint-assigned.v1"
    department: str
    owner: UUID | None = None


@registered
class ComplaintInvestigated(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The matter was looked into. The cause and who is responsible are facts of their own."""

    type: ClassVar[str] = "regulars.complaints.complaint-investigated.v1"
    findings: Personal | None = None


@registered
class SolutionProposed(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`because`: why it is less or other than the customer asked for. `decides` is who has to approve it, by that version of
    the rule; 0 is built in."""

    type: ClassVar[str] = "regulars.complaints.solution-proposed.v1"
    remedies: tuple[Remedy, ...]
    decides: Authority
    rule_version: int
    offered: Money | None = None
    because: str | None = None


@registered
class SolutionApproved(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`decided_by` has approved the proposal with this authority."""

    type: ClassVar[str] = "regulars.complaints.solution-approved.v1"
    authority: Authority
    rule_version: int
    offered: Money | None = None


@registered
class SolutionRefused(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Who decides wants another proposal."""

    type: ClassVar[str] = "regulars.complaints.solution-refused.v1"
    authority: Authority
    rule_version: int
    because: str


@registered
class CustomerSatisfied(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The customer has confirmed that the solution is good."""

    type: ClassVar[str] = "regulars.complaints.customer-satisfied.v1"
    round: int


@registered
class CustomerDissatisfied(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Back to the investigation. `round` is the one that begins with it."""

    type: ClassVar[str] = "regulars.complaints.customer-dissatisfied.v1"
    round: int
    because: str | None = None


@registered
class ComplaintHeld(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The clock stands still: somebody else has to do something first."""

    type: ClassVar[str] = "regulars.complaints.complaint-held.v1"
    reason: str


@registered
class ComplaintResumed(ComplaintStepEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.complaints.complaint-resumed.v1"


@registered
class ComplaintDeadlineMissed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The step was due by `due_at` and not taken. `area_id` is that of the calendar; none is the company's."""

    type: ClassVar[str] = "regulars.complaints.complaint-deadline-missed.v1"
    complaint_id: UUID
    customer_id: UUID
    step: ProcedureStep
    round: int
    due_at: Instant
    severity: Literal["LOW", "MEDIUM", "HIGH"]
    procedure_version: int
    hours_version: int
    area_id: str | None = None
    department: str | None = None


@registered
class ComplaintDeadlineCaughtUp(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What was missed is owed no more: the step was taken, another round began, or more time was given (a later procedure, other
    hours, another severity). BACKDATED: by what was entered after it was told as missed, the step was taken in time, or the complaint
    was on hold. A complaint that has ended owes nothing, without a word."""

    type: ClassVar[str] = "regulars.complaints.complaint-deadline-caught-up.v1"
    complaint_id: UUID
    customer_id: UUID
    step: ProcedureStep
    round: int
    because: CaughtUp


@registered
class ComplaintProcedurePublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """By severity: the steps that are obligatory before later ones and before closing, and within how many minutes of working
    time from the beginning of the round (the receipt, or the customer's dissatisfaction) each is due; CLOSED always from the
    receipt. A complaint that nobody has assessed is handled as MEDIUM. `answer_days`: from the day on which a solution was carried out,
    after which a complaint is closed without the customer's word, though that be obligatory."""

    type: ClassVar[str] = "regulars.complaints.complaint-procedure-published.v1"
    version: int
    obligatory: dict[str, tuple[ProcedureStep, ...]]
    due_minutes: dict[str, dict[str, int]]
    lesson: bool = False
    answer_days: int = 30
    decided_by: UUID | None = None


class Shift(msgspec.Struct, frozen=True):
    """From and to what time of the day is worked, `HH:MM`; the end is not worked any more and may be 24:00."""

    begins: str
    ends: str


class SpecialDay(msgspec.Struct, frozen=True):
    """A day with shifts of its own, or none."""

    day: date
    shifts: tuple[Shift, ...] = ()


@registered
class WorkingHoursPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """When complaints are worked on in an area and those within it, or in the company. `weekly` by day of the week, 1 is Monday;
    `zone` is an IANA name. A special day goes before a holiday, a holiday before the week."""

    type: ClassVar[str] = "regulars.complaints.working-hours-published.v1"
    version: int
    zone: str
    weekly: dict[str, tuple[Shift, ...]]
    holidays: tuple[date, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    area_id: str | None = None
    decided_by: UUID | None = None


class DecisionLimit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Up to how much a salesperson decides; without `kind` for every kind that is not named."""

    up_to: Money
    kind: ComplaintKind | None = None


@registered
class DecisionRulePublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Who decides on what is given. What no limit speaks of, a kind or a currency, headquarters decides."""

    type: ClassVar[str] = "regulars.complaints.decision-rule-published.v1"
    version: int
    limits: tuple[DecisionLimit, ...]
    decided_by: UUID | None = None
