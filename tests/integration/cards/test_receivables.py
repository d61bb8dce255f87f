"""What customers owe, over HTTP and in the public views, with `work` folding the feed of the stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.contracts.alerts import MeasureDecided
from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef
from shared.postgres.pool import Pool
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, PoolOf
from tests.integration.running import record

TERMS = {"payment_days": 30, "credit_limit": {"amount": "2000.00", "currency": "CNY"}, "agreed_on": "2026-01-05"}


def _fact(event_id: str, **fields: Any) -> dict[str, Any]:
    return {"source": "erp", "source_event_id": event_id, "customer": {"system": "erp", "value": "K-1077"}, **fields}


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def _trade(cards: Cards) -> tuple[UUID, str]:
    """Three invoices of 2026, one of them paid in part: 500 + 300 + 1000 open at the end of June."""
    customer = await cards.register(salesperson_id="wang", terms=TERMS)
    facts = [
        ("/v1/invoices", _fact("I-1", number="1", issued_on="2026-01-10", due_on="2026-02-09", amount=_cny("800.00"))),
        ("/v1/invoices", _fact("I-2", number="2", issued_on="2026-05-01", due_on="2026-05-31", amount=_cny("300.00"))),
        ("/v1/invoices", _fact("I-3", number="3", issued_on="2026-06-20", due_on="2026-07-20", amount=_cny("1000.00"))),
        ("/v1/payments", _fact("P-1", received_on="2026-03-01", amount=_cny("300.00"))),
        ("/v1/sales", _fact("S-1", sold_on="2026-06-20", net=_cny("1000.00"))),
    ]
    for path, body in facts:
        answer = await cards.post(path, body)
        assert answer.status_code == 201, answer.text
        if path != "/v1/sales":
            position = answer.headers["Regulars-Position"]
    return customer, position


@pytest.mark.requirement("S0.9", "S3.48")
async def test_ageing_adds_up_on_any_day(cards: Cards) -> None:
    customer, position = await _trade(cards)
    june = await cards.get(f"/v1/customers/{customer}/receivables", as_of="2026-06-30", min_position=position)
    assert june.status_code == 200, june.text
    [cny] = june.json()["balances"]
    assert cny["ageing"] == {
        "not_due": "1000.00",
        "days_1_30": "300.00",
        "days_31_60": "0.00",
        "days_61_90": "0.00",
        "over_90": "500.00",
    }
    assert sum(Decimal(bucket) for bucket in cny["ageing"].values()) == Decimal(cny["outstanding"]) == Decimal("1800.00")
    assert (cny["overdue"], cny["exposure"], cny["available"], cny["over_limit"]) == ("800.00", "1800.00", "200.00", False)
    assert [(item["number"], item["open"], item["days_overdue"]) for item in cny["items"]] == [
        ("1", "500.00", 141),
        ("2", "300.00", 30),
        ("3", "1000.00", 0),
    ]
    assert (await cards.get(f"/v1/customers/{customer}")).json()["terms"] == TERMS
    trade = (await cards.get(f"/v1/customers/{customer}/transactions")).json()["items"]
    assert [item["type"] for item in trade] == ["sale", "payment", "invoice", "invoice", "invoice"]
    february = (await cards.get(f"/v1/customers/{customer}/receivables", as_of="2026-02-09")).json()["balances"][0]
    assert (february["outstanding"], february["overdue"]) == ("800.00", "0.00")
    nobody = await cards.get(f"/v1/customers/{uuid4()}/receivables")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


@pytest.mark.requirement("S3.48")
async def test_overdue_customers_are_listed_oldest_first(cards: Cards) -> None:
    customer, position = await _trade(cards)
    later = await cards.post(
        "/v1/invoices",
        _fact("J-1", number="9", issued_on="2026-06-01", due_on="2026-06-02", amount=_cny("5.00"))
        | {"customer": {"system": "erp", "value": "K-2"}},
    )
    where = {"min_position": f"{position},{later.headers['Regulars-Position']}"}
    first = (await cards.get("/v1/receivables", overdue=True, limit=1, **where)).json()
    assert [item["customer_id"] for item in first["items"]] == [str(customer)]
    second = (await cards.get("/v1/receivables", overdue=True, limit=1, cursor=first["next_cursor"])).json()
    assert [item["customer_id"] for item in second["items"]] == [later.json()["customer_id"]]
    hers = (await cards.get("/v1/receivables", salesperson_id="wang")).json()
    assert [item["customer_id"] for item in hers["items"]] == [str(customer)]
    assert (await cards.get("/v1/receivables", overdue=False)).json()["items"] == []
    mixed = await cards.get("/v1/receivables", overdue=False, cursor=first["next_cursor"])
    assert (mixed.status_code, mixed.json()["code"]) == (400, "CURSOR_INVALID")


async def test_complaints_dispute_what_they_name(cards: Cards, pool_of: PoolOf) -> None:
    customer, position = await _trade(cards)
    complaint = uuid4()
    received = ComplaintReceived(
        complaint_id=complaint,
        customer_id=customer,
        kind="QUALITY",
        channel="HOTLINE",
        received_on=date(2026, 6, 25),
        claimed=Money(Decimal("400.00"), "CNY"),
        invoices=(InvoiceRef("erp", "2"),),
    )
    complaints = await pool_of(cards.database, "complaints")
    at = await _tell(complaints, "complaints", f"complaint-{complaint}", customer, received)
    answer = await _receivables(cards, customer, f"{position},{at}")
    assert (answer["disputed"], answer["disputed_overdue"]) == ("300.00", "300.00")
    assert [(item["number"], item["disputed"]) for item in answer["items"]] == [("1", "0.00"), ("2", "300.00"), ("3", "0.00")]
    withdrawn = ComplaintWithdrawn(complaint_id=complaint, customer_id=customer, withdrawn_on=date(2026, 6, 28))
    at = await _tell(complaints, "complaints", f"complaint-{complaint}", customer, withdrawn)
    assert (await _receivables(cards, customer, at))["disputed"] == "0.00"


async def _receivables(cards: Cards, customer: UUID, position: str) -> dict[str, Any]:
    path = f"/v1/customers/{customer}/receivables"

    async def probe() -> dict[str, Any] | None:
        answer = await cards.get(path, as_of="2026-06-30", min_position=position)
        found: dict[str, Any] = answer.json()
        return found["balances"][0] if answer.status_code == 200 else None

    found = await eventually(probe, timeout=20)
    assert found is not None
    return found


async def _tell(pool: Pool, service: str, stream: str, customer: UUID, event: Any) -> str:
    return await record(pool, service, [(stream, customer, event)])


async def test_measures_of_credit_control_go_onto_the_card(cards: Cards, pool_of: PoolOf) -> None:
    customer = await cards.register()
    alerts = await pool_of(cards.database, "alerts")
    alert = uuid4()

    async def decided(measure: Any) -> None:
        event = MeasureDecided(alert_id=alert, customer_id=customer, kind="credit", measure=measure, decided_by=uuid4())
        await _tell(alerts, "alerts", f"alert-{alert}", customer, event)

    async def restriction() -> str | None:
        found: str | None = (await cards.get(f"/v1/customers/{customer}")).json().get("restriction")
        return found

    await decided("VISIT")
    await decided("STOP")
    assert await eventually(restriction, timeout=20) == "STOP"
    await decided("RELEASE")

    async def released() -> bool:
        return await restriction() is None

    await eventually(released, timeout=20)
    assert await cards.events(f"card-{customer}") == ["customer-registered", "trade-restricted", "trade-released"]


async def test_customers_are_listed_by_name_and_filtered(cards: Cards) -> None:
    for number, name, area in (("1", "Ａｌｐｈａ", "EAST"), ("2", "Beta", "EAST"), ("3", "alphonse", "WEST")):
        answer = await cards.post(
            "/v1/customers",
            {"kind": "COMPANY", "name": name, "area_id": area, "external_ids": [{"system": "erp", "value": number}]},
        )
        position = answer.headers["Regulars-Position"]
    person = await cards.post("/v1/customers", {"kind": "PERSON", "person_name": "Li Na"})
    await cards.post("/v1/sales", _fact("S-1", sold_on="2026-06-20", net=_cny("1.00")))
    await cards.get("/v1/customers", min_position=f"{position},{person.headers['Regulars-Position']}")

    async def listed() -> bool:
        return len((await cards.get("/v1/customers")).json()["items"]) == 5

    await eventually(listed, timeout=20)

    async def names(**filters: Any) -> list[Any]:
        return [item.get("name") for item in (await cards.get("/v1/customers", **filters)).json()["items"]]

    assert await names(kind="COMPANY") == ["Ａｌｐｈａ", "alphonse", "Beta"]
    assert await names(name_prefix="ALPH") == ["Ａｌｐｈａ", "alphonse"]
    assert await names(area_id="EAST") == ["Ａｌｐｈａ", "Beta"]
    assert await names(external_id="erp:2") == ["Beta"]
    assert await names(external_id="erp:none") == []
    assert await names(stub=True) == [None]
    [shown] = (await cards.get("/v1/customers", kind="PERSON")).json()["items"]
    assert shown["person_name"] == "Li Na"
    found, cursor = [], None
    while True:
        page = (await cards.get("/v1/customers", limit=2, **({} if cursor is None else {"cursor": cursor}))).json()
        found += [item["customer_id"] for item in page["items"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 5
    bad = await cards.get("/v1/customers", external_id="erp")
    assert bad.status_code == 422
    await cards.erase(person.json()["customer_id"])

    async def gone() -> bool:
        return not (await cards.get("/v1/customers", kind="PERSON")).json()["items"]

    await eventually(gone, timeout=20)


NATURES = ("GOVERNMENT", "SPECIAL_COMPANY", "ORDINARY_COMPANY", "INDIVIDUAL", "TRADING_PARTNER")
SHOP_KINDS = ("WHOLESALE", "RETAIL", "AGENCY", "SPECIAL_APPOINTMENT", "CHAIN", "EXCLUSIVE")


@pytest.mark.requirement("S4.5", "S2.15")
async def test_customers_are_split_by_nature_and_by_shop_kind(cards: Cards) -> None:
    marks = [{"nature": nature} for nature in NATURES] + [{"shop_kind": kind} for kind in SHOP_KINDS]
    bodies = [{"kind": "COMPANY", "name": f"Company {n}", "marks": mark} for n, mark in enumerate(marks)]
    answer = await cards.post("/v1/customers/bulk", bodies)
    assert answer.json()["summary"] == {"total": 11, "recorded": 11}
    position = answer.headers["Regulars-Position"]
    for n, mark in enumerate(marks):
        items = (await cards.get("/v1/customers", min_position=position, **mark)).json()["items"]
        assert [(item["name"], item["marks"]) for item in items] == [(f"Company {n}", mark)]


async def test_dashboards_read_the_public_views_and_nothing_else(cards: Cards) -> None:
    customer, position = await _trade(cards)
    fresh = datetime.now(UTC).date()
    answer = await cards.post(
        "/v1/invoices",
        _fact(
            "I-9",
            number="99",
            issued_on=str(fresh),
            due_on=str(fresh + timedelta(days=3)),
            amount={"amount": "7", "currency": "JPY"},
        ),
    )
    await _receivables(cards, customer, f"{position},{answer.headers['Regulars-Position']}")
    c = await asyncpg.connect(cards.database.dsn("dashboards"))
    try:
        rows = {row["currency"]: row for row in await c.fetch("SELECT * FROM cards.public_receivables")}
        buckets = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")
        for row in rows.values():
            assert sum(row[name] for name in buckets) == row["outstanding"]
        assert (rows["CNY"]["outstanding"], rows["CNY"]["overdue"]) == (Decimal("1800.00"), Decimal("1800.00"))
        assert (rows["JPY"]["not_due"], rows["JPY"]["overdue"]) == (Decimal(7), Decimal(0))
        assert await c.fetchval("SELECT name FROM cards.public_customers") == "Hua Xin Trading"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await c.fetch("SELECT * FROM cards.events")
    finally:
        await c.close()


async def test_sources_say_how_far_they_are_complete(api: Cards) -> None:
    async def says(what: str, **body: str) -> tuple[int, str]:
        answer = await api.post(f"/v1/sources/erp/{what}", {"fact_kind": "payments", **body})
        return answer.status_code, answer.json().get("status") if answer.status_code == 200 else answer.json()["code"]

    assert await says("opened") == (200, "recorded")
    assert await says("opened") == (200, "unchanged")
    assert await says("completed-through", day="2026-03-31") == (200, "recorded")
    assert await says("completed-through", day="2026-03-30") == (409, "COMPLETENESS_TAKEN_BACK")
    assert await says("completed-through", day="2036-03-30") == (422, "VALIDATION_FAILED")
    assert await says("ended") == (200, "recorded")
    assert await says("completed-through", day="2026-04-30") == (409, "SOURCE_ENDED")
    assert await says("opened") == (200, "recorded")
    kinds = ["source-opened", "source-completed-through", "source-ended", "source-opened"]
    assert await api.events("source-erp-payments") == kinds
    headers = {"Idempotency-Key": "same"}
    first = await api.post("/v1/sources/shop/opened", {"fact_kind": "sales"}, headers)
    again = await api.post("/v1/sources/shop/opened", {"fact_kind": "sales"}, headers)
    assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")
    assert first.headers["Regulars-Position"].startswith("regulars.cards.control.v1/0/")
