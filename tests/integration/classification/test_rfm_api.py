"""RFM through HTTP, on a real database, with sales recorded in the store of cards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.contracts.cards import Basics, CustomerRegistered
from tests.integration.classification.conftest import Classification, days_ago, returned, sale
from tests.integration.running import record

BUYERS = [UUID(int=n) for n in range(1, 6)]


async def _trade(service: Classification) -> str:
    """Five buyers, each better than the one before in everything; two of wang, three of li. Who never bought, who bought long ago."""
    entries: list[tuple[str, UUID | None, Any]] = []
    for n, customer in enumerate(BUYERS, 1):
        seller = "wang" if n < 3 else "li"
        card = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name=f"C{n}"), salesperson_id=seller)
        entries.append((f"card-{customer}", customer, card))
        entries += [(f"ledger-{customer}", customer, sale(customer, 100 * n, 60 - 10 * n + at)) for at in range(n)]
    never, long_ago = UUID(int=8), UUID(int=9)
    card = CustomerRegistered(customer_id=never, basics=Basics(kind="COMPANY", name="never"))
    entries.append((f"card-{never}", never, card))
    entries.append((f"ledger-{long_ago}", long_ago, sale(long_ago, 10**6, 500)))
    entries.append((f"ledger-{BUYERS[0]}", BUYERS[0], returned(BUYERS[0], 30, 40)))
    entries.append((f"ledger-{BUYERS[0]}", BUYERS[0], sale(BUYERS[0], 7, 1, "USD")))
    positions: dict[str, str] = {}
    for entry in entries:
        position = await record(service.cards, "cards", [entry])
        positions[position.rpartition("/")[0]] = position
    return ",".join(positions.values())


@pytest.mark.requirement("S2.1")
async def test_recency_frequency_and_money_with_scores(classification: Classification) -> None:
    position = await _trade(classification)
    client = classification.client

    async def get(path: str, **params: Any) -> dict[str, Any]:
        answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    page = await get("/v1/rfm", min_position=position)
    assert (page["currency"], page["buyers"], page["as_of"]) == ("CNY", 5, days_ago(0).isoformat())
    assert (page["period_from"], page["period_days"]) == (days_ago(364).isoformat(), 365)
    assert [item["customer_id"] for item in page["items"]] == [str(customer) for customer in reversed(BUYERS)]
    assert page["items"][0] == {
        "customer_id": str(BUYERS[4]),
        "last_purchase_on": days_ago(10).isoformat(),
        "recency_days": 10,
        "frequency": 5,
        "monetary": {"amount": "2500.00", "currency": "CNY"},
        "scores": {"recency": 5, "frequency": 5, "monetary": 5},
    }
    assert page["items"][4]["monetary"] == {"amount": "70.00", "currency": "CNY"}
    assert [item["scores"]["recency"] for item in page["items"]] == [5, 4, 3, 2, 1]

    hers = await get("/v1/rfm", salesperson_id="wang")
    assert [(item["customer_id"], item["scores"]["monetary"]) for item in hers["items"]] == [
        (str(BUYERS[1]), 3),
        (str(BUYERS[0]), 1),
    ]
    first = await get("/v1/rfm", limit=3)
    second = await get("/v1/rfm", limit=3, cursor=first["next_cursor"])
    assert [item["customer_id"] for item in first["items"] + second["items"]] == [item["customer_id"] for item in page["items"]]
    assert "next_cursor" not in second
    earlier = await get("/v1/rfm", as_of=days_ago(45).isoformat(), period_days=10)
    assert {item["customer_id"]: item["recency_days"] for item in earlier["items"]} == {str(BUYERS[0]): 5}
    dollars = await get("/v1/rfm", currency="USD")
    assert [item["monetary"]["amount"] for item in dollars["items"]] == ["7.00"]

    one = await get(f"/v1/customers/{BUYERS[2]}/rfm")
    assert (one["scores"], one["buyers"]) == ({"recency": 3, "frequency": 3, "monetary": 3}, 5)
    assert (await get(f"/v1/customers/{UUID(int=9)}/rfm"))["reason"] == "NO_SALES"
    assert (await get(f"/v1/customers/{UUID(int=8)}/rfm"))["reason"] == "NEVER_BOUGHT"
    await classification.trade(sale(BUYERS[0], 10**5, 0))
    changed = await record(classification.cards, "cards", [(f"ledger-{BUYERS[1]}", BUYERS[1], sale(BUYERS[1], 1, 30))])
    after = await get(f"/v1/customers/{BUYERS[1]}/rfm", min_position=changed)
    assert after["frequency"] == 3


async def test_what_cannot_be_ranked_is_refused(classification: Classification) -> None:
    async def code(path: str = "/v1/rfm", **params: Any) -> tuple[int, str]:
        answer = await classification.client.get(path, params=params)
        return answer.status_code, answer.json()["code"]

    assert await code(as_of=days_ago(-1).isoformat()) == (422, "AS_OF_IN_FUTURE")
    assert await code(period_days=0) == (422, "PERIOD_OUT_OF_RANGE")
    assert await code(as_of=days_ago(1000).isoformat()) == (422, "PERIOD_TOO_OLD")
    assert await code(f"/v1/customers/{uuid4()}/rfm") == (404, "CUSTOMER_UNKNOWN")


async def test_dashboards_see_the_same_scores(classification: Classification) -> None:
    position = await _trade(classification)
    answer = await classification.client.get("/v1/rfm", params={"min_position": position})
    shown = {UUID(item["customer_id"]): item for item in answer.json()["items"]}
    c = await asyncpg.connect(classification.database.dsn("dashboards"))
    try:
        rows = {
            row["customer_id"]: row for row in await c.fetch("SELECT * FROM classification.public_rfm WHERE currency = 'CNY'")
        }
    finally:
        await c.close()
    assert set(rows) == set(shown)
    for customer, row in rows.items():
        scores = {name: row[f"{name}_score"] for name in ("recency", "frequency", "monetary")}
        assert (scores, row["frequency"], row["monetary"]) == (
            shown[customer]["scores"],
            shown[customer]["frequency"],
            Decimal(shown[customer]["monetary"]["amount"]),
        )
    assert rows[BUYERS[0]]["salesperson_id"] == "wang"
