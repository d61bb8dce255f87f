"""Alerts through HTTP on a real database: facts in the store of cards become warnings, people take them to an end."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.integration.alerts.conftest import Alerts, ago, sale, sales


@pytest.mark.requirement("S3.38", "S3.29")
async def test_a_silent_regular_is_warned_of_at_go_live_and_recovers_with_the_next_purchase(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, *sales(customer, ago(45)))
    await alerts.go_live()
    alert = await alerts.the_alert(customer)
    assert (alert["kind"], alert["rule_id"], alert["state"]) == ("silence", "silent_beyond_own_rhythm", "OPEN")
    assert alert["reasons"][0]["figures"]["median_gap_days"] == "10"
    await alerts.ledger(customer, sale(customer, ago(0)))
    recovered = await alerts.the_alert(customer, state="RECOVERED")
    assert recovered["id"] == alert["id"]
