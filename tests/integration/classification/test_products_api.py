"""Products over HTTP: ranked by sales and profit in a period and scope, and held against the tasks set for them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.classification.asking import ask, bought, enter, known, served
from tests.integration.classification.conftest import TODAY, Classification, days_ago, line, returned, sale
from tests.integration.running import key


@pytest.mark.requirement("S2.21", "S2.25", "S2.26")
async def test_products_by_sales_and_by_gross_profit(classification: Classification) -> None:
    one, other = uuid4(), uuid4()
    position = await known(
        classification,
        # A: 600 less 100 that came back, half of the rest of known cost; B: the larger profit; C: no cost is known.
        bought(one, line("A", 300, 3, "80"), line("A", 300, 3)),
        returned(one, 100, lines=(line("A", 100, 1),)),
        bought(other, line("B", 400, 4, "10")),
        bought(other, line("C", 100, 10)),
        sale(other, 50),
        bought(other, line("B", 9000, 1), days=500),
        sale(other, 7000, currency="EUR", lines=(line("A", 7000),)),
        served(other, "north", "s-1"),
    )
    by_sales = await ask(classification, "/v1/products", position, currency="CNY")
    assert (by_sales["products"], by_sales["net"]["amount"], by_sales["without_article"]["amount"]) == (3, "1000.00", "50.00")
    assert (by_sales["costed_share"], by_sales["margin_rate"], by_sales["gross_profit"]["amount"]) == (
        "0.700000",
        "0.600000",
        "420.00",
    )
    shown = [
        (one["article"], one["net"]["amount"], one["share"], one["running"]["amount"], one["cumulated_share"])
        for one in by_sales["items"]
    ]
    assert shown == [
        ("A", "500.00", "0.500000", "500.00", "0.500000"),
        ("B", "400.00", "0.400000", "900.00", "0.900000"),
        ("C", "100.00", "0.100000", "1000.00", "1.000000"),
    ]
    assert by_sales["items"][0]["quantity"] == "5"
    assert {one["read_model"] for one in by_sales["from_what"]} == {"sold"}

    by_profit = await ask(classification, "/v1/products", position, order="gross_profit", currency="CNY")
    profits = [
        (one["article"], one.get("gross_profit", {}).get("amount"), one.get("margin_rate"), one["costed_share"])
        for one in by_profit["items"]
    ]
    assert profits == [
        ("B", "360.00", "0.900000", "1.000000"),
        ("A", "60.00", "0.200000", "0.600000"),
        ("C", None, None, "0.000000"),
    ]
    in_the_north = await ask(classification, "/v1/products", position, area_id="north", currency="CNY")
    assert [(one["article"], one["share"]) for one in in_the_north["items"]] == [("B", "0.800000"), ("C", "0.200000")]
    long_ago = {"from": days_ago(510).isoformat(), "to": days_ago(490).isoformat()}
    assert [one["net"]["amount"] for one in (await ask(classification, "/v1/products", position, **long_ago))["items"]] == [
        "9000.00"
    ]


@pytest.mark.parametrize("order", ["net", "gross_profit"])
async def test_pages_go_on_where_the_page_before_ended(classification: Classification, order: str) -> None:
    customer = uuid4()
    lines = [line(f"A-{n}", 100 * (n % 3 + 1), 1, None if n % 2 else str(10 * n)) for n in range(7)]
    position = await known(classification, bought(customer, *lines))
    whole = await ask(classification, "/v1/products", position, order=order)
    items: list[dict[str, Any]] = []
    cursor = None
    for _ in range(4):
        page = await ask(classification, "/v1/products", None, order=order, limit=2, cursor=cursor)
        items += page["items"]
        cursor = page.get("next_cursor")
    assert cursor is None
    assert items == whole["items"]
    assert [one["rank"] for one in items] == list(range(1, 8))


async def test_nothing_sold_is_an_empty_ranking(classification: Classification) -> None:
    found = await ask(classification, "/v1/products", None)
    assert (found["items"], found["products"]) == ([], 0)


def period() -> tuple[date, date]:
    first = TODAY.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@pytest.mark.requirement("S2.22")
async def test_a_task_is_met_or_not_and_how_far_it_is(classification: Classification) -> None:
    one, other = uuid4(), uuid4()
    first, last = period()
    year_before = {"article": "A", "period": "YEAR", "first_on": f"{TODAY.year - 1}-01-01"}
    money = {"amount": "400.00", "currency": "CNY"}
    before = (TODAY - date(TODAY.year - 1, 12, 31)).days
    position = await known(
        classification,
        sale(one, 500, 0, lines=(line("A", 300, 3), line("B", 200, 20))),
        sale(other, 100, 0, lines=(line("A", 100, 1),)),
        sale(one, 399, before, lines=(line("A", 399, 3),)),
        sale(other, 7000, 0, currency="EUR", lines=(line("A", 7000, 7),)),
        served(other, "north", "s-1"),
    )
    entered = [
        await enter(classification, "/v1/sales-tasks", article="A", period="MONTH", first_on=first.isoformat(), amount=money),
        await enter(classification, "/v1/sales-tasks", **year_before, amount=money),
        await enter(classification, "/v1/sales-tasks", article="B", period="MONTH", first_on=first.isoformat(), quantity="25"),
        await enter(
            classification,
            "/v1/sales-tasks",
            article="A",
            period="MONTH",
            first_on=first.isoformat(),
            quantity="8",
            salesperson_id="s-1",
        ),
    ]
    assert [answer.status_code for answer in entered] == [200] * 4, [answer.text for answer in entered]
    position += "," + ",".join(answer.headers["regulars-position"] for answer in entered)
    since = date(TODAY.year - 1, 1, 1).isoformat()
    found = await ask(classification, "/v1/sales-tasks", position, **{"from": since})
    shown = [
        (task["article"], task["period"], task.get("salesperson_id"), _amount(task["reached"]), task["state"], task["met"])
        for task in found["items"]
    ]
    left = "MISSED" if last == TODAY else "OPEN"
    assert sorted(shown, key=str) == [
        ("A", "MONTH", "s-1", "8", "MET", True),
        ("A", "MONTH", None, "400.00", "MET", True),
        ("A", "YEAR", None, "399.00", "MISSED", False),
        ("B", "MONTH", None, "20", left, False),
    ]
    short = next(task for task in found["items"] if task["article"] == "B")
    days = (last - first).days + 1
    pace = f"{25 * TODAY.day / days:.6f}".rstrip("0").rstrip(".")
    assert (short["missing"], short["share"], short["expected"]) == ("5", "0.800000", pace)
    assert short["behind"] is (25 * TODAY.day / days > 20)
    mine = await ask(classification, "/v1/sales-tasks", position, salesperson_id="s-1")
    assert [task.get("salesperson_id") for task in mine["items"]] == ["s-1"]
    first_page = await ask(classification, "/v1/sales-tasks", position, **{"from": since}, limit=3)
    rest = await ask(classification, "/v1/sales-tasks", position, **{"from": since}, limit=3, cursor=first_page["next_cursor"])
    assert [*first_page["items"], *rest["items"]] == found["items"]

    taken_back = await enter(classification, "/v1/sales-tasks", article="B", period="MONTH", first_on=first.isoformat())
    position = taken_back.headers["regulars-position"]
    assert "B" not in {task["article"] for task in (await ask(classification, "/v1/sales-tasks", position))["items"]}


def _amount(measured: Any) -> str:
    return str(measured["amount"] if isinstance(measured, dict) else measured)


async def test_what_is_no_task_is_refused_by_name_and_a_repeat_is_told_the_same(classification: Classification) -> None:
    task = {"article": "A", "period": "QUARTER", "first_on": "2026-05-01", "quantity": "5"}
    refused = await enter(classification, "/v1/sales-tasks", **task)
    assert (refused.status_code, refused.json()["code"]) == (422, "TASK_PERIOD_NOT_WHOLE")
    both = {**task, "first_on": "2026-04-01", "amount": {"amount": "1.00", "currency": "CNY"}}
    refused = await enter(classification, "/v1/sales-tasks", **both)
    assert (refused.status_code, refused.json()["code"]) == (422, "TASK_OUT_OF_RANGE")
    once = key()
    answers = [
        await classification.client.post("/v1/sales-tasks", json={**task, "first_on": "2026-04-01"}, headers=once)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"


async def test_articles_are_described_from_a_day_on(classification: Classification) -> None:
    said = {"article": "A-17", "unit": "PIECE", "unit_prices": [{"amount": "2.50", "currency": "CNY"}]}
    positions = []
    for from_on, name in (("2026-01-01", "Drill"), ("2026-06-01", "Cordless drill")):
        answer = await enter(classification, "/v1/articles", **said, from_on=from_on, name=name)
        assert answer.status_code == 200, answer.text
        positions.append(answer.headers["regulars-position"])
    for day, names in (("2025-12-31", []), ("2026-05-31", ["Drill"]), ("2026-06-01", ["Cordless drill"])):
        found = await ask(classification, "/v1/articles", ",".join(positions), as_of=day)
        assert [one["name"] for one in found["items"]] == names
    refused = await enter(classification, "/v1/articles", **said, from_on="2026-01-01", packs=[{"unit": "PIECE", "holds": "2"}])
    assert (refused.status_code, refused.json()["code"]) == (422, "PACK_OUT_OF_RANGE")
    refused = await enter(
        classification, "/v1/articles", **{**said, "unit_prices": said["unit_prices"] * 2}, from_on="2026-01-01"
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "PRICE_OUT_OF_RANGE")


async def test_the_standard_is_published_on_the_version_seen(classification: Classification) -> None:
    path = "/v1/standards/products"
    assert (await classification.client.get(path)).json()["version"] == 0
    put = await classification.client.put(path, json={"best_below": "0.40"}, headers={**key(), "If-Match": '"0"'})
    assert (put.status_code, put.json()["version"], put.json()["best_below"]) == (200, 1, "0.40")
    stale = await classification.client.put(path, json={"best_below": "0.50"}, headers={**key(), "If-Match": '"0"'})
    assert stale.status_code == 412
    refused = await classification.client.put(path, json={"least_buyers": 1}, headers={**key(), "If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (422, "PRODUCT_BORDERS_OUT_OF_ORDER")
