"""How customers trade, what a day or period brought, whether sales and collections balance, and who buys no more: over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.integration.cards.conftest import Cards

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def months_ago(months: int) -> date:
    """The first day of a month; this month's for 0."""
    month = TODAY.year * 12 + TODAY.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)


def money(amount: str, currency: str = "CNY") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def fact(kind: str, customer: str, **fields: Any) -> dict[str, Any]:
    common = {"type": kind, "source": "erp", "source_event_id": str(uuid4()), "customer": {"system": "erp", "value": customer}}
    return {**common, **{name: str(value) if isinstance(value, date) else value for name, value in fields.items()}}


def sold(customer: str, on: date, amount: str, currency: str = "CNY", *articles: tuple[str, str]) -> dict[str, Any]:
    lines = [{"article": article, "quantity": quantity, "net": "1"} for article, quantity in articles]
    return fact("sale", customer, sold_on=on, net=money(amount, currency), **({"lines": lines} if lines else {}))


def back(customer: str, on: date, amount: str) -> dict[str, Any]:
    return fact("return", customer, returned_on=on, net=money(amount))


def invoiced(customer: str, number: str, on: date, due: date, amount: str) -> dict[str, Any]:
    return fact("invoice", customer, number=number, issued_on=on, due_on=due, amount=money(amount))


def paid(customer: str, on: date, amount: str) -> dict[str, Any]:
    return fact("payment", customer, received_on=on, amount=money(amount))


class Company:
    """Customers of one installation, and the position through which lists have to know what was told of them."""

    def __init__(self, cards: Cards) -> None:
        self.cards = cards
        self.ids: dict[str, UUID] = {}
        self._positions: dict[str, str] = {}

    async def register(self, number: str, salesperson: str | None = None, area: str | None = None) -> UUID:
        body = {"kind": "COMPANY", "name": f"Company {number}", "external_ids": [{"system": "erp", "value": number}]}
        served = {"salesperson_id": salesperson, "area_id": area}
        answer = await self.cards.post("/v1/customers", body | {name: value for name, value in served.items() if value})
        assert answer.status_code == 201, answer.text
        self._seen(answer.headers["Regulars-Position"])
        self.ids[number] = UUID(answer.json()["customer_id"])
        return self.ids[number]

    async def tell(self, *facts: dict[str, Any]) -> None:
        answer = await self.cards.post("/v1/transactions/bulk", list(facts))
        assert answer.json()["summary"] == {"total": len(facts), "recorded": len(facts)}, answer.text
        for place, item in zip(facts, answer.json()["items"], strict=True):
            self.ids.setdefault(place["customer"]["value"], UUID(item["customer_id"]))
        self._seen(answer.headers["Regulars-Position"])

    def _seen(self, position: str) -> None:
        for one in position.split(","):
            self._positions[one.rpartition("/")[0]] = one

    async def get(self, path: str, **params: Any) -> Any:
        # A position names at most so many parts.
        places = list(self._positions.values())
        for at in range(0, len(places), 12):
            answer = await self.cards.get(path, **params, min_position=",".join(places[at : at + 12]))
            assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def company(cards: Cards) -> AsyncIterator[Company]:
    yield Company(cards)


def by_id(page: dict[str, Any], of: str, figures: str = "results") -> dict[Any, list[dict[str, Any]]]:
    return {item[of]: item[figures] for item in page["items"]}


def cny(**figures: Any) -> dict[str, Any]:
    return {"currency": "CNY", **figures}


