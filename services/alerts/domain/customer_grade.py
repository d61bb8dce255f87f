"""The credit grade of a customer as the warnings remember it: the last one, and which run began the story."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from shared.contracts.alerts import Reason
from shared.contracts.credit_grades import CreditGrade, CreditGraded

LOW_GRADES = ("SHRINK", "STOP")


class Credit(msgspec.Struct, frozen=True, omit_defaults=True):
    """The credit grade that a run gave on a day. `by` said it; `began` was the first to say so low a grade, or this one: what goes
    from SHRINK to STOP, or back, is one story."""

    by: UUID
    began: UUID
    on: date
    grade: CreditGrade
    previous: CreditGrade | None = None
    points: int = 0
    reasons: tuple[Reason, ...] = ()


def graded(before: Credit | None, event: CreditGraded, event_id: UUID) -> Credit | None:
    """The grade after one more run; None: the customer has none any more."""
    if event.grade is None:
        return None
    goes_on = before is not None and before.grade in LOW_GRADES and event.grade in LOW_GRADES
    began = before.began if before is not None and goes_on else event_id
    return Credit(event_id, began, event.graded_on, event.grade, event.previous, event.points, event.reasons)
