"""Further kinds of warning through HTTP: what fell silent beside the orders, what fades, what is complained about, what was expected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.promises import InvestmentRecorded
from tests.integration.alerts.conftest import Alerts, ago, invoice, payment, sales
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
    recovered = await alerts.the_alert(customer, rule_id="payments_fell_silent", state="RECOVERED")
    assert recovered["id"] == alert["id"]


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