@pytest.mark.requirement("S0.18")
async def test_yesterdays_results_by_customer_salesperson_and_area(company: Company) -> None:
    one, two = await company.register("K-1", "wang", "EAST"), await company.register("K-2", "wang", "WEST")
    other = await company.register("K-3", "li", "EAST")
    await company.tell(
        sold("K-1", ago(1), "300.00"),
        sold("K-1", ago(1), "50.00"),
        back("K-1", ago(1), "30.00"),
        sold("K-1", ago(1), "700", "JPY"),
        sold("K-2", ago(1), "80.00"),
        sold("K-3", ago(1), "400.00"),
        sold("K-3", ago(2), "5.00"),
        sold("K-2", ago(0), "9.00"),
        sold("K-9", ago(1), "1.00"),
    )
    page = await company.get("/v1/results")
    assert (page["from"], page["to"], page["by"]) == (str(ago(1)), str(ago(1)), "customer")
    assert page["total"] == [
        cny(sales=5, sold="831.00", returned="30.00", net="801.00"),
        {"currency": "JPY", "sales": 1, "sold": "700", "returned": "0", "net": "700"},
    ]
    found = by_id(page, "customer_id")
    assert set(found) == {str(one), str(two), str(other), str(company.ids["K-9"])}
    assert found[str(one)] == [
        cny(sales=2, sold="350.00", returned="30.00", net="320.00", share="0.399501"),
        {"currency": "JPY", "sales": 1, "sold": "700", "returned": "0", "net": "700", "share": "1.000000"},
    ]
    assert next(item for item in page["items"] if item["customer_id"] == str(one))["name"] == "Company K-1"
    sellers = by_id(await company.get("/v1/results", by="salesperson"), "salesperson_id")
    assert {who: figures[0]["net"] for who, figures in sellers.items()} == {"wang": "400.00", "li": "400.00", None: "1.00"}
    areas = by_id(await company.get("/v1/results", by="area"), "area_id")
    assert {who: figures[0]["net"] for who, figures in areas.items()} == {"EAST": "720.00", "WEST": "80.00", None: "1.00"}
    hers = await company.get("/v1/results", by="area", salesperson_id="wang")
    assert (hers["total"][0]["net"], {who: figures[0]["share"] for who, figures in by_id(hers, "area_id").items()}) == (
        "400.00",
        {"EAST": "0.800000", "WEST": "0.200000"},
    )
    days = await company.get("/v1/results", **{"from": str(ago(2)), "to": str(ago(0))}, by="company")
    assert days["items"] == [{"results": [{**figures, "share": "1.000000"} for figures in days["total"]]}]
    assert days["total"][0]["net"] == "815.00"
    assert [item["customer_id"] for item in (await company.get("/v1/results", day=str(ago(0))))["items"]] == [str(two)]
    pages, cursor = list[str](), {}
    while True:
        part = await company.get("/v1/results", limit=3, **cursor)
        pages += [item["customer_id"] for item in part["items"]]
        if "next_cursor" not in part:
            break
        cursor = {"cursor": part["next_cursor"]}
    assert pages == sorted(found)


async def test_who_takes_over_a_customer_takes_over_its_trade(company: Company) -> None:
    customer = await company.register("K-1", "wang", "EAST")
    await company.tell(sold("K-1", ago(1), "300.00"), sold("K-1", months_ago(30), "100.00"))
    answer = await company.cards.put(f"/v1/customers/{customer}/assignment", {"salesperson_id": "li", "area_id": "WEST"}, 1)
    assert answer.status_code == 200, answer.text
    company._seen(answer.headers["Regulars-Position"])
    for period in ({}, {"from": f"{months_ago(30).year}-01-01"}):
        page = await company.get("/v1/results", by="salesperson", **period)
        assert [item["salesperson_id"] for item in page["items"]] == ["li"]


@pytest.mark.requirement("S0.19", "S3.48")
async def test_sales_against_collections_by_customer_and_salesperson(company: Company) -> None:
    one, two = await company.register("K-1", "wang"), await company.register("K-2", "li")
    await company.tell(
        sold("K-1", ago(40), "1000.00"),
        back("K-1", ago(30), "100.00"),
        invoiced("K-1", "1", ago(40), ago(10), "1000.00"),
        fact("credit_note", "K-1", number="C-1", noted_on=ago(30), amount=money("100.00")),
        paid("K-1", ago(5), "600.00"),
        invoiced("K-2", "2", ago(20), ago(-10), "500.00"),
        sold("K-2", ago(20), "500.00"),
        paid("K-2", ago(15), "500.00"),
        paid("K-2", ago(3), "40.00"),
        sold("K-2", ago(3), "9.00", "USD"),
        paid("K-2", ago(100), "77.00"),
    )
    period = {"from": str(ago(60)), "to": str(TODAY)}
    page = await company.get("/v1/balance", **period)
    found = by_id(page, "customer_id", "balances")
    assert found[str(one)] == [
        cny(
            sales="900.00",
            invoiced="1000.00",
            credited="100.00",
            collected="600.00",
            difference="300.00",
            collection_rate="0.6667",
            outstanding="300.00",
            overdue="300.00",
        )
    ]
    second = {figures["currency"]: figures for figures in found[str(two)]}
    assert (second["CNY"]["difference"], second["CNY"]["overdue"]) == ("-40.00", "0.00")
    assert (second["USD"]["sales"], second["USD"]["collected"]) == ("9.00", "0.00")
    assert {figures["currency"]: figures["overdue"] for figures in page["total"]} == {"CNY": "300.00", "USD": "0.00"}
    sellers = by_id(await company.get("/v1/balance", by="salesperson", **period), "salesperson_id", "balances")
    assert sellers["wang"] == found[str(one)]
    assert sellers["li"] == found[str(two)]
    debts = (await company.get(f"/v1/customers/{one}/receivables"))["balances"][0]
    assert (debts["outstanding"], debts["overdue"]) == ("300.00", "300.00")
    assert [item["customer_id"] for item in (await company.get("/v1/balance", salesperson_id="li"))["items"]] == [str(two)]


