"""Who falls by a day unless it buys more, and whom a standard would move, over HTTP; both agree with what a run gives."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.domain.standard import first_day
from services.classification.domain.value_class import Sales, Standard
from shared.contracts.cards import SalespersonAssigned
from shared.contracts.classification import ValueClass, ValueClassChanged
from shared.contracts.event import Event
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification, days_ago, returned, sale
from tests.integration.running import key, record
from tests.unit.classification.one_by_one import classify

FIRST, SECOND, THIRD, FOURTH = (UUID(int=n) for n in range(1, 5))


async def known(service: Classification, *facts: Any) -> None:
    await service.trade(*facts)

    async def folded() -> bool:
        async with service.own.acquire() as c:
            there = await c.fetchval("SELECT count(DISTINCT customer_id) FROM classification.sold_a")
            net = await c.fetchval("SELECT sum(net) FROM classification.sold_a")
        signed = sum(fact.net.amount * (1 if hasattr(fact, "sold_on") else -1) for fact in facts)
        return bool(there == len({fact.customer_id for fact in facts}) and net == signed)

    assert await eventually(folded, timeout=30)


async def outlook(service: Classification, **asked: Any) -> dict[str, Any]:
    found = await service.client.get("/v1/value-class-outlook", params=asked)
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


async def classed(service: Classification, classes: dict[UUID, ValueClass]) -> None:
    """As if the last run had found these."""
    events: list[tuple[str, UUID | None, Event]] = [
        (
            f"classification-{customer}",
            customer,
            ValueClassChanged(
                customer_id=customer,
                run_id=uuid4(),
                standard="value-class",
                standard_version=0,
                period_from=days_ago(365),
                period_to=days_ago(1),
                value_class=value_class,
            ),
        )
        for customer, value_class in classes.items()
    ]
    await record(service.own, "classification", events)

    async def folded() -> bool:
        async with service.own.acquire() as c:
            there: int = await c.fetchval("SELECT count(*) FROM classification.value_classes_a")
        return there == len(classes)

    assert await eventually(folded, timeout=30)


@pytest.mark.requirement("S0.26", "S2.17")
async def test_who_falls_when_old_sales_leave_the_period_unless_it_buys_so_much(classification: Classification) -> None:
    on = TODAY + timedelta(days=20)
    # The second bought most of it a year ago: in twenty days 10 are left. The fourth has nothing left.
    await known(
        classification,
        sale(FIRST, 500, days=100),
        sale(SECOND, 390, days=350),
        sale(SECOND, 10, days=30),
        sale(THIRD, 100, days=60),
        sale(FOURTH, 30, days=355),
    )
    await classification.run()
    assert await classification.classes() == {FIRST: "A", SECOND: "A", THIRD: "B", FOURTH: "C"}
    assigned = SalespersonAssigned(customer_id=SECOND, salesperson_id="S7", area_id="east")
    await record(classification.cards, "cards", [(f"card-{SECOND}", SECOND, assigned)])

    async def hers() -> bool:
        return [one["customer_id"] for one in (await outlook(classification, on=on, salesperson_id="S7"))["items"]] == [
            str(SECOND)
        ]

    assert await eventually(hers, timeout=20)
    body = await outlook(classification, on=on.isoformat())
    assert body["falling"] == [
        {"value_class": "A", "becomes": "C", "customers": 1},
        {"value_class": "C", "becomes": None, "customers": 1},
    ]
    second, fourth = body["items"]
    # With 90 more it comes before the third, who has as much, and 500 before it are 71 % of 700.
    assert (second["customer_id"], second["net"]["amount"], second["to_stay"]["amount"]) == (str(SECOND), "10.00", "90.00")
    assert (fourth["customer_id"], fourth["becomes"], fourth["to_stay"]["amount"]) == (str(FOURTH), None, "0.01")
    assert (body["currency"], body["period_from"]) == ("CNY", (on - timedelta(days=364)).isoformat())
    assert {one["read_model"] for one in body["from_what"]} == {"sold", "value_classes"}
    only = await outlook(classification, on=on.isoformat(), value_class="C")
    assert [one["customer_id"] for one in only["items"]] == [str(FOURTH)]
    first = await outlook(classification, on=on.isoformat(), limit=1)
    rest = await outlook(classification, on=on.isoformat(), limit=1, cursor=first["next_cursor"])
    assert [one["customer_id"] for one in (*first["items"], *rest["items"])] == [str(SECOND), str(FOURTH)]
    assert (await outlook(classification, on=TODAY.isoformat()))["items"] == []
    # Who buys that much stays.
    await classification.trade(sale(SECOND, 90, days=0))

    async def stays() -> bool:
        return [one["customer_id"] for one in (await outlook(classification, on=on))["items"]] == [str(FOURTH)]

    assert await eventually(stays, timeout=20)
    past = await classification.client.get("/v1/value-class-outlook", params={"on": days_ago(1).isoformat()})
    assert (past.status_code, past.json()["code"]) == (422, "OUTLOOK_DAY")


@pytest.mark.requirement("S2.17")
async def test_whom_a_standard_would_move_before_it_is_published(classification: Classification) -> None:
    await known(classification, *(sale(one, net) for one, net in ((FIRST, 500), (SECOND, 290), (THIRD, 150), (FOURTH, 60))))
    path = "/v1/standards/value-class/preview"
    same = (await classification.client.get(path)).json()
    assert (same["moved"], same["items"]) == (0, [])
    assert same["customers"] == [
        {"in_force": "A", "wanted": "A", "customers": 3},
        {"in_force": "B", "wanted": "B", "customers": 1},
    ]
    asked = {"a_below": "0.50", "b_below": "0.79"}
    shown = (await classification.client.get(path, params=asked)).json()
    assert [(one["customer_id"], one["in_force"], one["wanted"]) for one in shown["items"]] == [
        (str(SECOND), "A", "B"),
        (str(THIRD), "A", "C"),
        (str(FOURTH), "B", "C"),
    ]
    assert (shown["moved"], shown["items"][0]["net"]) == (3, {"amount": "290.00", "currency": "CNY"})
    first = (await classification.client.get(path, params={**asked, "limit": 2})).json()
    rest = (await classification.client.get(path, params={**asked, "limit": 2, "cursor": first["next_cursor"]})).json()
    assert [*first["items"], *rest["items"]] == shown["items"]
    # Then it is published and run, and moves these and no others.
    await classification.run()
    before = await classification.classes()
    headers = {**key(), "If-Match": '"0"'}
    await classification.client.put("/v1/standards/value-class", json={"a_below": "0.50", "b_below": "0.79"}, headers=headers)
    await classification.run()
    after = await classification.classes()
    assert {str(one): after[one] for one in after if after[one] != before[one]} == {
        one["customer_id"]: one["wanted"] for one in shown["items"]
    }
    wrong = await classification.client.get(path, params={"a_below": "0.99"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "BOUNDS_OUT_OF_ORDER")
    assert (await classification.client.get(path, params={"margin": "much"})).status_code == 422


async def test_what_is_looked_ahead_to_is_in_the_currency_that_classes_are_held_in(classification: Classification) -> None:
    await known(classification, sale(FIRST, 500, days=350), sale(SECOND, 100))
    await classification.run()
    # More sales since then, in another currency.
    await classification.trade(*(sale(THIRD, 10, currency="JPY", days=10) for _ in range(3)))
    on = (TODAY + timedelta(days=20)).isoformat()

    async def folded() -> bool:
        return bool(await classification.own.fetchval("SELECT count(*) FROM classification.sold_a WHERE currency = 'JPY'"))

    assert await eventually(folded, timeout=30)
    body = await outlook(classification, on=on)
    assert (body["currency"], [one["customer_id"] for one in body["items"]]) == ("CNY", [str(FIRST)])
    shown = (await classification.client.get("/v1/standards/value-class/preview")).json()
    assert (shown["currency"], shown["moved"]) == ("CNY", 0)
    assert (await outlook(classification, on=on, currency="JPY"))["currency"] == "JPY"


async def test_without_any_sales_nobody_falls_or_moves(classification: Classification) -> None:
    body = await outlook(classification)
    assert (body["items"], body["falling"], body["currency"]) == ([], [], None)
    assert (await classification.client.get("/v1/standards/value-class/preview")).json()["moved"] == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_lists_agree_with_the_rule_of_runs(classification: Classification, seed: int) -> None:
    random = Random(seed)
    standard = Standard(0)
    if seed > 1:
        standard = Standard(1, margin=Decimal("0.04"))
        body = {"margin": "0.04"}
        published = await classification.client.put("/v1/standards/value-class", json=body, headers={**key(), "If-Match": '"0"'})
        assert published.status_code == 200
    customers = [UUID(int=random.getrandbits(128)) for _ in range(40)]
    facts: list[Any] = []
    for customer in customers:
        for _ in range(random.randint(1, 3)):
            make = random.choice((sale, sale, sale, sale, returned))
            facts.append(make(customer, random.choice((1, 5, random.randrange(1, 900))), days=random.randrange(1, 700)))
    await known(classification, *facts)
    held: dict[UUID, ValueClass] = {customer: random.choice(("A", "B", "C")) for customer in customers if random.random() < 0.9}
    await classed(classification, held)
    on = TODAY + timedelta(days=11)

    def sales(first: Any, last: Any, more: dict[UUID, Decimal]) -> list[Sales]:
        net: dict[UUID, Decimal] = {}
        for fact in facts:
            day, sign = (fact.sold_on, 1) if hasattr(fact, "sold_on") else (fact.returned_on, -1)
            if first <= day <= last:
                net[fact.customer_id] = net.get(fact.customer_id, Decimal(0)) + sign * fact.net.amount
        for customer, amount in more.items():
            net[customer] = net.get(customer, Decimal(0)) + amount
        return [Sales(customer, amount) for customer, amount in net.items()]

    def classes(last: Any, used: Standard, more: dict[UUID, Decimal] | None = None) -> dict[UUID, ValueClass]:
        found = classify(sales(first_day(used, last), last, more or {}), used, "CNY", held)
        return {one.customer_id: one.value_class for one in found}

    then = classes(on, standard)
    falling = {customer: then.get(customer) for customer, had in held.items() if (then.get(customer) or "D") > had}
    shown = await outlook(classification, on=on.isoformat(), limit=100)
    assert {UUID(one["customer_id"]): one["becomes"] for one in shown["items"]} == falling
    assert len(falling) > 5
    for one in shown["items"]:
        customer, amount = UUID(one["customer_id"]), Decimal(one["to_stay"]["amount"])
        assert classes(on, standard, {customer: amount})[customer] <= held[customer]
        less = classes(on, standard, {customer: amount - Decimal("0.01")})
        assert amount == Decimal("0.01") or less[customer] > held[customer]
    wanted = Standard(1, Decimal("0.6"), Decimal("0.9"), 200, Decimal("0.07"))
    params = {"a_below": "0.6", "b_below": "0.9", "period_days": 200, "margin": "0.07", "limit": 100}
    shown = (await classification.client.get("/v1/standards/value-class/preview", params=params)).json()
    was, becomes = classes(days_ago(1), standard), classes(days_ago(1), wanted)
    assert {UUID(one["customer_id"]): (one["in_force"], one["wanted"]) for one in shown["items"]} == {
        customer: (was.get(customer), becomes.get(customer))
        for customer in customers
        if was.get(customer) != becomes.get(customer)
    }
    counts = Counter((was.get(customer), becomes.get(customer)) for customer in {*was, *becomes})
    assert {(one["in_force"], one["wanted"]): one["customers"] for one in shown["customers"]} == counts
