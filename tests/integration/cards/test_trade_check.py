"""What an ERP is answered before it accepts an order, over HTTP, with `work` folding the feed of the stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.alerts import MeasureDecided
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, PoolOf
from tests.integration.running import record

TODAY = datetime.now(UTC).date()
LIMIT = {"payment_days": 30, "credit_limit": {"amount": "2000.00", "currency": "CNY"}, "agreed_on": "2026-01-05"}


def day(days_ago: int) -> str:
    # The company's day may be one beyond this: no border of a test lies there.
    return (TODAY - timedelta(days=days_ago)).isoformat()


async def invoice(
    cards: Cards, number: str, due_days_ago: int, amount: str, customer: str = "K-1077", currency: str = "CNY"
) -> str:
    body = {
        "source": "erp",
        "source_event_id": f"I-{number}",
        "customer": {"system": "erp", "value": customer},
        "number": number,
        "issued_on": day(due_days_ago + 30),
        "due_on": day(due_days_ago),
        "amount": {"amount": amount, "currency": currency},
    }
    answer = await cards.post("/v1/invoices", body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Regulars-Position"]


async def asked(cards: Cards, customer: UUID, **params: Any) -> dict[str, Any]:
    answer = await cards.get(f"/v1/customers/{customer}/trade-check", **params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def codes(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["decision"], one["code"]) for one in answer["reasons"]]


@pytest.mark.requirement("S0.10", "S2.31")
async def test_an_order_is_checked_against_the_limit_and_what_is_open(cards: Cards) -> None:
    customer = await cards.register(terms=LIMIT)
    position = await invoice(cards, "1", -20, "1500.00")
    within = await asked(cards, customer, amount="500.00", min_position=position)
    assert (within["decision"], codes(within)) == ("allowed", [("allowed", "WITHIN_LIMIT")])
    assert within["order"] == {"amount": "500.00", "currency": "CNY"}
    assert within["credit_limit"] == {"amount": "2000.00", "currency": "CNY"}
    assert within["owing"] == [{"currency": "CNY", "exposure": "1500.00", "disputed": "0.00", "overdue": "0.00"}]
    beyond = await asked(cards, customer, amount="500.01")
    assert (beyond["decision"], beyond["reasons"][0]["figures"]["beyond"]) == ("hold", "0.01")
    # By the number under which the ERP knows the customer; and the answer is of the very invoice that was recorded just now.
    position = await invoice(cards, "2", -25, "0.01")
    by_number = await cards.get("/v1/trade-check", external_id="erp:K-1077", amount="500.00", min_position=position)
    assert (by_number.json()["customer_id"], by_number.json()["decision"]) == (str(customer), "hold")


@pytest.mark.requirement("S0.10", "S2.31")
async def test_overdue_debt_holds_unless_it_is_disputed(cards: Cards, pool_of: PoolOf) -> None:
    customer = await cards.register(terms=LIMIT)
    position = await invoice(cards, "1", 40, "300.00")
    held = await asked(cards, customer, amount="1", min_position=position)
    assert (held["decision"], codes(held)[0]) == ("hold", ("hold", "OVERDUE"))
    assert held["owing"][0]["overdue"] == "300.00"
    complaint = ComplaintReceived(
        complaint_id=uuid4(),
        customer_id=customer,
        kind="QUALITY",
        channel="HOTLINE",
        received_on=TODAY - timedelta(days=35),
        claimed=Money(Decimal("300.00"), "CNY"),
        invoices=(InvoiceRef("erp", "1"),),
    )
    stream = f"complaint-{complaint.complaint_id}"
    at = await record(await pool_of(cards.database, "complaints"), "complaints", [(stream, customer, complaint)])

    async def disputed() -> dict[str, Any] | None:
        answer = await cards.get(f"/v1/customers/{customer}/trade-check", amount="1", min_position=at)
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found

    allowed = await eventually(disputed, timeout=20)
    assert allowed is not None
    assert (allowed["decision"], codes(allowed)) == ("allowed", [("allowed", "WITHIN_LIMIT"), ("allowed", "DISPUTED")])
    assert allowed["owing"] == [{"currency": "CNY", "exposure": "300.00", "disputed": "300.00", "overdue": "0.00"}]


@pytest.mark.requirement("S2.31")
async def test_a_measure_reaches_the_check_and_a_release_takes_it_back(cards: Cards, pool_of: PoolOf) -> None:
    customer = await cards.register(terms=LIMIT)
    alerts = await pool_of(cards.database, "alerts")
    alert = uuid4()

    async def decided(measure: Any, decision: str) -> dict[str, Any]:
        event = MeasureDecided(alert_id=alert, customer_id=customer, kind="credit", measure=measure, decided_by=uuid4())
        await record(alerts, "alerts", [(f"alert-{alert}", customer, event)])

        async def reached() -> dict[str, Any] | None:
            found = await asked(cards, customer, amount="1")
            return found if found["decision"] == decision else None

        found = await eventually(reached, timeout=20)
        assert found is not None
        return found

    held = await decided("HOLD", "hold")
    assert (held["restriction"], codes(held)[0]) == ("HOLD", ("hold", "TRADE_ON_HOLD"))
    stopped = await decided("STOP", "stop")
    assert stopped["reasons"][0]["figures"]["alert_id"] == str(alert)
    released = await decided("RELEASE", "allowed")
    assert "restriction" not in released
    rows = await cards.pool.fetch(
        "SELECT type FROM cards.events WHERE stream = $1 AND type LIKE '%trade-re%' ORDER BY version", f"card-{customer}"
    )
    assert [row["type"] for row in rows] == [
        "regulars.cards.trade-restricted.v1",
        "regulars.cards.trade-restricted.v1",
        "regulars.cards.trade-released.v1",
    ]


@pytest.mark.requirement("S0.10")
async def test_a_grade_is_shown_on_the_check_and_on_the_credit_card_and_decides_nothing(cards: Cards, pool_of: PoolOf) -> None:
    customer = await cards.register(terms=LIMIT)
    amount = Money(Decimal("10.00"), "CNY")
    graded = CreditGraded(
        customer_id=customer,
        run_id=uuid4(),
        standard_version=1,
        graded_on=TODAY,
        grade="STOP",
        points=6,
        exposure=(amount,),
        expected_change=(Money(-amount.amount, "CNY"),),
    )
    store = await pool_of(cards.database, "classification")
    await record(store, "classification", [(f"credit-grade-{customer}", customer, graded)])

    async def reached() -> dict[str, Any] | None:
        found = await asked(cards, customer, amount="1")
        return found if "credit_grade" in found else None

    found = await eventually(reached, timeout=20)
    assert found is not None
    assert (found["credit_grade"], found["decision"]) == ("STOP", "allowed")
    card = (await cards.get(f"/v1/customers/{customer}/credit-card")).json()["credit_grade"]
    assert (card["grade"], card["since"], card["points"]) == ("STOP", TODAY.isoformat(), 6)
    assert card["expected_change"] == [{"amount": "-10.00", "currency": "CNY"}]
    dossier = (await cards.get(f"/v1/customers/{customer}/dossier")).json()
    assert dossier["statistics"]["credit_grade"] == card


@pytest.mark.requirement("S0.10")
async def test_merged_erased_and_unknown_customers_are_told(cards: Cards) -> None:
    lead, other = await cards.register("K-1", terms=LIMIT), await cards.register("K-2")
    await invoice(cards, "1", -20, "1500.00", "K-1")
    position = await invoice(cards, "2", -20, "400.00", "K-2")
    merged = await cards.post(f"/v1/customers/{lead}/merge", {"merged_id": str(other)}, {"If-Match": '"2"'})
    assert merged.status_code == 200, merged.text
    for customer in (lead, other):
        found = await asked(cards, customer, amount="100.00", min_position=position)
        assert (found["decision"], found["owing"][0]["exposure"], found.get("merged_into")) == (
            "allowed",
            "1900.00",
            str(lead) if customer == other else None,
        )
    assert (await asked(cards, other, amount="100.01"))["decision"] == "hold"
    gone = await cards.register("K-3")
    erased = await cards.erase(gone)
    assert erased.status_code == 200, erased.text
    assert codes(await asked(cards, gone))[0] == ("stop", "CUSTOMER_ERASED")
    for path in (f"/v1/customers/{uuid4()}/trade-check", "/v1/trade-check?external_id=erp:nobody"):
        nobody = await cards.client.get(path)
        assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


async def test_what_cannot_be_asked_is_told(cards: Cards) -> None:
    customer = await cards.register()
    flawed = {
        "currency": {"amount": "1"},
        "amount": {"amount": "1.001", "currency": "CNY"},
    }
    for field, params in flawed.items():
        answer = await cards.get(f"/v1/customers/{customer}/trade-check", **params)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"#/query/{field}")
    negative = await cards.get(f"/v1/customers/{customer}/trade-check", amount="-1", currency="CNY")
    assert negative.status_code == 422
    stub = (
        await cards.post(
            "/v1/sales",
            {
                "source": "erp",
                "source_event_id": "S-9",
                "customer": {"system": "erp", "value": "K-9"},
                "sold_on": "2026-03-02",
                "net": {"amount": "1.00", "currency": "CNY"},
            },
        )
    ).json()["customer_id"]
    assert codes(await asked(cards, stub))[0] == ("hold", "NOT_REGISTERED")
