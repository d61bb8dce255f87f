"""Purchase intents as cards tells of them, for the tests of what is made of them."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx

from shared.contracts.cards import Basics, CustomerRegistered
from shared.contracts.event import Event
from shared.contracts.intents import IntentOpened, OfIntent
from shared.contracts.money import Money
from tests.integration.classification.conftest import TODAY, Classification, days_ago
from tests.integration.running import key, record

SELLER = "E-12"


def registered(customer: UUID, salesperson: str | None = SELLER, introduced_by: UUID | None = None) -> Event:
    basics = Basics(kind="COMPANY", name="Hua Xin")
    return CustomerRegistered(
        customer_id=customer, basics=basics, area_id="NORTH", salesperson_id=salesperson, introduced_by=introduced_by
    )


def opened(
    customer: UUID, days: int = 10, expected_in: int | None = None, stated: Any = "C", amount: int | None = None
) -> IntentOpened:
    return IntentOpened(
        intent_id=uuid4(),
        customer_id=customer,
        number=f"I-{uuid4().hex[:8]}",
        intent_class="SHOWROOM",
        grade=stated,
        opened_on=days_ago(days),
        expected_on=None if expected_in is None else days_ago(-expected_in),
        expected=None if amount is None else Money(Decimal(amount), "CNY"),
    )


async def told(service: Classification, *events: Any) -> str:
    """What cards has told; the position after it."""
    cards = [(f"card-{one.customer_id}", one.customer_id, one) for one in events if not isinstance(one, OfIntent)]
    places = [await record(service.cards, "cards", cards)] if cards else []
    for one in events:
        if isinstance(one, OfIntent):
            day = one.opened_on if isinstance(one, IntentOpened) else TODAY
            at = datetime.combine(day, time.min, ZoneInfo("Asia/Shanghai"))
            places.append(await record(service.cards, "cards", [(f"intent-{one.intent_id}", one.customer_id, one)], at))
    return ",".join(places)


async def with_intent(service: Classification, **more: Any) -> UUID:
    """A customer with one intent, known to the service."""
    customer = uuid4()
    intent = opened(customer, **more)
    await known(service, intent.intent_id, await told(service, registered(customer), intent))
    return intent.intent_id


async def known(service: Classification, intent: UUID, position: str) -> None:
    answer = await service.client.get(f"/v1/intents/{intent}/man", params={"min_position": position})
    assert answer.status_code == 200, answer.text


async def put_man(service: Classification, intent: UUID, by: str = SELLER, **said: Any) -> httpx.Response:
    return await service.client.put(f"/v1/intents/{intent}/man", json={"answered_by": by, **said}, headers=key())


async def listed(service: Classification, path: str = "/v1/prospects", **asked: Any) -> list[dict[str, Any]]:
    answer = await service.client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
