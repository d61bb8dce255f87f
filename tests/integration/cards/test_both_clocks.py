"""INVARIANT: for any day and any day of knowledge the service tells what an independent fold of its exported events tells.

`BOTH_CLOCKS_TRIPLES=1000 pytest tests/integration/cards/test_both_clocks.py` asks for as many (customer, day, day of knowledge).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.integration.cards import told_twice
from tests.integration.cards.conftest import Cards, PoolOf
from tests.integration.cards.told_twice import Told

TRIPLES = int(os.environ.get("BOTH_CLOCKS_TRIPLES", "200"))
CUSTOMERS, COMMANDS, DAYS = 20, 24, 120
SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(SHANGHAI).date()
SALESPEOPLE = ("wang", "li", "zhou", None)


def _day(chance: Random) -> date:
    return TODAY - timedelta(days=chance.randrange(DAYS))


def _money(chance: Random) -> dict[str, str]:
    return {"amount": f"{chance.randrange(1, 900)}.{chance.randrange(100):02}", "currency": chance.choice(["CNY", "CNY", "USD"])}


def _without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


class Company:
    """One customer whose story is told in any order of days."""

    def __init__(self, api: Cards, number: int, chance: Random) -> None:
        self.api, self.number, self.chance = api, number, chance
        self.customer: UUID | None = None
        self.version = 1

    async def begin(self) -> None:
        chance = self.chance
        registered = {
            "place": chance.choice(["Suzhou", "Wuxi", None]),
            "telephone": "+86 512 6789 0123",
            "marks": {"nature": "ORDINARY_COMPANY", "shop_kind": chance.choice(["CHAIN", "RETAIL"])},
            "salesperson_id": chance.choice(SALESPEOPLE),
            "valid_from": str(_day(chance)),
        }
        self.customer = await self.api.register(f"K-{self.number}", **_without_nothing(registered))

    async def go_on(self, step: int) -> None:
        command = self.chance.choice(
            [self._basics, self._marks, self._assignment, self._terms, self._characteristics, self._business, self._status]
            + [self._fact] * 5
        )
        await command(step)

    async def _put(self, path: str, body: dict[str, Any]) -> None:
        answer = await self.api.put(f"/v1/customers/{self.customer}/{path}", _without_nothing(body), self.version)
        self._done(answer)

    async def _say(self, path: str, stated: dict[str, Any]) -> None:
        body = {"provenance": {"source": "SALESPERSON"}, "valid_from": str(_day(self.chance)), **_without_nothing(stated)}
        matching = {"If-Match": f'"{self.version}"'}
        self._done(await self.api.post(f"/v1/customers/{self.customer}/{path}", body, matching))

    def _done(self, answer: Any) -> None:
        assert answer.status_code == 200, answer.text
        self.version = int(answer.headers["ETag"].strip('"'))

    async def _basics(self, step: int) -> None:
        chance = self.chance
        body = {
            "kind": "COMPANY",
            "name": f"Company {self.number}.{step}",
            "place": chance.choice(["Suzhou", "Wuxi", "Nanjing", None]),
            "telephone": chance.choice(["+86 512 6789 0123", None]),
            "legal_form": chance.choice(["LIMITED", "PARTNERSHIP", None]),
            "assets": chance.choice([_money(chance), None]),
            "valid_from": str(_day(chance)),
        }
        await self._put("basics", body)

    async def _marks(self, step: int) -> None:
        marks = {
            "nature": self.chance.choice(["ORDINARY_COMPANY", "GOVERNMENT", None]),
            "shop_kind": self.chance.choice(["CHAIN", "RETAIL", "WHOLESALE", None]),
            "valid_from": str(_day(self.chance)),
        }
        await self._put("marks", marks)

    async def _assignment(self, step: int) -> None:
        body = {"salesperson_id": self.chance.choice(SALESPEOPLE), "valid_from": str(_day(self.chance))}
        await self._put("assignment", body)

    async def _terms(self, step: int) -> None:
        limit = self.chance.choice([_money(self.chance), None])
        await self._put("terms", {"payment_days": step, "credit_limit": limit, "agreed_on": str(_day(self.chance))})

    async def _characteristics(self, step: int) -> None:
        chance = self.chance
        stated: dict[str, Any] = {
            "service_area": chance.choice([f"Area {step}", None]),
            "potential": chance.choice([1, 3, 5, None]),
            "policy": chance.choice(["Few brands", None]),
        }
        await self._say("characteristics", {**stated, "sales_power": chance.randrange(1, 6)})

    async def _business(self, step: int) -> None:
        chance = self.chance
        years = [{"year": year, "sales": _money(chance)} for year in chance.sample([2023, 2024, 2025], 2)]
        stated = {"sales_results": chance.choice([years, None]), "attitude": chance.choice(["NEUTRAL", "DIFFICULT"])}
        await self._say("business-status", stated)

    async def _status(self, step: int) -> None:
        stated = self.chance.choice(
            [{"credit_status": "GOOD"}, {"reputation": 2, "days_late": 0}, {"withdrawn": ["credit_status"]}]
        )
        await self._say("trade-status", stated)

    async def _fact(self, step: int) -> None:
        chance, day = self.chance, str(_day(self.chance))
        common = {
            "source": "erp",
            "source_event_id": f"F-{self.number}-{step}",
            "customer": {"system": "erp", "value": f"K-{self.number}"},
        }
        path, body = chance.choice(
            [
                (
                    "invoices",
                    {"number": f"{self.number}-{step}", "issued_on": day, "due_on": str(TODAY), "amount": _money(chance)},
                ),
                ("payments", {"received_on": day, "amount": _money(chance)}),
                ("credit-notes", {"number": f"C-{self.number}-{step}", "noted_on": day, "amount": _money(chance)}),
                ("sales", {"sold_on": day, "net": _money(chance)}),
                ("returns", {"returned_on": day, "net": _money(chance)}),
            ]
        )
        answer = await self.api.post(f"/v1/{path}", {**common, **body})
        assert answer.status_code == 201, answer.text


async def _trade(api: Cards, chance: Random) -> list[UUID]:
    companies = [Company(api, number, chance) for number in range(CUSTOMERS)]
    for company in companies:
        await company.begin()
    for step in range(COMMANDS):
        for company in companies:
            await company.go_on(step)
    return [company.customer for company in companies if company.customer is not None]


async def _spread_recordings(api: Cards, pool_of: PoolOf) -> None:
    """The store as if it had been written over four months, in the order of its commits. Nobody but the database's owner can."""
    owner = await pool_of(api.database, "postgres")
    await owner.execute(
        """UPDATE cards.events e SET recorded_at = now() - make_interval(days => $1) * (1 - place.nth::float / place.total)
             FROM (SELECT stream, version, row_number() OVER (ORDER BY gen, xid, pos) AS nth, count(*) OVER () AS total
                     FROM cards.events) place
            WHERE place.stream = e.stream AND place.version = e.version""",
        DAYS,
    )


