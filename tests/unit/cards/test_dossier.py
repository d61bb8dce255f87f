"""The row of the dossier: each sub-row from its own topic, the same however the topics of a customer interleave."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.cards.read_models.dossier import (
    Dossier,
    alerts_of,
    classified_of,
    complaints_of,
    evolve,
    investments_of,
)
from shared.contracts.alerts import (
    AbnormalityReported,
    AlertAcknowledged,
    AlertClosed,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    Finding,
    Level,
    MeasureDecided,
    Reason,
)
from shared.contracts.classification import ValueClassChanged
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded
from shared.contracts.relations import CustomersMerged, MergedInto
from tests.unit.cards.telling import CUSTOMER, told

DAY = date(2026, 7, 1)
FIRST, SECOND = UUID(int=21), UUID(int=22)
PERSON = UUID(int=12)


def received(complaint: UUID = FIRST, on: date = DAY, **more: Any) -> ComplaintReceived:
    return ComplaintReceived(complaint_id=complaint, customer_id=CUSTOMER, kind="QUALITY", channel="WEB", received_on=on, **more)


def finding(level: Level) -> Finding:
    return Finding(rule_id="overdue_debt", rule_version=1, level=level, true_on=DAY, reasons=(Reason(code="X", sentence="x"),))


def opened(alert: UUID = FIRST, level: Level = "act", kind: Any = "credit") -> AlertOpened:
    return AlertOpened(alert_id=alert, customer_id=CUSTOMER, kind=kind, channel="CNY", finding=finding(level))


def about(cls: type[Any], alert: UUID = FIRST, **more: Any) -> Event:
    event: Event = cls(alert_id=alert, customer_id=CUSTOMER, kind="credit", **more)
    return event


CLOSED = about(AlertClosed, outcome="TRUE", cause="INSOLVENT", closed_by=PERSON)
CLASS_A = ValueClassChanged(
    customer_id=CUSTOMER,
    run_id=FIRST,
    standard="value_class",
    standard_version=1,
    period_from=date(2025, 7, 1),
    period_to=date(2026, 6, 30),
    value_class="A",
    net=Money(Decimal("900.00"), "CNY"),
    rank=1,
)


def spent(kind: Any, cost: str | None = None, hours: str | None = None, on: date = DAY) -> InvestmentRecorded:
    return InvestmentRecorded(
        customer_id=CUSTOMER,
        investment_id=FIRST,
        kind=kind,
        spent_on=on,
        cost=None if cost is None else Money(Decimal(cost), "CNY"),
        hours=None if hours is None else Decimal(hours),
    )


def folded(envelopes: Sequence[Envelope]) -> Dossier:
    row: Dossier | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    assert row is not None
    return row


def after(*events: Event) -> Dossier:
    return folded(told(events))


def test_an_open_complaint_is_there_until_it_ends() -> None:
    claimed = Money(Decimal("40.00"), "CNY")
    row = after(received(SECOND, claimed=claimed), received(FIRST, date(2026, 6, 1)))
    assert [one.complaint_id for one in complaints_of(row).open] == [FIRST, SECOND]
    assert [(one.claimed, one.disputed) for one in complaints_of(row).open] == [(None, False), (claimed, True)]
    assert row.open_complaints == 2
    handled = after(
        received(claimed=claimed),
        ComplaintAssessed(complaint_id=FIRST, customer_id=CUSTOMER, founded=True, assessed_on=DAY, severity="HIGH"),
        ClaimSettled(complaint_id=FIRST, customer_id=CUSTOMER, settled_on=DAY),
        SolutionCarriedOut(complaint_id=FIRST, customer_id=CUSTOMER, solution="REPLACED", carried_out_on=DAY),
    )
    [one] = complaints_of(handled).open
    assert (one.state, one.founded, one.severity, one.disputed) == ("SOLVED", True, "HIGH", False)


@pytest.mark.parametrize(
    ("end", "withdrawn"),
    [
        (ComplaintClosed(complaint_id=FIRST, customer_id=CUSTOMER, closed_on=DAY), 0),
        (ComplaintWithdrawn(complaint_id=FIRST, customer_id=CUSTOMER, withdrawn_on=DAY), 1),
    ],
)
def test_an_ended_complaint_is_only_counted(end: Event, withdrawn: int) -> None:
    row = after(received(), received(SECOND), end)
    complaints = complaints_of(row)
    assert ([one.complaint_id for one in complaints.open], complaints.received, complaints.withdrawn) == ([SECOND], 2, withdrawn)
    assert row.open_complaints == 1


def test_an_alert_stays_until_a_person_closes_it() -> None:
    row = after(opened(), about(AlertRecovered, reasons=(), true_on=DAY))
    [alert] = alerts_of(row).open
    assert (alert.state, row.open_alerts, row.credit_level) == ("RECOVERED", 1, None)
    row = after(opened(), CLOSED)
    assert (alerts_of(row).open, row.open_alerts, row.credit_level) == ((), 0, None)
    [past] = alerts_of(row).past_credit
    assert (past.alert_id, past.outcome, past.cause, past.channel) == (FIRST, "TRUE", "INSOLVENT", "CNY")


def test_the_credit_level_is_the_worst_of_open_warnings_about_credit() -> None:
    assert after(opened(level="watch"), opened(SECOND, "stop", "silence")).credit_level == "watch"
    assert after(opened(level="act"), opened(SECOND, "watch")).credit_level == "act"
    assert after(opened(level="watch"), about(AlertWorsened, finding=finding("stop"))).credit_level == "stop"


def test_a_closed_alert_may_come_back_and_is_one_alert() -> None:
    row = after(opened(), CLOSED, about(AlertReopened, finding=finding("stop")))
    alerts = alerts_of(row)
    [alert] = alerts.open
    assert (alert.channel, alert.level, alert.state, alerts.opened, alerts.past_credit) == ("CNY", "stop", "OPEN", 1, ())


def test_what_persons_do_to_an_alert_is_shown() -> None:
    row = after(
        opened(),
        about(AlertAcknowledged, acknowledged_by=PERSON, next_check_on=DAY),
        about(MeasureDecided, measure="HOLD", decided_by=PERSON),
    )
    [alert] = alerts_of(row).open
    assert (alert.state, alert.next_check_on, alert.measure) == ("ACKNOWLEDGED", DAY, "HOLD")
    reported = AbnormalityReported(
        alert_id=SECOND, customer_id=CUSTOMER, kind="reported", reported_by=PERSON, reported_on=DAY, sign="OWNER_GONE"
    )
    [alert] = alerts_of(after(reported)).open
    assert (alert.level, alert.reasons[0].code) == ("act", "REPORTED")


def test_the_last_class_stands_and_none_is_an_answer() -> None:
    left = ValueClassChanged(
        customer_id=CUSTOMER,
        run_id=SECOND,
        standard="value_class",
        standard_version=1,
        period_from=DAY,
        period_to=DAY,
        previous="A",
        reason="NO_SALES",
    )
    row = after(CLASS_A)
    assert (row.value_class, classified_of(row)) == ("A", CLASS_A)
    row = after(CLASS_A, left)
    assert (row.value_class, classified_of(row)) == (None, left)


def test_investments_add_up_by_kind_and_currency() -> None:
    row = after(
        spent("VISIT", hours="2"),
        spent("PROMOTION", "100.00", on=date(2026, 5, 1)),
        spent("VISIT", "30.00", "1.5", date(2026, 1, 1)),
    )
    promotion, visits = investments_of(row)
    assert (promotion.kind, promotion.times, promotion.costs) == ("PROMOTION", 1, {"CNY": Decimal("100.00")})
    assert (visits.times, visits.hours, visits.costs, visits.last_on) == (2, Decimal("3.5"), {"CNY": Decimal("30.00")}, DAY)


def test_merged_cards_know_each_other() -> None:
    lead = after(CustomersMerged(customer_id=CUSTOMER, merged_id=SECOND), CustomersMerged(customer_id=CUSTOMER, merged_id=FIRST))
    assert lead.merged == (str(FIRST), str(SECOND))
    assert after(MergedInto(customer_id=CUSTOMER, lead_id=FIRST)).lead_id == FIRST


def test_topics_in_any_order_give_the_same_row() -> None:
    """INVARIANT: a sub-row is touched by the events of its own topic only; breaks when one topic writes what another reads."""
    streams = [
        told([received(), ComplaintAssessed(complaint_id=FIRST, customer_id=CUSTOMER, founded=False, assessed_on=DAY)]),
        told([opened(), about(AlertWorsened, finding=finding("stop"))]),
        told([CLASS_A]),
        told([spent("GIFT", "5.00"), CustomersMerged(customer_id=CUSTOMER, merged_id=SECOND)]),
    ]
    rows = {folded([*itertools.chain.from_iterable(order)]) for order in itertools.permutations(streams)}
    assert len(rows) == 1
