"""Asking the service about trade: facts recorded, answers that know them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shared.contracts.cards import SalespersonAssigned
from shared.contracts.transactions import SaleLine
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import Classification, sale
from tests.integration.running import key, record

DEADLINE = 40


async def known(service: Classification, *facts: Any) -> str:
    """Record facts of cards; the position after them."""
    position = await record(service.cards, "cards", [(f"ledger-{fact.customer_id}", fact.customer_id, fact) for fact in facts])
    # Of each part the last place is enough, and an address holds not many.
    places = {place.rpartition("/")[0]: place for place in position.split(",")}
    return ",".join(places.values())


async def ask(service: Classification, path: str, position: str | None, **asked: Any) -> dict[str, Any]:
    """The answer that knows the position."""
    params = {name: value for name, value in {**asked, "min_position": position}.items() if value is not None}

    async def there() -> dict[str, Any] | None:
        answer = await service.client.get(path, params=params)
        assert answer.status_code in (200, 503), answer.text
        return dict(answer.json()) if answer.status_code == 200 else None

    found = await eventually(there, timeout=DEADLINE)
    assert found is not None
    return found


async def enter(service: Classification, path: str, **body: Any) -> Any:
    return await service.client.post(path, json=body, headers=key())


def bought(customer: UUID, *lines: SaleLine, days: int = 30) -> Any:
    return sale(customer, int(sum(one.net for one in lines)), days, lines=lines)


def served(customer: UUID, area: str, salesperson: str) -> SalespersonAssigned:
    return SalespersonAssigned(customer_id=customer, area_id=area, salesperson_id=salesperson)
