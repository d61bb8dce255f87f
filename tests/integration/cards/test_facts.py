"""Facts over HTTP, one by one and in bulk: recorded once, never refused for whom they concern."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.cards.handlers import facts
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, fresh, sale


async def test_a_sale_is_recorded_once(api: Cards) -> None:
    await api.register()
    first, again = await api.post("/v1/sales", sale()), await api.post("/v1/sales", sale())
    assert (first.status_code, first.json()["status"]) == (201, "recorded")
    assert first.headers["Regulars-Position"].startswith("regulars.cards.transactions.v1/")
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert again.json()["id"] == first.json()["id"]
    customer = first.json()["customer_id"]
    assert await api.events(f"ledger-{customer}") == ["sale-recorded"]


async def test_the_same_fact_with_another_amount_is_a_conflict(standing: Cards) -> None:
    number = fresh()
    await standing.post("/v1/sales", sale(number))
    other = await standing.post("/v1/sales", sale(number, net={"amount": "1.00", "currency": "CNY"}))
    assert (other.status_code, other.json()["code"]) == (409, "FACT_CONFLICT")


async def test_a_payment_of_nobody_known_is_recorded_on_a_flagged_stub(standing: Cards) -> None:
    number = fresh()
    about = {"source": "erp", "source_event_id": fresh(), "customer": {"system": "erp", "value": number}}
    answer = await standing.post("/v1/payments", {**about, **KINDS[2][2]})
    customer = answer.json()["customer_id"]
    assert answer.status_code == 201
    card = await standing.get(f"/v1/customers/{customer}")
    assert card.json()["stub"] is True
    assert card.json()["external_ids"] == [{"system": "erp", "value": number}]
    assert await standing.events(f"card-{customer}") == ["stub-opened"]
    assert await standing.events(f"ledger-{customer}") == ["payment-received"]


async def test_a_repeat_with_the_same_key_gives_the_same_answer(api: Cards) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await api.post("/v1/sales", sale(), headers)
    again = await api.post("/v1/sales", sale(), headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content, "the same bytes"
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Regulars-Position"] == first.headers["Regulars-Position"]


async def test_a_key_belongs_to_one_body(api: Cards) -> None:
    headers = {"Idempotency-Key": "once"}
    await api.post("/v1/sales", sale(), headers)
    other = await api.post("/v1/sales", sale("S-2"), headers)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await api.pool.fetchval("SELECT count(*) FROM cards.events WHERE source_event_id = 'S-2'") == 0


async def test_a_fact_needs_a_key(standing: Cards) -> None:
    answer = await standing.client.post("/v1/sales", json=sale())
    assert (answer.status_code, answer.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")


BAD = [
    ({"net": {"amount": "-5.00", "currency": "CNY"}}, "#/net/amount", "AMOUNT_NEGATIVE"),
    ({"net": {"amount": "5.001", "currency": "CNY"}}, "#/net/amount", "AMOUNT_TOO_PRECISE"),
    ({"net": {"amount": "5.50", "currency": "JPY"}}, "#/net/amount", "AMOUNT_TOO_PRECISE"),
    ({"net": {"amount": "5.50", "currency": "XXX"}}, "#/net/currency", "CURRENCY_UNKNOWN"),
    ({"net": {"amount": 5.5, "currency": "CNY"}}, "#/net/amount", "STRING_TYPE"),
    ({"net": {"amount": "NaN", "currency": "CNY"}}, "#/net/amount", "STRING_PATTERN_MISMATCH"),
    ({"net": {"amount": "10000000000000000.00", "currency": "CNY"}}, "#/net/amount", "AMOUNT_IMPOSSIBLE"),
    ({"sold_on": "1066-10-14"}, "#/sold_on", "DAY_OUT_OF_RANGE"),
    ({"sold_on": "2999-01-01"}, "#/sold_on", "DAY_OUT_OF_RANGE"),
    ({"sold_on": (datetime.now(UTC) + timedelta(days=3)).date().isoformat()}, "#/sold_on", "DATE_IN_FUTURE"),
    ({"sold_on": "2026-02-30"}, "#/sold_on", "DAY_FORM"),
    ({"customer": {"system": "erp"}}, "#/customer", "CUSTOMER_REF"),
    ({"salesman": "wang"}, "#/salesman", "EXTRA_FORBIDDEN"),
    ({"source": "erp/sale"}, "#/source", "STRING_PATTERN_MISMATCH"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), BAD)
async def test_what_cannot_be_true_is_refused_by_name(standing: Cards, change: dict[str, Any], pointer: str, code: str) -> None:
    number = fresh()
    answer = await standing.post("/v1/sales", {**sale(number), **change})
    assert answer.status_code == 422
    assert {"pointer": pointer, "code": code} in [{k: e[k] for k in ("pointer", "code")} for e in answer.json()["errors"]]
    assert not await standing.pool.fetchval("SELECT count(*) FROM cards.events WHERE source_event_id = $1", number)


async def test_a_customer_id_that_nobody_has_is_unknown(standing: Cards) -> None:
    answer = await standing.post("/v1/sales", {**sale(), "customer": {"id": str(uuid4())}})
    assert (answer.status_code, answer.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("/v1/returns", "goods-returned", {"returned_on": "2026-03-09", "net": {"amount": "250.00", "currency": "CNY"}}),
    (
        "/v1/invoices",
        "invoice-issued",
        {"number": "7", "issued_on": "2026-03-03", "due_on": "2026-04-02", "amount": {"amount": "9.00", "currency": "CNY"}},
    ),
    (
        "/v1/payments",
        "payment-received",
        {
            "received_on": "2026-04-01",
            "amount": {"amount": "10.00", "currency": "CNY"},
            "allocations": [{"invoice": {"number": "7"}, "amount": "9.00"}],
        },
    ),
    ("/v1/payment-reversals", "payment-reversed", {"payment": "P-1", "reversed_on": "2026-04-02"}),
    ("/v1/refunds", "payment-made", {"paid_on": "2026-04-05", "amount": {"amount": "1.00", "currency": "CNY"}}),
    (
        "/v1/credit-notes",
        "credit-noted",
        {"number": "CN-1", "noted_on": "2026-04-05", "amount": {"amount": "1.00", "currency": "CNY"}},
    ),
    (
        "/v1/write-offs",
        "written-off",
        {"invoice": {"number": "7"}, "written_off_on": "2026-05-05", "amount": {"amount": "1.00", "currency": "CNY"}},
    ),
]


@pytest.mark.parametrize(("path", "name", "body"), KINDS, ids=[path for path, _, _ in KINDS])
async def test_every_kind_of_fact_has_its_route(standing: Cards, path: str, name: str, body: dict[str, Any]) -> None:
    common = {"source": "erp", "source_event_id": fresh(), "customer": {"system": "erp", "value": fresh()}}
    answer = await standing.post(path, {**common, **body})
    assert answer.status_code == 201, answer.text
    assert await standing.events(f"ledger-{answer.json()['customer_id']}") == [name]


@pytest.mark.requirement("S2.51")
async def test_a_credit_note_names_the_complaint_with_which_it_was_agreed_on(standing: Cards) -> None:
    complaint = str(uuid4())
    body = {**KINDS[5][2], "source": "erp", "source_event_id": "CN-1", "customer": {"system": "erp", "value": fresh()}}
    answer = await standing.post("/v1/credit-notes", {**body, "complaint_id": complaint})
    assert answer.status_code == 201, answer.text
    shown = await standing.client.get(f"/v1/customers/{answer.json()['customer_id']}/transactions")
    [note] = [one for one in shown.json()["items"] if one["type"] == "credit_note"]
    assert (note["number"], note["complaint_id"]) == ("CN-1", complaint)
    other = await standing.post("/v1/credit-notes", {**body, "complaint_id": str(uuid4())})
    assert other.status_code == 409


@pytest.mark.requirement("S2.51")
async def test_a_credit_note_of_a_complaint_is_told_beside_the_ledger(cards: Cards) -> None:
    complaint = str(uuid4())
    body = {**KINDS[5][2], "source": "erp", "customer": {"system": "erp", "value": "K-1"}}
    for number, named in (("CN-1", {}), ("CN-2", {"complaint_id": complaint})):
        answer = await cards.post("/v1/credit-notes", {**body, **named, "source_event_id": number})
        assert answer.status_code == 201, answer.text

    async def told() -> bool:
        return await cards.events(f"complaint-credits-{complaint}") == ["complaint-credited"]

    await eventually(told, timeout=60)
    stored = await cards.pool.fetch(
        "SELECT body ->> 'source_event_id' AS id FROM cards.events WHERE type LIKE '%complaint-credited%'"
    )
    assert [row["id"] for row in stored] == ["CN-2"]


async def test_allocations_cannot_exceed_the_payment(standing: Cards) -> None:
    body = {**KINDS[2][2], "source": "erp", "source_event_id": "P-1", "customer": {"system": "erp", "value": "K-1"}}
    body["allocations"] = [{"invoice": {"number": "7"}, "amount": "10.01"}]
    answer = await standing.post("/v1/payments", body)
    assert answer.json()["errors"][0]["code"] == "ALLOCATED_TOO_MUCH"


async def test_bulk_answers_item_by_item(api: Cards) -> None:
    await api.post("/v1/sales", sale("S-0"))
    items = [
        {"type": "sale", **sale("S-1")},
        {"type": "sale", **sale("S-0")},
        {"type": "sale", **sale("S-0", net={"amount": "1.00", "currency": "CNY"})},
        {"type": "sale", **sale("S-2", net={"amount": "-1.00", "currency": "CNY"})},
        {"type": "gift", **sale("S-3")},
        {"type": "sale", **sale("S-4", customer="K-new")},
        "nothing",
    ]
    headers = {"Idempotency-Key": "bulk"}
    answer = await api.post("/v1/transactions/bulk", items, headers)
    assert answer.status_code == 207
    body = answer.json()
    assert body["summary"] == {"total": 7, "conflict": 1, "duplicate": 1, "recorded": 2, "rejected": 3}
    statuses = [item["status"] for item in body["items"]]
    assert statuses == ["recorded", "duplicate", "conflict", "rejected", "rejected", "recorded", "rejected"]
    assert body["items"][2]["problem"]["code"] == "FACT_CONFLICT"
    assert body["items"][3]["problem"]["errors"][0]["pointer"] == "#/net/amount"
    again = await api.post("/v1/transactions/bulk", items, headers)
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (207, answer.content, "true")


async def test_bulk_takes_a_thousand_items_and_no_more(api: Cards) -> None:
    items = [{"type": "sale", **sale(f"S-{n}", customer=f"K-{n % 50}")} for n in range(1001)]
    too_many = await api.post("/v1/transactions/bulk", items)
    assert (too_many.status_code, too_many.json()["code"]) == (413, "TOO_MANY_ITEMS")
    answer = await api.post("/v1/transactions/bulk", items[:1000])
    assert answer.json()["summary"] == {"total": 1000, "recorded": 1000}
    assert await api.pool.fetchval("SELECT count(*) FROM cards.external_ids") == 50


async def test_twins_record_one_fact(standing: Cards) -> None:
    number = fresh()
    answers = await asyncio.gather(*(standing.post("/v1/sales", sale(number)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["customer_id"] for answer in answers}) == 1


async def test_many_at_once_get_each_their_own_answer(api: Cards) -> None:
    """INVARIANT: requests that are recorded by one statement know nothing of each other; breaks when answers or verdicts shift."""
    owner = await api.register("K-0")
    fresh = [sale(f"S-{n}", customer=f"K-{n % 5}", order_number=f"O-{n}") for n in range(20)]
    first = await api.post("/v1/sales", fresh[0], {"Idempotency-Key": "used"})
    assert first.status_code == 201
    asked = [api.post("/v1/sales", body, {"Idempotency-Key": f"k-{n}"}) for n, body in enumerate(fresh)]
    asked += [api.post("/v1/sales", body, {"Idempotency-Key": f"k-{n}"}) for n, body in enumerate(fresh)]
    asked.append(api.post("/v1/sales", fresh[0], {"Idempotency-Key": "used"}))
    asked.append(api.post("/v1/sales", fresh[1], {"Idempotency-Key": "used"}))
    asked.append(api.post("/v1/sales", {**sale("S-99"), "customer": {"id": str(uuid4())}}, {"Idempotency-Key": "nobody"}))
    answers = await asyncio.gather(*asked)
    repeated, reused, unknown = answers[40:]
    assert (repeated.status_code, repeated.json()) == (201, first.json())
    assert (reused.status_code, reused.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    for n in range(20):
        one, other = answers[n], answers[20 + n]
        assert one.json() == other.json()
        assert [one.status_code, other.status_code] == ([200, 200] if n == 0 else [201, 201])
        stored = await api.pool.fetchrow(
            "SELECT body->>'order_number' AS number, stream FROM cards.events WHERE event_id = $1", one.json()["id"]
        )
        assert (stored["number"], stored["stream"]) == (f"O-{n}", f"ledger-{one.json()['customer_id']}")
        assert (one.json()["customer_id"] == str(owner)) is (n % 5 == 0)
    assert await api.pool.fetchval("SELECT count(*) FROM cards.events WHERE type LIKE '%sale-recorded%'") == 20
    assert await api.pool.fetchval("SELECT count(*) FROM cards.commands WHERE key LIKE 'k-%'") == 20


async def test_the_ledger_is_listed_newest_first(api: Cards) -> None:
    for n in range(3):
        answer = await api.post("/v1/sales", sale(f"S-{n}"))
    customer = answer.json()["customer_id"]
    page = (await api.get(f"/v1/customers/{customer}/transactions", limit=2)).json()
    assert [item["source_event_id"] for item in page["items"]] == ["S-2", "S-1"]
    assert page["items"][0]["type"] == "sale"
    rest = (await api.get(f"/v1/customers/{customer}/transactions", limit=2, cursor=page["next_cursor"])).json()
    assert [item["source_event_id"] for item in rest["items"]] == ["S-0"]
    assert "next_cursor" not in rest
    nobody = await api.get(f"/v1/customers/{uuid4()}/transactions")
    assert nobody.status_code == 404


async def test_facts_follow_an_external_id_that_is_claimed_meanwhile(api: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: a fact stands in the ledger of whoever holds its external id; breaks when "moved" is taken for recorded."""
    owner = await api.register("K-1")
    look_up, linked = facts.look_up, False

    async def and_then_it_is_linked(*given: Any) -> None:
        nonlocal linked
        await look_up(*given)
        if not linked:
            linked = True
            await api.post(f"/v1/customers/{owner}/external-ids", {"system": "erp", "value": "K-8"})

    monkeypatch.setattr(facts, "look_up", and_then_it_is_linked)
    items = [{"type": "sale", **sale("S-1", customer="K-1")}, {"type": "sale", **sale("S-2", customer="K-8")}]
    answer = await api.post("/v1/transactions/bulk", items)
    assert [(item["status"], item["customer_id"]) for item in answer.json()["items"]] == [("recorded", str(owner))] * 2
    assert await api.events(f"ledger-{owner}") == ["sale-recorded", "sale-recorded"]
    assert await api.pool.fetchval("SELECT count(*) FROM cards.events WHERE type LIKE '%stub-opened%'") == 0
