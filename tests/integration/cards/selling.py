"""A small sales organisation with customers in it, and its people as callers of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx

from services.cards.read_models import READ_MODELS
from shared.auth.keys import make_key
from shared.privacy.secrets import load_secrets
from shared.projections.waiting import wait_for
from tests.integration.cards.conftest import Cards
from tests.integration.running import key

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
YESTERDAY, NEXT_WEEK, LAST_WEEK = (str(TODAY + timedelta(days)) for days in (-1, 7, -7))
AREAS = {"CHINA": None, "EAST": "CHINA", "SHANGHAI": "EAST", "WEST": "CHINA"}
SERVED = {"own": ("SHANGHAI", "E-44"), "colleague": ("SHANGHAI", "E-46"), "far": ("WEST", "E-45"), "nobody": (None, None)}
"""Whose customers they are: those of E-44, of a colleague under the same superior, of somebody elsewhere, of nobody."""
NAMES = {"own": "Lotus Tools", "colleague": "Maple Hardware", "far": "Cedar Machines", "nobody": "Willow Works"}
TELEPHONES = {"own": "+8613800000044", "colleague": "+8613800000046", "far": "+8613800000045", "nobody": "+8613800000040"}


@dataclass(frozen=True)
class Selling:
    """The customers by what they are to E-44, each with a promise and an intent."""

    cards: Cards
    customers: dict[str, UUID]
    persons: dict[str, UUID]
    promises: dict[str, str]
    intents: dict[str, str]

    def signs(self, *of: str) -> set[str]:
        """What must not be in an answer to somebody who does not know them: ids, names, numbers."""
        found = {str(some[one]) for some in (self.customers, self.persons) for one in of}
        found |= {some[one] for some in (self.promises, self.intents) for one in of}
        return found | {NAMES[one] for one in of} | {f"K-{one}" for one in of} | {TELEPHONES[one] for one in of}

    def own_signs(self, of: str) -> set[str]:
        return {str(self.customers[of]), str(self.persons[of]), self.promises[of], self.intents[of]}

    async def moved(self, which: str, area_id: str | None, salesperson_id: str | None) -> str:
        """Hand a customer over; the position after it."""
        customer = self.customers[which]
        version = (await self.cards.get(f"/v1/customers/{customer}")).headers["ETag"].strip('"')
        body = {"area_id": area_id, "salesperson_id": salesperson_id}
        answer = await self.cards.put(f"/v1/customers/{customer}/assignment", body, int(version))
        assert answer.status_code == 200, answer.text
        return answer.headers["Regulars-Position"]


async def caught_up(cards: Cards, positions: Iterable[str]) -> None:
    """Wait until every list knows these positions."""
    for position in positions:
        for model in READ_MODELS:
            assert await wait_for(cards.pool, "cards", model, position, timeout=10.0), model.name


async def selling(cards: Cards) -> Selling:
    positions = []
    for area_id, parent_id in AREAS.items():
        await cards.put(f"/v1/areas/{area_id}", {"name": area_id.title(), "parent_id": parent_id}, None)
    for area_id, person in (("EAST", "E-07"), ("WEST", "E-09")):
        answer = await cards.put(f"/v1/areas/{area_id}/superior", {"superior_id": person, "valid_from": LAST_WEEK}, None)
        positions.append(answer.headers["Regulars-Position"])
    customers, persons, promises, intents = {}, {}, {}, {}
    for one, (area_id, salesperson_id) in SERVED.items():
        served = {"area_id": area_id, "salesperson_id": salesperson_id}
        terms = {"payment_days": 30, "agreed_on": YESTERDAY, "credit_limit": {"amount": "90000.00", "currency": "CNY"}}
        customers[one] = await cards.register(f"K-{one}", name=NAMES[one], terms=terms, **served)
        person = {"kind": "PERSON", "person_name": f"Li {one}", "telephone": TELEPHONES[one], **served}
        entered = await cards.post("/v1/customers", person)
        persons[one] = UUID(entered.json()["customer_id"])
        positions.append(entered.headers["Regulars-Position"])
        positions += [await _traded(cards, one), await _came(cards, one)]
        path = f"/v1/customers/{customers[one]}"
        promise = {"made_by": "CUSTOMER", "kind": "PAY", "due_on": NEXT_WEEK, "amount": {"amount": "5.00", "currency": "CNY"}}
        said = await cards.post(f"{path}/promises", promise)
        hoped = await cards.post(f"{path}/intents", {"intent_class": "SHOWROOM", "grade": "C"})
        promises[one], intents[one] = said.json()["id"], hoped.json()["id"]
        positions += [said.headers["Regulars-Position"], hoped.headers["Regulars-Position"]]
    await caught_up(cards, positions)
    return Selling(cards, customers, persons, promises, intents)


async def _traded(cards: Cards, one: str) -> str:
    fact = {"source": "erp", "customer": {"system": "erp", "value": f"K-{one}"}}
    sale = {"source_event_id": str(uuid4()), "sold_on": YESTERDAY, "net": {"amount": "100.00", "currency": "CNY"}}
    answer = await cards.post("/v1/sales", {**fact, **sale})
    assert answer.status_code == 201, answer.text
    return answer.headers["Regulars-Position"]


async def _came(cards: Cards, one: str) -> str:
    fact = {"source": "erp", "customer": {"system": "erp", "value": f"K-{one}"}}
    invoice = {"source_event_id": str(uuid4()), "number": f"INV-{one}", "issued_on": LAST_WEEK, "due_on": YESTERDAY}
    answer = await cards.post("/v1/invoices", {**fact, **invoice, "amount": {"amount": "100.00", "currency": "CNY"}})
    assert answer.status_code == 201, answer.text
    return answer.headers["Regulars-Position"]


@asynccontextmanager
async def people(cards: Cards, **persons: str) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Callers by person: `people(cards, E_44="salesperson")` is E-44 with the key of a salesperson."""
    pepper = load_secrets(cards.folder).pepper
    async with AsyncExitStack() as stack:
        found = {}
        for name, role in persons.items():
            person = name.replace("_", "-")
            raw = make_key(
                "local", cards.folder / "keys.json", pepper, name=name, scopes=(), principal=uuid4(), role=role, person=person
            )
            headers = {"Authorization": f"Bearer {raw}", "Regulars-Purpose": "VISIT"}
            client = httpx.AsyncClient(transport=cards.client._transport, base_url="http://test", headers=headers)
            found[person] = await stack.enter_async_context(client)
        yield found


async def commanded(client: httpx.AsyncClient, method: str, path: str, body: Any, version: int | None = None) -> httpx.Response:
    matching = {} if version is None else {"If-Match": f'"{version}"'}
    return await client.request(method, path, json=body, headers={**key(), **matching})