@pytest.mark.requirement("S2.18", "S2.19")
async def test_months_and_years_with_their_share_of_the_company(company: Company) -> None:
    customer = await company.register("K-1")
    last, old = months_ago(1), months_ago(40)
    await company.tell(
        sold("K-1", last, "300.00"),
        back("K-1", last, "60.00"),
        sold("K-2", last, "160.00"),
        sold("K-1", old, "100.00"),
        sold("K-2", old, "300.00"),
        sold("K-1", last, "5.00", "USD"),
    )
    trade = await company.get(f"/v1/customers/{customer}/trade")
    months = {one["currency"]: one["months"] for one in trade["currencies"]}
    figures = {"sales": 1, "sold": "300.00", "returned": "60.00", "net": "240.00", "share": "0.600000"}
    assert months["CNY"] == [{"month": str(last)[:7], **figures}]
    assert [one["net"] for one in months["USD"]] == ["5.00"]
    [cny_trade] = [one for one in trade["currencies"] if one["currency"] == "CNY"]
    assert cny_trade["years"] == [
        {"year": str(old)[:4], "sales": 1, "sold": "100.00", "returned": "0.00", "net": "100.00", "share": "0.250000"},
        {"year": str(last)[:4], **figures},
    ]
    period = {"from": f"{old.year}-01-01", "to": f"{old.year}-12-31"}
    year = by_id(await company.get("/v1/results", by="customer", **period), "customer_id")
    assert {who: figures[0]["share"] for who, figures in year.items()} == {
        str(customer): "0.250000",
        str(company.ids["K-2"]): "0.750000",
    }


@pytest.mark.requirement("S0.6", "S0.9")
async def test_the_situation_and_the_habits_of_a_customer(company: Company) -> None:
    customer = await company.register("K-1", "wang")
    monday = ago(7 + TODAY.weekday())
    weeks = [monday - timedelta(weeks=n) for n in range(12)]
    await company.tell(
        *(sold("K-1", day, "120.00", "CNY", ("A-1", "5"), (f"X-{n}", "1")) for n, day in enumerate(weeks)),
        invoiced("K-1", "1", ago(60), ago(30), "500.00"),
        invoiced("K-1", "2", ago(50), ago(20), "100.00"),
        paid("K-1", ago(25), "500.00"),
        paid("K-1", ago(20), "100.00"),
    )
    trade = await company.get(f"/v1/customers/{customer}/trade")
    assert (trade["purchasing"], trade["usual_gap_days"], trade["salesperson_id"]) == ("NEW", 7, "wang")
    assert (trade["first_on"], trade["last_on"], trade["days_silent"]) == (str(weeks[-1]), str(monday), (TODAY - monday).days)
    habits = trade["habits"]
    assert (habits["purchase_days"], habits["usual_weekday"]) == (12, "MONDAY")
    assert habits["gap_days"] == {"median": "7", "from": "7", "to": "7"}
    assert habits["sizes"] == [cny(median="120.00", **{"from": "120.00", "to": "120.00"})]
    assert habits["usual_articles"] == [{"article": "A-1", "days": 12, "quantity": {"median": "5", "from": "5", "to": "5"}}]
    assert trade["terms"] == {"kept": [cny(settled=2, on_time="0.5000", days_late="4.2")]}
    nobody = await company.cards.get(f"/v1/customers/{uuid4()}/trade")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    silent = await company.register("K-2")
    never = await company.get(f"/v1/customers/{silent}/trade")
    assert (never["purchasing"], never["currencies"], never["habits"]) == ("NEVER_BOUGHT", [], {"purchase_days": 0})


