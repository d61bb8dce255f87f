"""Alerts of one customer, followed day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from services.alerts.domain.alert_state import Alert, evolve, read, state_of, write
from services.alerts.domain.areas import Area
from services.alerts.domain.due import look_on
from services.alerts.domain.following import Customer, Standards, follow
from services.alerts.domain.procedure import BUILT_IN
from shared.contracts.alert_steps import (
    Holder,
)
from shared.contracts.alerts import (
    AlertEvent,
    AlertOpened,
    CustomerFigures,
    Finding,
    Level,
)
from shared.contracts.money import Money

CUSTOMER, PERSON, MEASURE, MUTE = (UUID(int=n) for n in (2, 3, 4, 5))
MONDAY = date(2026, 3, 2)
AREAS: Mapping[str, Area] = {
    "CN": Area("CN", None, ((date(2026, 1, 1), "E-01"),)),
    "EAST": Area("EAST", "CN", ((date(2026, 1, 1), "E-07"), (date(2026, 3, 20), "E-08"))),
}
PROCEDURE = msgspec.structs.replace(BUILT_IN, version=3, holders=(Holder(side="CREDIT", persons=("E-30",), area_id="CN"),))
STANDARDS = Standards(PROCEDURE, {}, AREAS)
OWES = CustomerFigures(as_of=MONDAY, exposure=(Money(Decimal("900.00"), "CNY"),), overdue=(Money(Decimal("900.00"), "CNY"),))
SERVED = Customer("EAST", "E-12", OWES)


def about(n: int = 1, kind: str = "credit") -> dict[str, Any]:
    return {"alert_id": UUID(int=n), "customer_id": CUSTOMER, "kind": kind}


def finding(level: Level) -> Finding:
    return Finding(rule_id="overdue_debt", rule_version=1, level=level, true_on=MONDAY, reasons=())


def opened(level: Level = "act", n: int = 1, kind: str = "credit") -> AlertOpened:
    return AlertOpened(**about(n, kind), channel="CNY", finding=finding(level))


def alert(*events: AlertEvent) -> Alert:
    state = state_of(events)
    assert state is not None
    return state


def days(n: int, since: date = MONDAY) -> date:
    return since + timedelta(days=n)


class Story:
    """Alerts of one customer, day by day."""

    def __init__(self, *events: AlertEvent, standards: Standards = STANDARDS, customer: Customer = SERVED) -> None:
        self.alerts: dict[UUID, Alert] = {}
        self.standards, self.customer = standards, customer
        self.tell(*events)

    def tell(self, *events: AlertEvent) -> None:
        for event in events:
            self.alerts[event.alert_id] = evolve(self.alerts.get(event.alert_id), event)

    def on(self, day: date) -> Sequence[AlertEvent]:
        found = follow(list(self.alerts.values()), self.standards, self.customer, day)
        self.tell(*found)
        assert follow(list(self.alerts.values()), self.standards, self.customer, day) == [], "said twice"
        for state in self.alerts.values():
            assert read(write(state)) == state
            waits = look_on(state)
            assert waits is None or waits >= day, "looked at again and again"
        return found

    def the(self, n: int = 1) -> Alert:
        return self.alerts[UUID(int=n)]