@pytest.mark.requirement("S0.20", "S2.11")
async def test_any_day_by_any_knowledge_is_what_the_events_say(api: Cards, pool_of: PoolOf) -> None:
    chance = Random(20260501)
    customers = await _trade(api, chance)
    await _spread_recordings(api, pool_of)
    events = await told_twice.exported(await pool_of(api.database, "alerts"), SHANGHAI)
    seen = {"cards": 0, "ledgers": 0, "back-dated": 0}
    for _ in range(TRIPLES):
        customer, as_of, known_at = chance.choice(customers), _day(chance), _day(chance)
        told = events[customer]
        await _same_card(api, customer, told, as_of, known_at, seen)
        await _same_ledger(api, customer, told, as_of, known_at, seen)
        await _same_salespeople(api, customer, told, known_at)
    # A check that finds nothing anywhere would agree as well.
    assert all(count > TRIPLES // 10 for count in seen.values()), seen


async def _same_card(api: Cards, customer: UUID, told: list[Told], as_of: date, known_at: date, seen: dict[str, int]) -> None:
    expected = told_twice.card(told, as_of, known_at)
    answer = await api.get(f"/v1/customers/{customer}", as_of=str(as_of), known_at=str(known_at))
    if not expected:
        assert answer.status_code == 404, answer.text
        return
    assert answer.status_code == 200, answer.text
    assert _fields(answer.json()) == {field: _comparable(field, value) for field, value in expected.items()}
    seen["cards"] += 1
    seen["back-dated"] += expected != told_twice.card(told, as_of, date.max)


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    found = {name: body[name] for name in ("area_id", "salesperson_id") if name in body}
    if "terms" in body:
        found["terms"] = {"credit_limit": None, **body["terms"]}
    for part, fields in body["parts"].items():
        for name, field in fields.items():
            if "value" in field:
                found[f"{part}.{name}"] = _comparable(f"{part}.{name}", field["value"])
    return found


def _comparable(field: str, value: Any) -> Any:
    # Personal texts are sealed in what is exported: that there is one is all that can be compared.
    return True if field in ("basics.telephone", "characteristics.policy") else value


async def _same_ledger(api: Cards, customer: UUID, told: list[Told], as_of: date, known_at: date, seen: dict[str, int]) -> None:
    answer = await api.get(f"/v1/customers/{customer}/standing", as_of=str(as_of), known_at=str(known_at))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    owed = {one["currency"]: Decimal(one["outstanding"]) - Decimal(one["unallocated"]) for one in body["balances"]}
    bought = {one["currency"]: Decimal(one["total"]) for one in body["turnover"]}
    of_month = {one["currency"]: Decimal(one["month"]) for one in body["turnover"] if Decimal(one["month"])}
    assert _not_nothing(owed) == _not_nothing(told_twice.balance(told, as_of, known_at))
    assert _not_nothing(bought) == _not_nothing(told_twice.turnover(told, as_of, known_at))
    assert of_month == _not_nothing(told_twice.turnover_of_month(told, as_of, known_at))
    for balance in body["balances"]:
        assert sum(Decimal(item["open"]) for item in balance["items"]) == Decimal(balance["outstanding"])
    seen["ledgers"] += bool(body["balances"])


def _not_nothing(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {currency: amount for currency, amount in amounts.items() if amount}


async def _same_salespeople(api: Cards, customer: UUID, told: list[Told], known_at: date) -> None:
    answer = await api.get(f"/v1/customers/{customer}/assignments", known_at=str(known_at))
    days = [TODAY - timedelta(days=days) for days in range(0, DAYS, 7)]
    spans = answer.json()["items"]
    found = {day: next((one.get("salesperson_id") for one in spans if _covers(one, day)), None) for day in days}
    assert found == told_twice.salesperson_by_day(told, days, known_at)


def _covers(span: dict[str, Any], day: date) -> bool:
    return span["since"] <= str(day) <= span.get("until", str(TODAY))