async def test_a_leading_card_trades_with_the_cards_merged_into_it(company: Company) -> None:
    lead, other = await company.register("K-1"), await company.register("K-2")
    await company.tell(sold("K-1", ago(400), "100.00"), sold("K-2", ago(3), "20.00"), sold("K-2", ago(400), "1.00"))
    answer = await company.cards.post(f"/v1/customers/{lead}/merge", {"merged_id": str(other)}, {"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    company._seen(answer.headers["Regulars-Position"])
    trade = await company.get(f"/v1/customers/{lead}/trade")
    assert (trade["merged"], trade["purchasing"], trade["last_on"]) == ([str(other)], "BUYING", str(ago(3)))
    days = {one["day"]: one["net"] for one in trade["currencies"][0]["days"]}
    assert days == {str(ago(3)): "20.00", str(ago(400)): "101.00"}
    assert (await company.get(f"/v1/customers/{other}/trade"))["merged_into"] == str(lead)


@pytest.mark.requirement("S3.29")
async def test_who_bought_once_and_buys_no_more(company: Company) -> None:
    lost, seldom = await company.register("LOST", "wang"), await company.register("SELDOM", "wang")
    never, new = await company.register("NEVER", "li"), await company.register("NEW", "li")
    erased = await company.register("ERASED")
    await company.tell(
        *(sold("LOST", ago(days), "100.00") for days in (420, 410, 400)),
        sold("LOST", ago(400), "11.00"),
        *(sold("SELDOM", ago(days), "500.00") for days in (710, 530, 350)),
        sold("NEW", ago(5), "30.00"),
        sold("ERASED", ago(400), "1.00"),
        sold("STUB", ago(200), "8", "JPY"),
    )
    answer = await company.cards.erase(erased)
    company._seen(answer.headers["Regulars-Position"])
    page = await company.get("/v1/dormant")
    found = {item["customer_id"]: item for item in page["items"]}
    assert set(found) == {str(lost), str(company.ids["STUB"])}
    assert found[str(lost)] == {
        "customer_id": str(lost),
        "name": "Company LOST",
        "salesperson_id": "wang",
        "registered_on": str(TODAY),
        "first_on": str(ago(420)),
        "last_on": str(ago(400)),
        "days_silent": 400,
        "usual_gap_days": 10,
        "last_purchase": [money("111.00")],
        "value_then": [money("311.00")],
    }
    assert found[str(company.ids["STUB"])]["value_then"] == [money("8", "JPY")]
    hers = await company.get("/v1/dormant", salesperson_id="wang", days=300)
    assert [item["customer_id"] for item in hers["items"]] == [str(lost)]
    assert [item["customer_id"] for item in (await company.get("/v1/dormant", kind="never_bought"))["items"]] == [str(never)]
    [item] = (await company.get("/v1/dormant", kind="new"))["items"]
    assert (item["customer_id"], item["last_purchase"]) == (str(new), [money("30.00")])
    assert str(seldom) not in found


@pytest.mark.requirement("S3.29")
async def test_who_buys_under_a_merged_card_is_judged_by_all_cards(company: Company) -> None:
    merges = {"SWITCHED": "SWITCHED-2", "UNUSED": "UNUSED-2", "OLD": "OLD-2", "QUIET": "QUIET-2", "FRESH": "FRESH-2"}
    for number in (*merges, *merges.values()):
        await company.register(number)
    await company.tell(
        *(sold("SWITCHED", ago(days), "100.00") for days in (420, 410, 400)),
        sold("SWITCHED-2", ago(3), "20.00"),
        sold("UNUSED-2", ago(200), "7.00"),
        sold("OLD", ago(5), "1.00"),
        sold("OLD-2", ago(120), "2.00"),
        sold("QUIET", ago(410), "5.00"),
        sold("QUIET", ago(400), "50.00"),
        sold("QUIET-2", ago(400), "4.00"),
        sold("QUIET-2", ago(380), "3.00"),
        sold("FRESH-2", ago(4), "9.00"),
    )
    for lead, other in merges.items():
        merging = {"merged_id": str(company.ids[other])}
        answer = await company.cards.post(f"/v1/customers/{company.ids[lead]}/merge", merging, {"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
        company._seen(answer.headers["Regulars-Position"])

    async def listed(kind: str) -> dict[str, Any]:
        numbers = {str(customer): number for number, customer in company.ids.items()}
        return {numbers[item["customer_id"]]: item for item in (await company.get("/v1/dormant", kind=kind))["items"]}

    dormant = await listed("dormant")
    assert set(dormant) == {"UNUSED", "QUIET"}
    assert (dormant["UNUSED"]["last_on"], dormant["UNUSED"]["value_then"]) == (str(ago(200)), [money("7.00")])
    quiet = dormant["QUIET"]
    assert (quiet["first_on"], quiet["last_on"], quiet["usual_gap_days"]) == (str(ago(410)), str(ago(380)), 10)
    assert (quiet["last_purchase"], quiet["value_then"]) == ([money("3.00")], [money("62.00")])
    assert await listed("never_bought") == {}
    fresh = await listed("new")
    assert set(fresh) == {"FRESH"}
    assert fresh["FRESH"]["last_purchase"] == [money("9.00")]


@pytest.mark.requirement("S0.18", "S0.19", "S2.18")
async def test_dashboards_see_trade_results_and_balance(company: Company) -> None:
    """The views count to the server's date, which may be one off ours: months and years are compared where both agree."""
    customer, never = await company.register("K-1", "wang", "EAST/1"), await company.register("K-2")
    on, old = months_ago(1), months_ago(40)
    await company.tell(
        sold("K-1", on, "300.00"),
        back("K-1", on, "60.50"),
        sold("K-1", on, "70", "JPY"),
        sold("K-1", old, "9.00"),
        invoiced("K-1", "1", on, on, "300.00"),
        paid("K-1", on, "100.00"),
    )
    await company.get("/v1/balance")
    c = await asyncpg.connect(company.cards.database.dsn("dashboards"))
    try:
        trade = {(row["customer_id"], row["currency"]): row for row in await c.fetch("SELECT * FROM cards.public_trade")}
        assert set(trade) == {(customer, "CNY"), (customer, "JPY"), (never, None)}
        row = trade[customer, "CNY"]
        assert (row["first_on"], row["last_on"], row["salesperson_id"]) == (old, on, "wang")
        assert row["last_month"] == Decimal("239.50") or TODAY.day == 1
        assert row["this_year"] + row["last_year"] == Decimal("239.50")
        assert trade[customer, "JPY"]["this_year"] + trade[customer, "JPY"]["last_year"] == 70
        results = {
            (row["grain"], row["span"], row["currency"]): row for row in await c.fetch("SELECT * FROM cards.public_results")
        }
        month = results["m", str(on)[:7], "CNY"]
        figures = {"sales": 1, "sold": Decimal("300.00"), "returned": Decimal("60.50"), "net": Decimal("239.50")}
        assert {name: month[name] for name in figures} == figures
        assert (month["area_id"], month["salesperson_id"]) == ("EAST/1", "wang")
        assert results["d", str(on), "JPY"]["sold"] == 70
        assert results["y", str(old)[:4], "CNY"]["net"] == 9
        assert ("m", str(old)[:7], "CNY") not in results
        balance = await c.fetchrow("SELECT * FROM cards.public_balance WHERE grain = 'm' AND currency = 'CNY'")
        figures = {"sales": Decimal("239.50"), "invoiced": 300, "credited": 0, "collected": 100}
        assert balance is not None
        assert {name: balance[name] for name in figures} == figures
    finally:
        await c.close()


async def test_periods_that_are_not_kept_are_refused(standing: Cards) -> None:
    async def code(**params: str) -> tuple[int, str]:
        answer = await standing.get("/v1/results", **params)
        return answer.status_code, answer.json()["code"]

    assert await code(**{"from": str(ago(1)), "to": str(ago(2))}) == (422, "PERIOD_REVERSED")
    assert await code(day=str(ago(62))) == (422, "PERIOD_NOT_KEPT")
    assert await code(day=str(ago(1)), to=str(ago(1))) == (422, "VALIDATION_FAILED")
    assert await code(to=str(ago(1))) == (422, "VALIDATION_FAILED")
    assert await code(by="colour") == (422, "VALIDATION_FAILED")
