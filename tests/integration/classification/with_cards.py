"""Customers with cards, as the service cards records them, for questions about marks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.cards import Basics, CustomerRegistered, Marks
from shared.contracts.cursor import PARTS, part_of
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import Classification


def registered(customer: UUID, area: str | None = None, salesperson: str | None = None, **marks: str) -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=customer,
        basics=Basics(kind="COMPANY", name="Hua Xin"),
        marks=Marks(**marks),
        area_id=area,
        salesperson_id=salesperson,
    )


async def says(service: Classification, *events: Any, days: int = 0) -> None:
    """Recorded on the cards, holding from so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    appends = [
        Append(
            f"card-{event.customer_id}",
            "any",
            event.customer_id,
            part_of(str(event.customer_id), PARTS),
            [NewEvent(uuid4(), event, at)],
        )
        for event in events
    ]
    async with service.cards.acquire() as c, c.transaction():
        done = await append_many(c, "cards", appends)
    assert done.outcome == "appended"


async def shown(service: Classification, path: str, ready: Callable[[dict[str, Any]], bool], **asked: Any) -> dict[str, Any]:
    """The answer, as soon as it is ready."""

    async def found() -> dict[str, Any] | None:
        answer = await service.client.get(path, params=asked)
        assert answer.status_code in (200, 404), answer.text
        body: dict[str, Any] = answer.json()
        return body if answer.status_code == 200 and ready(body) else None

    body = await eventually(found, timeout=30)
    assert body is not None
    return body
