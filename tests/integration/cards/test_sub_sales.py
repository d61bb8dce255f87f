"""What dealers sell to their sub-distributors, over HTTP and by import: recorded as theirs, and nowhere as ours."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, fresh, sale
from tests.integration.running import key


def sub_sale(dealer: UUID, number: str, customer: str, **more: Any) -> dict[str, Any]:
    return {**sale(number, customer=customer), "dealer": {"id": str(dealer)}, **more}


@pytest.mark.requirement("S1.4", "S1.3")
async def test_a_dealers_sales_are_recorded_as_theirs_and_are_none_of_ours(cards: Cards) -> None:
    dealer = await cards.register("D-1", name="Dealer")
    shop = await cards.register("S-1", name="Shop", terms={"payment_days": 30, "agreed_on": "2026-01-05"})
    first = await cards.post("/v1/sub-sales", sub_sale(dealer, "SO-1", "S-1", sold_on="2026-02-28"))
    assert (first.status_code, first.json()["status"], first.json()["customer_id"]) == (201, "recorded", str(shop))
    again = await cards.post("/v1/sub-sales", sub_sale(dealer, "SO-1", "S-1", sold_on="2026-02-28"))
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    other = await cards.post("/v1/sub-sales", sub_sale(dealer, "SO-1", "S-1", sold_on="2026-02-27"))
    assert (other.status_code, other.json()["code"]) == (409, "FACT_CONFLICT")
    yen = {"amount": "90000", "currency": "JPY"}
    items = [
        {"type": "sub_sale", **sub_sale(dealer, "SO-2", "S-1", sold_on="2026-03-01")},
        {"type": "sub_sale", **sub_sale(dealer, "SO-3", "S-2", sold_on="2026-03-09", net=yen)},
    ]
    bulk = await cards.post("/v1/transactions/bulk", items)
    assert bulk.json()["summary"] == {"total": 2, "recorded": 2}
    position = f"{first.headers['Regulars-Position']},{bulk.headers['Regulars-Position']}"
    path = f"/v1/customers/{dealer}/sub-sales"
    await eventually(partial(_items, cards, "/v1/customers", name_prefix="Shop"))
    found = (await cards.get(path, min_position=position)).json()
    assert [(one["net"], one["sales"], one["last_sold_on"]) for one in found["totals"]] == [
        ({"amount": "2500.00", "currency": "CNY"}, 2, "2026-03-01"),
        ({"amount": "90000", "currency": "JPY"}, 1, "2026-03-09"),
    ]
    assert {item.get("name"): len(item["totals"]) for item in found["items"]} == {"Shop": 1, None: 1}
    march = (await cards.get(path, from_month="2026-03", to_month="2026-03")).json()
    assert [(one["net"]["amount"], one["sales"]) for one in march["totals"]] == [("1250.00", 1), ("90000", 1)]
    page = (await cards.get(path, limit=1)).json()
    rest = (await cards.get(path, limit=1, cursor=page["next_cursor"])).json()
    assert [*page["items"], *rest["items"]] == found["items"]
    bought = (await cards.get(f"/v1/customers/{shop}/sub-purchases")).json()["items"]
    assert [(one["type"], one["source_event_id"], one["dealer_id"]) for one in bought] == [
        ("sub_sale", "SO-2", str(dealer)),
        ("sub_sale", "SO-1", str(dealer)),
    ]
    view = await cards.dashboard("SELECT month, currency, net FROM cards.public_sub_sales ORDER BY month, currency")
    assert [(row["month"], row["currency"], int(row["net"])) for row in view] == [
        ("2026-02", "CNY", 1250),
        ("2026-03", "CNY", 1250),
        ("2026-03", "JPY", 90000),
    ]
    # Nobody owes us anything for it, and nobody bought anything from us.
    for customer in (dealer, shop):
        assert (await cards.get(f"/v1/customers/{customer}/receivables", min_position=position)).json()["balances"] == []
        assert (await cards.get(f"/v1/customers/{customer}/transactions")).json()["items"] == []
        assert await cards.pool.fetchval("SELECT count(*) FROM cards.events WHERE stream = $1", f"ledger-{customer}") == 0


@pytest.mark.requirement("S1.3", "S4.1")
async def test_a_sub_distributor_first_heard_of_gets_a_card_under_its_dealer(cards: Cards) -> None:
    dealer, number = await cards.register("D-1", name="Dealer"), fresh()
    early = await cards.post("/v1/sub-sales", sub_sale(dealer, "SO-1", number))
    shop = early.json()["customer_id"]
    card = (await cards.get(f"/v1/customers/{shop}")).json()
    assert (card["stub"], card["channel"], card["dealer_id"], card["dealer_since"]) == (
        True,
        "INDIRECT",
        str(dealer),
        "2026-03-02",
    )
    tree = await eventually(partial(_items, cards, f"/v1/customers/{dealer}/sub-distributors"))
    assert tree == [{"customer_id": shop, "dealer_id": str(dealer), "since": "2026-03-02", "depth": 1}]
    # It is already under this dealer, so the dealer cannot come under it.
    version = int((await cards.get(f"/v1/customers/{dealer}")).headers["ETag"].strip('"'))
    circle = await cards.put(f"/v1/customers/{dealer}/dealer", {"dealer_id": shop}, version)
    assert (circle.status_code, circle.json()["code"]) == (409, "HIERARCHY_CYCLE")
    listed = await eventually(partial(_items, cards, "/v1/customers", stub=True))
    assert [(one["customer_id"], one["dealer_id"]) for one in listed] == [(shop, str(dealer))]


async def _items(cards: Cards, path: str, **asked: Any) -> Any:
    return (await cards.get(path, **asked)).json()["items"]


async def test_an_import_brings_sub_sales_and_declares_no_source_for_them(cards: Cards) -> None:
    dealer = await cards.register("D-1")
    line = (
        '{"type":"sub_sale","source_event_id":"SO-%d","dealer":{"system":"erp","value":"%s"},'
        '"customer":{"system":"erp","value":"X-1"},"sold_on":"2026-03-0%d","net":{"amount":"10.00","currency":"CNY"}}'
    )
    body = "\n".join([line % (1, "D-1", 1), line % (2, "D-1", 2), line % (3, "NOBODY", 3)])
    answer = await cards.client.post(
        "/v1/imports",
        params={"kind": "transactions", "source": "erp"},
        content=body,
        headers={**key(), "Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"]

    async def done() -> Any:
        job = (await cards.get(path)).json()
        return job if job["state"] == "done" else None

    job = await eventually(done, timeout=20)
    assert (job["recorded"], job["rejected"]) == (2, 1)
    errors = (await cards.get(f"{path}/errors")).json()["items"]
    assert [(error["line"], error["pointer"], error["code"]) for error in errors] == [(3, "#/dealer", "DEALER_UNKNOWN")]
    assert await cards.pool.fetchval("SELECT count(*) FROM cards.events WHERE stream LIKE 'source-%'") == 0
    assert await cards.pool.fetchval("SELECT count(*) FROM cards.events WHERE body->>'dealer_id' = $1", str(dealer)) == 3


async def test_a_sub_sale_that_cannot_be(standing: Cards) -> None:
    dealer = await standing.register(fresh())
    nobody = await standing.post("/v1/sub-sales", sub_sale(uuid4(), fresh(), fresh()))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "DEALER_UNKNOWN")
    own = await standing.post("/v1/sub-sales", {**sub_sale(dealer, fresh(), fresh()), "customer": {"id": str(dealer)}})
    assert (own.status_code, own.json()["errors"][0]["code"]) == (422, "DEALER_IS_CUSTOMER")
    number = fresh()
    late = await standing.post("/v1/sub-sales", sub_sale(dealer, number, fresh(), sold_on="2030-01-01"))
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "DATE_IN_FUTURE")
    negative = {"amount": "-1.00", "currency": "CNY"}
    less = await standing.post("/v1/sub-sales", sub_sale(dealer, number, fresh(), net=negative))
    assert (less.status_code, less.json()["errors"][0]["code"]) == (422, "AMOUNT_NEGATIVE")
    assert not await standing.pool.fetchval("SELECT count(*) FROM cards.events WHERE source_event_id = $1", number)
    unknown = await standing.get(f"/v1/customers/{uuid4()}/sub-sales")
    assert unknown.status_code == 404
    month = await standing.get(f"/v1/customers/{dealer}/sub-sales", from_month="2026-13")
    assert month.status_code == 422
