"""The plan of collections and payments over HTTP, and as dashboards see it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.contracts.alerts import AlertOpened, Finding, Level
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, PoolOf
from tests.integration.running import record


class Book:
    """Customers by their numbers, with what they owe. `today` is the day that the database has."""

    def __init__(self, cards: Cards, pool_of: PoolOf, today: date) -> None:
        self.cards, self.pool_of, self.today = cards, pool_of, today
        self.ids: dict[str, UUID] = {}
        self.places: list[str] = []

    def day(self, days: int) -> str:
        return (self.today + timedelta(days=days)).isoformat()

    async def owes(self, number: str, *invoices: tuple[str, int, str], salesperson: str = "wang") -> None:
        """Invoices as (number, days from today to the due day, amount in CNY)."""
        self.ids[number] = await self.cards.register(number, name=f"Company {number}", salesperson_id=salesperson)
        for name, due, amount in invoices:
            await self.records(
                number, "invoices", number=name, issued_on=self.day(due - 30), due_on=self.day(due), amount=cny(amount)
            )

    async def records(self, number: str, path: str, /, **fields: Any) -> None:
        fact = {"source": "erp", "source_event_id": str(uuid4()), "customer": {"system": "erp", "value": number}, **fields}
        answer = await self.cards.post(f"/v1/{path}", fact)
        assert answer.status_code == 201, answer.text
        self.places.append(answer.headers["Regulars-Position"])

    async def promises(self, number: str, due: int, amount: str, invoices: Iterable[str] = (), by: str = "CUSTOMER") -> str:
        body = {
            "made_by": by,
            "kind": "PAY",
            "made_on": self.day(-60),
            "due_on": self.day(due),
            "amount": cny(amount),
            "invoices": [{"source": "erp", "number": one} for one in invoices],
        }
        answer = await self.cards.post(f"/v1/customers/{self.ids[number]}/promises", body)
        assert answer.status_code == 201, answer.text
        self.places.append(answer.headers["Regulars-Position"])
        return str(answer.json()["id"])

    async def breaks(self, promise: str, on: int) -> None:
        answer = await self.cards.post(f"/v1/promises/{promise}/broken", {"on": self.day(on)}, {"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
        self.places.append(answer.headers["Regulars-Position"])

    async def disputes(self, number: str, amount: str, invoice: str) -> None:
        complaint = uuid4()
        event = ComplaintReceived(
            complaint_id=complaint,
            customer_id=self.ids[number],
            kind="QUALITY",
            channel="WEB",
            received_on=self.today,
            claimed=Money(Decimal(amount), "CNY"),
            invoices=(InvoiceRef("erp", invoice),),
        )
        pool = await self.pool_of(self.cards.database, "complaints")
        self.places.append(await record(pool, "complaints", [(f"complaint-{complaint}", self.ids[number], event)]))

    async def warned(self, number: str, level: Level) -> None:
        alert = uuid4()
        finding = Finding(rule_id="overdue_debt", rule_version=1, level=level, true_on=self.today, reasons=())
        event = AlertOpened(alert_id=alert, customer_id=self.ids[number], kind="credit", channel="CNY", finding=finding)
        pool = await self.pool_of(self.cards.database, "alerts")
        self.places.append(await record(pool, "alerts", [(f"alert-{alert}", self.ids[number], event)]))

    async def lines(self, path: str = "/v1/collection-plan", **params: Any) -> list[dict[str, Any]]:
        """All lines, once everything recorded so far is in them."""
        for place in self.places:
            await eventually(lambda place=place: self._reached(path, place), timeout=20)  # type: ignore[misc]
        self.places.clear()
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self.cards.get(path, limit=3, **params, **cursor)
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            if "next_cursor" not in answer.json():
                return found
            cursor = {"cursor": answer.json()["next_cursor"]}

    async def _reached(self, path: str, place: str) -> bool:
        return (await self.cards.get(path, min_position=place, limit=1)).status_code == 200


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def names(lines: list[dict[str, Any]]) -> list[str]:
    return [line["name"].removeprefix("Company ") for line in lines]


@pytest.fixture
async def book(cards: Cards, pool_of: PoolOf) -> Book:
    return Book(cards, pool_of, await cards.pool.fetchval("SELECT current_date"))


@pytest.mark.requirement("S0.5")
async def test_the_plan_says_whom_to_ask_first(book: Book) -> None:
    await book.owes("large-and-old", ("1", -40, "800.00"), ("2", 0, "200.00"))
    await book.owes("small-and-new", ("3", -10, "1000.00"))
    await book.owes("promised-yesterday", ("4", -2, "100.00"))
    await book.promises("promised-yesterday", -1, "100.00")
    await book.owes("broke-its-word", ("5", -3, "90.00"))
    await book.breaks(await book.promises("broke-its-word", -9, "90.00"), -8)
    await book.owes("broke-it-long-ago", ("6", -1, "20.00"))
    await book.warned("broke-it-long-ago", "watch")
    await book.owes("at-risk", ("7", -1, "50.00"))
    await book.warned("at-risk", "stop")
    await book.owes("due-today", ("8", 0, "70.00"))
    await book.owes("due-tomorrow", ("9", 1, "60.00"))
    await book.owes("of-another", ("10", -3, "10.00"), salesperson="li")
    today = book.today.isoformat()
    lines = await book.lines(day=today, salesperson_id="wang")
    assert names(lines) == [
        "broke-its-word",
        "promised-yesterday",
        "at-risk",
        "broke-it-long-ago",
        "large-and-old",
        "small-and-new",
        "due-today",
    ]
    assert [line["why"] for line in lines] == ["PROMISE", "PROMISE", "OVERDUE", "OVERDUE", "OVERDUE", "OVERDUE", "DUE"]
    large = lines[4]
    assert (large["to_collect"], large["overdue"], large["days_overdue"]) == (cny("1000.00"), cny("800.00"), 40)
    assert [(one["number"], one["days_overdue"], one["open"]) for one in large["invoices"]] == [
        ("1", 40, cny("800.00")),
        ("2", 0, cny("200.00")),
    ]
    assert names(await book.lines(day=today, salesperson_id="li")) == ["of-another"]
    tomorrow = await book.lines(day=book.day(1), salesperson_id="wang")
    assert (names(tomorrow)[-1], tomorrow[-1]["why"]) == ("due-tomorrow", "DUE")
    reader = await asyncpg.connect(book.cards.database.dsn("dashboards"))
    try:
        seen = await reader.fetch("SELECT * FROM cards.public_collection_plan WHERE salesperson_id = 'wang' ORDER BY place")
    finally:
        await reader.close()
    assert [(row["name"].removeprefix("Company "), row["to_collect"], row["why"]) for row in seen] == [
        (name, Decimal(line["to_collect"]["amount"]), line["why"]) for name, line in zip(names(lines), lines, strict=True)
    ]


@pytest.mark.requirement("S0.5")
async def test_what_is_disputed_or_promised_for_later_is_not_asked_for(book: Book) -> None:
    await book.owes("withholds-all", ("1", -5, "500.00"))
    await book.disputes("withholds-all", "500.00", "1")
    await book.owes("withholds-some", ("2", -5, "500.00"))
    await book.disputes("withholds-some", "120.00", "2")
    await book.owes("pays-in-three-days", ("3", -20, "300.00"))
    await book.promises("pays-in-three-days", 3, "300.00")
    await book.owes("pays-one-later", ("4", -3, "100.00"), ("5", -2, "60.00"))
    await book.promises("pays-one-later", 5, "100.00", ["5"])
    lines = {name: line for line in await book.lines(day=book.day(0)) for name in names([line])}
    assert sorted(lines) == ["pays-one-later", "withholds-some"]
    some = lines["withholds-some"]
    assert (some["to_collect"], some["disputed"]) == (cny("380.00"), cny("120.00"))
    assert some["invoices"][0]["disputed"] == cny("120.00")
    later = lines["pays-one-later"]
    assert (later["to_collect"], later["promised"], later["promised_on"]) == (cny("100.00"), cny("60.00"), book.day(5))
    on_the_day = {name: line for line in await book.lines(day=book.day(3)) for name in names([line])}
    assert on_the_day["pays-in-three-days"]["why"] == "PROMISE"
    assert on_the_day["pays-in-three-days"]["to_collect"] == cny("300.00")
    await book.records("withholds-some", "payments", received_on=book.day(0), amount=cny("380.00"))
    assert names(await book.lines(day=book.day(0))) == ["pays-one-later"]


async def test_currencies_are_lines_of_their_own(book: Book) -> None:
    await book.owes("both", ("1", -5, "500.00"))
    usd = {"amount": "9000.00", "currency": "USD"}
    await book.records("both", "invoices", number="2", issued_on=book.day(-90), due_on=book.day(-60), amount=usd)
    assert [line["to_collect"] for line in await book.lines(day=book.day(0))] == [cny("500.00"), usd]


@pytest.mark.requirement("S0.5")
async def test_what_we_owe_stands_beside_it(book: Book) -> None:
    await book.owes("rebate", salesperson="li")
    promise = await book.promises("rebate", 10, "75.00", by="COMPANY")
    await book.owes("paid-too-much")
    await book.records("paid-too-much", "payments", received_on=book.day(-2), amount=cny("40.00"))
    await book.owes("refund-agreed")
    await book.records("refund-agreed", "payments", received_on=book.day(-2), amount=cny("100.00"))
    await book.promises("refund-agreed", 4, "70.00", by="COMPANY")
    lines = await book.lines("/v1/payment-plan")
    assert [(name, line["why"], line["amount"], line.get("due_on")) for name, line in zip(names(lines), lines, strict=True)][
        :2
    ] == [
        ("refund-agreed", "PROMISED", cny("70.00"), book.day(4)),
        ("rebate", "PROMISED", cny("75.00"), book.day(10)),
    ]
    assert {(line["name"], line["amount"]["amount"]) for line in lines[2:]} == {
        ("Company paid-too-much", "40.00"),
        ("Company refund-agreed", "30.00"),
    }
    assert lines[1]["promise_id"] == promise
    assert [line["why"] for line in await book.lines("/v1/payment-plan", day=book.day(4), salesperson_id="wang")] == [
        "PROMISED",
        "CREDIT",
        "CREDIT",
    ]
    assert names(await book.lines("/v1/payment-plan", salesperson_id="li")) == ["rebate"]
    mixed = await book.cards.get("/v1/payment-plan", cursor="AbC")
    assert (mixed.status_code, mixed.json()["code"]) == (400, "CURSOR_INVALID")
