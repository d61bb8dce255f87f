"""A complaint is not handled in time: the superior is told.

Which steps are due when is the company's procedure for complaints; the service complaints says what was missed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.missed_steps import MissedStep
from services.alerts.domain.signs import Rule, Sign, Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason

RULE_ID = "complaint_deadline_missed"


def complaint_deadline_missed(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Act where one step of a complaint is overdue (`act`, published, says how many); over when it was taken or the complaint has ended."""
    least = terms.parameters[RULE_ID].whole("act")
    return tuple(_sign(steps, least, terms, today) for steps in _by_complaint(customer).values())


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """For each complaint of which something is overdue, how many steps are."""
    least, found = terms.parameters[RULE_ID].whole("act"), list[Condition]()
    for complaint_id, steps in _by_complaint(customer).items():
        sentence = f"{len(steps)} steps of complaint {complaint_id} are overdue."
        found.append(at_least(str(complaint_id), "act", "STEPS_OVERDUE", sentence, len(steps), least))
    return tuple(found) or (at_least(ALL, "act", "STEPS_OVERDUE", "No step of a complaint is overdue.", 0, 1),)


def _by_complaint(customer: WatchedCustomer) -> dict[UUID, list[MissedStep]]:
    found: dict[UUID, list[MissedStep]] = {}
    for one in customer.missed:
        found.setdefault(one.complaint_id, []).append(one)
    return found


def _sign(steps: list[MissedStep], least: int, terms: Terms, today: date) -> Sign:
    warned = len(steps) >= least
    since = min(steps[0].due_at.astimezone(terms.zone).date(), today)
    return Sign(
        channel=str(steps[0].complaint_id),
        began=steps[0].event_id,
        level="act" if warned else None,
        true_on=since if warned else None,
        over=not warned,
        changes_on=lambda: None,
        reasons=lambda: tuple(_reason(one) for one in steps),
        evidence=lambda: tuple(one.event_id for one in steps),
    )


def _reason(one: MissedStep) -> Reason:
    figures: dict[str, str | int] = {
        "complaint_id": str(one.complaint_id),
        "step": one.step,
        "round": one.round,
        "due_at": one.due_at.isoformat(),
        "severity": one.severity,
    }
    if one.department is not None:
        figures["department"] = one.department
    sentence = f"{one.step} of complaint {one.complaint_id} was due at {one.due_at:%Y-%m-%d %H:%M} UTC and is not done."
    return Reason(code="STEP_OVERDUE", sentence=sentence, figures=figures)


def _ended(_customer: WatchedCustomer, on: date) -> Reason:
    return Reason(
        code="NOTHING_OVERDUE_ANY_MORE",
        sentence=f"On {on} no step of the complaint is overdue.",
        figures={"as_of": on.isoformat()},
    )


COMPLAINT_DEADLINE_MISSED = Rule(
    id=RULE_ID,
    kind="complaints",
    title="A complaint is not handled in time",
    waits_for=(),
    defaults={"act": Decimal(1)},
    judge=complaint_deadline_missed,
    ended=_ended,
    why_not=why_not,
)
