"""A customer complains of the same thing again and again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.grievances import Grievance, within
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "complaint_cause_repeated"
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


def complaint_cause_repeated(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Three complaints of one cause within 90 days (watch), or five (act). A cause is the kind of complaint with the article
    that was named; where none was named, the kind alone."""
    if not customer.grievances.latest:
        return ()
    parameters = terms.parameters[RULE_ID]
    found = _by_cause(customer, parameters, on)
    return tuple(_sign(customer, cause, several, parameters, on) for cause, several in found.items())


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """For each cause and level the number of complaints."""
    parameters, found = terms.parameters[RULE_ID], list[Condition]()
    for cause, several in _by_cause(customer, parameters, on).items():
        sentence = f"{len(several)} complaints of {cause} in {parameters.whole('within_days')} days."
        found += [
            at_least(cause, level, "COMPLAINTS_OF_CAUSE", sentence, len(several), parameters.whole(level))
            for level in _RULE_LEVELS
        ]
    return tuple(found) or (at_least(ALL, "watch", "COMPLAINTS", "No complaint is known.", 0, 1),)


def _by_cause(customer: WatchedCustomer, parameters: Parameters, on: date) -> dict[str, list[Grievance]]:
    """Every cause that is remembered, with its complaints of the window."""
    latest = within(customer.grievances, on, parameters.whole("within_days"))
    causes = sorted({one.cause for one in customer.grievances.latest})
    return {cause: [one for one in latest if one.cause == cause] for cause in causes}


def _sign(customer: WatchedCustomer, cause: str, several: list[Grievance], parameters: Parameters, on: date) -> Sign:
    days = parameters.whole("within_days")
    level = next((level for level in reversed(_RULE_LEVELS) if len(several) >= parameters.whole(level)), None)
    remembered = several or [one for one in customer.grievances.latest if one.cause == cause]
    first, last = date.fromordinal(remembered[0].day), date.fromordinal(remembered[-1].day)

    def reasons() -> tuple[Reason, ...]:
        return (
            Reason(
                code="SAME_CAUSE",
                sentence=f"{len(several)} complaints of {cause} in {days} days, from {first} to {last}.",
                figures={
                    "cause": cause,
                    "complaints": len(several),
                    "within_days": days,
                    "first_on": first.isoformat(),
                    "last_on": last.isoformat(),
                    "as_of": on.isoformat(),
                },
            ),
        )

    return Sign(
        channel=cause,
        began=remembered[0].event_id,
        level=level,
        true_on=None if level is None else last,
        over=False,
        changes_on=lambda: None if level is None else first + timedelta(days=days),
        reasons=reasons,
        evidence=lambda: tuple(one.event_id for one in several),
    )


def _ended(_customer: WatchedCustomer, on: date) -> Reason:
    return Reason(code="NO_MORE_OF_IT", sentence=f"On {on} no complaint of it is remembered.", figures={"as_of": on.isoformat()})


COMPLAINT_CAUSE_REPEATED = Rule(
    id=RULE_ID,
    kind="complaints",
    title="Complains of the same thing again",
    waits_for=(),
    defaults={"watch": Decimal(3), "act": Decimal(5), "within_days": Decimal(90), "calm_days": Decimal(30)},
    judge=complaint_cause_repeated,
    ended=_ended,
    why_not=why_not,
)
