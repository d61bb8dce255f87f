"""Everything that is held on a customer, over HTTP: of all services, in the clear for who may see it, and nothing of others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.cards.wiring import build_api
from shared.contracts.alerts import NoteAdded
from shared.contracts.complaints import ComplaintReceived
from shared.privacy.sealing import Sealer
from shared.privacy.secrets import load_secrets
from tests.integration.cards.conftest import Cards, PoolOf, sale
from tests.integration.cards.test_merging import merge
from tests.integration.running import record, serving

PERSON = {
    "kind": "PERSON",
    "person_name": "Li Na",
    "telephone": "+86 10 6552 9988",
    "external_ids": [{"system": "erp", "value": "K-1"}],
    "traits": {"hobbies": "plays go"},
}


async def told(cards: Cards, customer: UUID) -> dict[str, Any]:
    answer = await cards.get(f"/v1/customers/{customer}/subject-access")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("regulars.").removesuffix(".v1") for event in events]


async def elsewhere(cards: Cards, pool_of: PoolOf, customer: UUID) -> None:
    """A complaint and a note on an alert of the customer, sealed as their services seal them."""
    secrets = load_secrets(cards.settings.secrets)
    sealer = Sealer(cards.pool, secrets.master, secrets.fingerprint, lambda: datetime.now(UTC))
    await sealer.keys_for([customer])
    complaint, alert = uuid4(), uuid4()
    received = ComplaintReceived(
        complaint_id=complaint,
        customer_id=customer,
        kind="QUALITY",
        channel="WEB",
        received_on=date(2026, 3, 2),
        description="Two hinges are bent",
    )
    note = NoteAdded(alert_id=alert, customer_id=customer, kind="credit", note="He is in hospital", added_by=uuid4())
    for service, stream, event in (
        ("complaints", f"complaint-{complaint}", received),
        ("alerts", f"alert-{alert}", note),
    ):
        pool = await pool_of(cards.database, service)
        await record(pool, service, [(stream, customer, sealer.seal(event, stream, customer))])


@pytest.mark.requirement("S4.8")
async def test_one_document_holds_everything_of_all_services_and_nothing_of_others(api: Cards, pool_of: PoolOf) -> None:
    customer = UUID((await api.post("/v1/customers", PERSON)).json()["customer_id"])
    stranger = await api.register("K-2")
    await api.post("/v1/sales", sale("S-1", "K-1"))
    await api.post("/v1/sales", sale("S-2", "K-2"))
    await api.post(f"/v1/customers/{customer}/intents", {"intent_class": "OIL", "grade": "A", "text": "wants more hinges"})
    await elsewhere(api, pool_of, customer)
    await elsewhere(api, pool_of, stranger)
    found = await told(api, customer)
    assert types(found["held"]["cards"]) == ["cards.customer-registered", "cards.sale-recorded", "cards.intent-opened"]
    assert types(found["held"]["complaints"]) == ["complaints.complaint-received"]
    assert types(found["held"]["alerts"]) == ["alerts.note-added"]
    assert found["held"]["classification"] == []
    assert found["held"]["complaints"][0]["data"]["description"] == "Two hinges are bent"
    assert found["held"]["alerts"][0]["data"]["note"] == "He is in hospital"
    assert found["held"]["cards"][0]["data"]["basics"]["traits"]["hobbies"] == "plays go"
    assert found["card"]["person_name"] == "Li Na"
    assert found["found_by"] == {"name": 1, "telephone": 1}
    everything = str(found)
    for word in ("sealed:", str(stranger), "S-2", "Hua Xin"):
        assert word not in everything


async def test_cards_that_were_merged_into_it_are_part_of_it(api: Cards) -> None:
    lead, other = await api.register("K-1"), await api.register("K-2")
    await api.post("/v1/sales", sale("S-2", "K-2"))
    assert (await merge(api, lead, other)).status_code == 200
    found = await told(api, lead)
    assert found["merged"] == [str(other)]
    assert sorted(types(found["held"]["cards"])) == [
        "cards.customer-registered",
        "cards.customer-registered",
        "cards.customers-merged",
        "cards.merged-into",
        "cards.sale-recorded",
    ]


async def test_who_may_not_see_persons_is_told_the_facts_alone(api: Cards) -> None:
    customer = UUID((await api.post("/v1/customers", PERSON)).json()["customer_id"])
    async with serving(build_api(api.settings), api.folder, ["cards.subject.read"], uuid4()) as client:
        found: httpx.Response = await client.get(f"/v1/customers/{customer}/subject-access")
    assert (found.status_code, found.json()["personal_data"]) == (200, "withheld")
    for word in ("Li Na", "plays go", "sealed:", "6552"):
        assert word not in found.text


async def test_of_who_is_erased_or_unknown_there_is_no_document(api: Cards) -> None:
    customer = UUID((await api.post("/v1/customers", PERSON)).json()["customer_id"])
    assert (await api.erase(customer)).status_code == 200
    for one, status in ((customer, 410), (uuid4(), 404)):
        answer = await api.get(f"/v1/customers/{one}/subject-access")
        assert (answer.status_code, "Li Na" in answer.text) == (status, False)
