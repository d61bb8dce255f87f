"""Further kinds of warning through HTTP: what fell silent beside the orders, what fades, what is complained about, what was expected."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.agreements import ClosurePlanned, ExpectationSet, NextOrderAgreed
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.event import Event
from shared.contracts.promises import InvestmentRecorded
from shared.contracts.transactions import SaleLine, SaleRecorded
from tests.integration.alerts.conftest import Alerts, PoolOf, ago, cny, invoice, payment, sales
from tests.integration.running import record


def figures_of(alert: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {reason["code"]: reason["figures"] for reason in alert["reasons"]}


@pytest.mark.requirement("S3.29", "S3.48")
async def test_payments_that_stop_while_something_is_due_are_a_silence_of_their_own(alerts: Alerts) -> None:
    customer = uuid4()
    facts = []
    for i in range(9):
        paid_on = ago(45 + 10 * (8 - i))
        facts += [invoice(customer, f"n{i}", paid_on), payment(customer, f"p{i}", on=paid_on)]
    await alerts.ledger(customer, *facts, invoice(customer, "open", ago(30)))
    await alerts.go_live()
    alert = await alerts.the_alert(customer, rule_id="payments_fell_silent")
    assert (alert["kind"], alert["channel"]) == ("silence", "payments")
    found = figures_of(alert)
    assert found["OWN_RHYTHM"]["median_gap_days"] == "10"
    assert found["SILENT_DAYS"]["last_payment_on"] == ago(45).isoformat()
    assert found["OVERDUE_MEANWHILE"]["overdue_amount"] == "900.00"
    await alerts.ledger(customer, payment(customer, "late", "100.00"))
    await alerts.recovered(alert["id"])


@pytest.mark.requirement("S3.38")
async def test_a_buyer_whom_nobody_visits_any_more_is_not_neglected_unseen(alerts: Alerts) -> None:
    customer, visited = uuid4(), uuid4()
    for one, last in ((customer, ago(100)), (visited, ago(10))):
        visits = [
            InvestmentRecorded(customer_id=one, investment_id=uuid4(), kind="VISIT", spent_on=last - timedelta(days=30 * (7 - i)))
            for i in range(8)
        ]
        await record(alerts.cards, "cards", [(f"investment-{one}", one, visit) for visit in visits])
        await alerts.ledger(one, *sales(one, ago(5)))
    await alerts.go_live()
    alert = await alerts.the_alert(customer, rule_id="nobody_in_touch")
    assert (alert["kind"], alert["channel"]) == ("silence", "contacts")
    assert figures_of(alert)["SILENT_DAYS"]["last_contact_on"] == ago(100).isoformat()
    await alerts.caught_up()
    assert await alerts.alerts_of(visited) == []


def sale_of(customer: UUID, on: date, amount: str, *articles: str) -> Event:
    lines = tuple(SaleLine(article=one, quantity=Decimal(1), net=Decimal(1)) for one in articles)
    fact_id = str(uuid4())
    return SaleRecorded(customer_id=customer, source="erp", source_event_id=fact_id, sold_on=on, net=cny(amount), lines=lines)


@pytest.mark.requirement("S3.38", "S2.23")
async def test_a_customer_fades_before_it_falls_silent(alerts: Alerts) -> None:
    smaller, narrower = uuid4(), uuid4()
    await alerts.ledger(
        smaller, *(sale_of(smaller, ago(2 + 10 * i), "250.00" if i < 5 else "500.00") for i in reversed(range(25)))
    )
    facts = []
    for i in reversed(range(56)):
        day = ago(1 + 7 * i)
        articles = [f"A-{(4 * i + n) % (5 if i < 19 else 30)}" for n in range(4)]
        facts.append(sale_of(narrower, day, "500.00", *articles))
    await alerts.ledger(narrower, *facts)
    await alerts.go_live()
    fading = await alerts.the_alert(smaller)
    assert (fading["kind"], fading["rule_id"], fading["channel"]) == ("silence", "orders_fading", "orders")
    found = figures_of(fading)["ORDERS_SMALLER"]
    assert (found["recent_order"], found["usual_order"], found["currency"]) == ("250.00", "500.00", "CNY")
    range_of = await alerts.the_alert(narrower)
    assert (range_of["kind"], range_of["rule_id"], range_of["level"]) == ("silence", "range_of_articles_narrowing", "act")
    assert range_of["true_on"] == ago(0).replace(day=1).isoformat()


@pytest.mark.requirement("S1.20")
async def test_complaints_that_burst_and_repeat_enter_the_procedure_as_their_own_kind(alerts: Alerts) -> None:
    customer = uuid4()
    for days in (25, 20, 3):
        complaint = uuid4()
        received = ComplaintReceived(
            complaint_id=complaint,
            customer_id=customer,
            kind="TRANSPORT",
            channel="HOTLINE",
            received_on=ago(days),
            article="LAMP-40",
        )
        await record(alerts.complaints, "complaints", [(f"complaint-{complaint}", customer, received)])
    await alerts.go_live()
    burst = await alerts.the_alert(customer, rule_id="complaint_burst", kind="complaints")
    assert figures_of(burst)["MORE_COMPLAINTS_THAN_USUAL"]["complaints"] == 3
    repeated = await alerts.the_alert(customer, rule_id="complaint_cause_repeated", kind="complaints")
    assert (repeated["channel"], repeated["level"]) == ("TRANSPORT LAMP-40", "watch")
    assert figures_of(repeated)["SAME_CAUSE"]["last_on"] == ago(3).isoformat()


@pytest.mark.requirement("S3.29")
async def test_silence_until_the_agreed_order_and_during_a_planned_closure_is_none(alerts: Alerts) -> None:
    plain, waits, closed = uuid4(), uuid4(), uuid4()
    for customer in (plain, waits, closed):
        await alerts.ledger(customer, *sales(customer, ago(45)))
    agreed = NextOrderAgreed(customer_id=waits, due_on=ago(-20))
    planned = ClosurePlanned(customer_id=closed, closure_id=uuid4(), first_on=ago(40), last_on=ago(2), reason="RENOVATION")
    await record(alerts.cards, "cards", [(f"card-{waits}", waits, agreed), (f"card-{closed}", closed, planned)])
    await alerts.go_live()
    await alerts.the_alert(plain)
    await alerts.caught_up()
    for customer, why in ((waits, "NEXT_ORDER_AGREED"), (closed, "CLOSED_AS_PLANNED")):
        assert await alerts.alerts_of(customer) == []
        answer = await alerts.client.get(f"/v1/customers/{customer}/why-not", params={"rule": "silent_beyond_own_rhythm"})
        assert answer.status_code == 200, answer.text
        assert why in answer.text


@pytest.mark.requirement("S2.20")
async def test_sales_below_what_is_expected_are_warned_of_by_month(alerts: Alerts, pool_of: PoolOf) -> None:
    customer = uuid4()
    number = ago(0).year * 12 + ago(0).month - 1
    months = [date((number - back) // 12, (number - back) % 12 + 1, 10) for back in (3, 2, 1)]
    await alerts.ledger(customer, *(sale_of(customer, day, "600.00") for day in months))
    expected = ExpectationSet(customer_id=customer, currency="CNY", from_on=months[0].replace(day=1), monthly=cny("1000.00"))
    stream = f"expectation-{customer}"
    await record(await pool_of(alerts.database, "classification"), "classification", [(stream, customer, expected)])
    await alerts.go_live()
    alert = await alerts.the_alert(customer, rule_id="sales_below_expectation")
    assert (alert["kind"], alert["level"], alert["channel"]) == ("sales", "act", "CNY")
    found = figures_of(alert)["BELOW_EXPECTATION"]
    assert (found["sold"], found["expected"], found["share_missing"]) == ("1800.00", "3000.00", "0.4000")
