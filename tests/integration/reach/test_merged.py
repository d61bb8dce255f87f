"""Two cards of one customer: whoever serves the leading one knows of both, in every service, and whoever served the other of neither."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.reach.place import PATIENCE_SECONDS, Place, running_place
from tests.integration.reach.world import COLLEAGUE, SALESPERSON, TOWN, day
from tests.integration.running import key


@pytest.mark.requirement("S0.23")
async def test_a_merged_card_goes_with_the_one_that_leads_it(database: Database, tmp_path: Path) -> None:
    async with running_place(database, tmp_path) as place:
        await place.send("cards", "PUT", f"/v1/areas/{TOWN}", {"name": "Town", "parent_id": None})
        for person in (SALESPERSON, COLLEAGUE):
            await place.send("cards", "PUT", f"/v1/areas/{TOWN}/salespeople/{person}", {"valid_from": day(-900)})
        lead, other = await _card(place, "Quillwright", SALESPERSON), await _card(place, "Quill Wright", COLLEAGUE)
        about = {
            "cards": f"/v1/customers/{other}",
            "classification": f"/v1/customers/{other}/trade-performance",
            "complaints": f"/v1/complaints/{await _complaint(place, other)}",
            "alerts": f"/v1/customers/{other}/why-not",
        }
        serving, served_before = place.caller("salesperson", SALESPERSON), place.caller("salesperson", COLLEAGUE)
        for service, path in about.items():
            await _until_known(place, service, path, served_before)
            assert (await place.get(service, path, serving)).status_code == 404, service
        body = {"merged_id": other, "reason": "registered twice"}
        await place.send(
            "cards", "POST", f"/v1/customers/{lead}/merge", body, await place.version("cards", f"/v1/customers/{lead}")
        )
        for service, path in about.items():
            await _until_known(place, service, path, serving)
            assert (await place.get(service, path, served_before)).status_code == 404, service


async def _card(place: Place, name: str, salesperson: str) -> str:
    card = {"kind": "COMPANY", "name": name, "area_id": TOWN, "salesperson_id": salesperson, "trading_since": day(-800)}
    found: str = (await place.send("cards", "POST", "/v1/customers", card)).json()["customer_id"]
    return found


async def _complaint(place: Place, customer: str) -> str:
    about = {
        "customer": {"id": customer},
        "channel": "HOTLINE",
        "received_on": day(-2),
        "kind": "QUALITY",
        "description": "Breaks",
    }

    async def taken() -> str | None:
        answer = await place.clients["complaints"].post("/v1/complaints", json=about, headers={**place.office, **key()})
        return str(answer.json()["id"]) if answer.is_success else None

    # Complaints learn of a card a moment after it is there.
    found: str = await eventually(taken, timeout=PATIENCE_SECONDS)
    return found


async def _until_known(place: Place, service: str, path: str, caller: Mapping[str, str]) -> None:
    async def known() -> bool:
        return (await place.get(service, path, caller)).status_code == 200

    await eventually(known, timeout=PATIENCE_SECONDS)
