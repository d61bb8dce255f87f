"""A deadline missed with a complaint becomes an alert for the superior: both services on one installation."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.complaints.settings import Settings
from services.complaints.wiring import build_api, run_work
from shared.contracts.alerts import AlertOpened
from shared.contracts.cards import Basics, CustomerRegistered
from shared.contracts.organisation import AreaDefined, SuperiorNamed
from shared.contracts.topics import ALERT_KIND_TOPICS, topics_of
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import Alerts
from tests.integration.running import key, record, serving, settings_of, working

PERSON = UUID("5a0d5c52-8a55-5f5a-8d6e-3b8d0c1e2f3a")
SCOPES = ("complaints.complaint.read", "complaints.complaint.write", "complaints.standard.write")
ALWAYS = {"zone": "UTC", "weekly": {str(day): [{"begins": "00:00", "ends": "24:00"}] for day in range(1, 8)}}


@pytest.mark.requirement("S2.47", "S2.30")
async def test_a_complaint_that_nobody_takes_up_in_time_is_told_to_the_superior(alerts: Alerts, tmp_path: Path) -> None:
    customer = uuid4()
    area = AreaDefined(area_id="EAST", name="East")
    superior = SuperiorNamed(area_id="EAST", superior_id="E-07", since=date(2026, 1, 1))
    await record(alerts.cards, "cards", [("area-EAST", None, area), ("area-EAST", None, superior)])
    card = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin"), area_id="EAST")
    known_at = await record(alerts.cards, "cards", [(f"card-{customer}", customer, card)])
    await alerts.go_live()
    settings = Settings(**settings_of(alerts.database, "complaints", tmp_path))
    async with serving(build_api(settings), tmp_path, SCOPES, PERSON) as client, working(run_work(settings)):

        async def put(path: str, body: dict[str, Any]) -> None:
            answer = await client.put(path, json=body, headers={**key(), "If-Match": '"0"'})
            assert answer.status_code == 200, answer.text

        await put("/v1/working-hours/company", ALWAYS)
        await put("/v1/complaint-procedure", {"due_minutes": {"MEDIUM": {"ACKNOWLEDGED": 60}}})
        body = {"customer": {"id": str(customer)}, "kind": "SERVICE", "channel": "HOTLINE", "received_on": "2026-03-02"}
        received = await client.post("/v1/complaints", json=body, headers=key(), params={"min_position": known_at})
        assert received.status_code == 201, received.text
        complaint = received.json()["id"]

        async def warned() -> list[dict[str, Any]]:
            return await alerts.alerts_of(customer, rule_id="complaint_deadline_missed")

        [alert] = await eventually(warned, timeout=60)
        assert (alert["kind"], alert["channel"], alert["level"]) == ("complaints", complaint, "act")
        figures = alert["reasons"][0]["figures"]
        assert (figures["step"], figures["complaint_id"]) == ("ACKNOWLEDGED", complaint)

        async def asked() -> dict[str, list[str]]:
            whole = await alerts.whole(alert["id"])
            return {side["side"]: side["persons"] for side in whole.get("sides", [])}

        sides = await eventually(asked, timeout=60)
        assert sides["SUPERIOR"] == ["E-07"]
        stored = await alerts.own.fetchrow(
            "SELECT type, body::text FROM alerts.published_events WHERE type = $1 AND customer_id = $2",
            AlertOpened.type,
            customer,
        )
        assert ALERT_KIND_TOPICS["complaints"] in topics_of(stored["type"], stored["body"].encode())
        headers = {**key(), "If-Match": '"1"'}
        taken = await client.post(f"/v1/complaints/{complaint}/acknowledgement", json={}, headers=headers)
        assert taken.status_code == 200, taken.text

        async def recovered() -> bool:
            [now] = await alerts.alerts_of(customer, rule_id="complaint_deadline_missed")
            return bool(now["state"] == "RECOVERED")

        assert await eventually(recovered, timeout=60)
