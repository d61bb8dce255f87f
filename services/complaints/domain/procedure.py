"""How the company handles complaints: which steps are obligatory and when each is due. Published, versioned.

The steps after the receipt are ours, from public practice: the sources name a procedure and do not show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import get_args
from uuid import UUID

import msgspec

from services.complaints.domain.commands import Severity
from services.complaints.domain.refusals import ProcedureRefused
from shared.contracts.complaint_steps import ComplaintProcedurePublished, ProcedureStep
from shared.contracts.event import Event

STREAM = "standard-procedure"
STEPS: tuple[ProcedureStep, ...] = get_args(ProcedureStep)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
UNASSESSED: Severity = "MEDIUM"
OF_A_ROUND: frozenset[ProcedureStep] = frozenset(STEPS[STEPS.index("INVESTIGATED") :])
"""What is to be done anew when the customer is not satisfied."""
OF_A_SOLUTION: frozenset[ProcedureStep] = frozenset(("PROPOSED", "APPROVED", "CARRIED_OUT", "CONFIRMED"))
"""What a complaint needs not that was found unfounded and for which nothing is given, whatever is obligatory."""
LONGEST = 366 * 24 * 60
LONGEST_ANSWER_DAYS = 366
BUILT_IN = ComplaintProcedurePublished(version=0, obligatory={}, due_minutes={})
"""The short way: nothing is obligatory beyond what closing always asks for, and nothing is due."""


def procedure_of(events: Iterable[Event]) -> ComplaintProcedurePublished:
    """The procedure in force after the events of its stream."""
    found = BUILT_IN
    for event in events:
        if isinstance(event, ComplaintProcedurePublished):
            found = event
    return found


def publish_procedure(
    before: ComplaintProcedurePublished, wanted: ComplaintProcedurePublished, by: UUID
) -> ComplaintProcedurePublished:
    """The next version. Raises ProcedureRefused, which names what cannot be."""
    for severity, steps in wanted.obligatory.items():
        if "CLOSED" in steps:
            raise ProcedureRefused(f"obligatory/{severity}: every complaint ends, closed or withdrawn")
        if len(set(steps)) != len(steps):
            raise ProcedureRefused(f"obligatory/{severity}: a step is named once")
    for severity, minutes in wanted.due_minutes.items():
        if any(not 1 <= one <= LONGEST for one in minutes.values()):
            raise ProcedureRefused(f"due_minutes/{severity}: from 1 to {LONGEST} minutes of working time")
    if not 1 <= wanted.answer_days <= LONGEST_ANSWER_DAYS:
        raise ProcedureRefused(f"answer_days: from 1 to {LONGEST_ANSWER_DAYS}")
    return msgspec.structs.replace(wanted, version=before.version + 1, decided_by=by)


def left_out(
    procedure: ComplaintProcedurePublished, severity: Severity, done: Collection[ProcedureStep], before: ProcedureStep
) -> list[ProcedureStep]:
    """The obligatory steps that lie before this one and were not taken, in their order."""
    asked = procedure.obligatory.get(severity, ())
    return [step for step in STEPS[: STEPS.index(before)] if step in asked and step not in done]
