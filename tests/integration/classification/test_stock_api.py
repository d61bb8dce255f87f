"""Stock at customers over HTTP: counted, averaged, turned over; no figure where a count, a unit or a price is missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.money import Money
from shared.contracts.transactions import SaleLine, SaleRecorded, SubSaleReported
from shared.testing.eventually import eventually
from tests.integration.classification.asking import ask, enter, known, served
from tests.integration.classification.conftest import TODAY, Classification, line

YEAR = TODAY.year - 1
MARCH = {"from": f"{YEAR}-03-01", "to": f"{YEAR}-03-31"}


def sold(
    customer: UUID, *lines: SaleLine, on: date = date(YEAR, 3, 15), dealer: UUID | None = None, currency: str = "CNY"
) -> Any:
    net = Money(sum((one.net for one in lines), Decimal(0)), currency)
    named = {"customer_id": customer, "source": "erp", "source_event_id": str(uuid4()), "sold_on": on}
    if dealer is None:
        return SaleRecorded(net=net, lines=lines, **named)
    return SubSaleReported(dealer_id=dealer, net=net, lines=lines, **named)


async def counted(service: Classification, customer: UUID, day: date, *counts: tuple[str, str, str], status: int = 201) -> str:
    listed = [{"article": article, "quantity": quantity, "unit": unit} for article, quantity, unit in counts]
    answer = await enter(service, f"/v1/customers/{customer}/stock-counts", counted_on=day.isoformat(), counts=listed)
    assert answer.status_code == status, answer.text
    return str(answer.headers.get("regulars-position", answer.json().get("code")))


async def described(service: Classification, article: str, price: str | None = None) -> str:
    prices = [] if price is None else [{"amount": price, "currency": "CNY"}]
    body = {"article": article, "from_on": "2020-01-01", "unit": "PIECE", "packs": [{"unit": "BOX", "holds": "10"}]}
    answer = await enter(service, "/v1/articles", **body, unit_prices=prices)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["regulars-position"])


async def traded(service: Classification, customer: UUID, *facts: Any) -> list[str]:
    """The position of the facts, once the customer is known."""
    position = await known(service, *facts)
    await ask(service, f"/v1/customers/{customer}/product-mix", position)
    return [position]


@pytest.mark.requirement("S2.27", "S2.28")
async def test_turnover_is_sales_over_the_mean_of_two_counts(classification: Classification) -> None:
    customer, other = uuid4(), uuid4()
    positions = await traded(
        classification,
        customer,
        sold(customer, line("A", 500, 200), line("B", 90, 9)),
        sold(customer, line("A", 999, 999), on=date(YEAR, 4, 1)),
        sold(other, line("A", 1, 1)),
        served(customer, "north", "s-1"),
    )
    positions.append(await described(classification, "A", "2.50"))
    positions.append(await counted(classification, customer, date(YEAR, 2, 28), ("A", "10", "BOX"), ("B", "5", "PIECE")))
    positions.append(await counted(classification, customer, date(YEAR, 3, 31), ("A", "999", "PIECE")))
    # Counted again on the same day: the later statement stands.
    positions.append(await counted(classification, customer, date(YEAR, 3, 31), ("A", "60", "PIECE")))
    positions.append(await counted(classification, other, date(YEAR, 3, 31), ("A", "7", "PIECE")))
    position = ",".join(positions)
    found = await ask(classification, "/v1/stock-turnover", position, **MARCH, customer_id=str(customer))
    a, b = found["items"]
    assert (a["article"], a["average_stock"], a["turnover"], a["sales_quantity"]) == ("A", "80", "2.5", "200")
    assert (a["sales_from"], a["unit"], "reason" in a) == ("OUR_SALES", "PIECE", False)
    assert [one["count"]["counted_on"] for one in a["counts"]] == [f"{YEAR}-02-28", f"{YEAR}-03-31"]
    assert (b["article"], b["reason"], "turnover" in b) == ("B", "COUNT_MISSING", False)
    assert [one["count"] is None for one in b["counts"]] == [False, True]

    in_money = await ask(classification, "/v1/stock-turnover", position, **MARCH, article="A", by="AMOUNT", area_id="north")
    (a,) = in_money["items"]
    assert (a["average_value"]["amount"], a["sales"]["amount"], a["turnover"]) == ("200.00", "500.00", "2.5")
    page = await ask(classification, "/v1/stock-turnover", position, **MARCH, limit=2)
    rest = await ask(classification, "/v1/stock-turnover", position, **MARCH, limit=2, cursor=page["next_cursor"])
    listed = [(one["customer_id"], one["article"]) for one in (*page["items"], *rest["items"])]
    assert listed == sorted([(str(customer), "A"), (str(customer), "B"), (str(other), "A")])


@pytest.mark.requirement("S2.28")
async def test_units_are_checked_and_amounts_need_a_unit_price(classification: Classification) -> None:
    customer = uuid4()
    positions = await traded(classification, customer, sold(customer, line("A", 500, 200), line("B", 90, 9)))
    positions.append(await described(classification, "A"))
    for day in (date(YEAR, 2, 28), date(YEAR, 3, 31)):
        counts = ("A", "5", "PALLET"), ("B", "5", "PIECE"), ("C", "0", "PIECE")
        positions.append(await counted(classification, customer, day, *counts))
    positions.append(await described(classification, "C"))
    position = ",".join(positions)
    found = await ask(classification, "/v1/stock-turnover", position, **MARCH)
    assert [(one["article"], one["reason"], "turnover" in one) for one in found["items"]] == [
        ("A", "UNITS_DIFFER", False),
        ("B", "ARTICLE_NOT_DESCRIBED", False),
        ("C", "NO_STOCK", False),
    ]
    refused = await classification.client.get("/v1/stock-turnover", params={**MARCH, "article": "A", "by": "AMOUNT"})
    assert (refused.status_code, refused.json()["code"]) == (422, "UNIT_PRICE_UNKNOWN")
    for period in ({"from": f"{YEAR}-03-02", "to": f"{YEAR}-03-31"}, {"from": f"{YEAR}-03-01", "to": f"{YEAR}-03-30"}):
        refused = await classification.client.get("/v1/stock-turnover", params=period)
        assert (refused.status_code, refused.json()["code"]) == (422, "MONTHS_NOT_WHOLE")
    assert await counted(classification, customer, date(YEAR, 3, 1), ("A", "-1", "PIECE"), status=422) == "COUNT_OUT_OF_RANGE"
    tomorrow = date.fromordinal(TODAY.toordinal() + 1)
    assert await counted(classification, customer, tomorrow, ("A", "1", "PIECE"), status=422) == "COUNT_OUT_OF_RANGE"
    assert await counted(classification, uuid4(), date(YEAR, 3, 1), ("A", "1", "PIECE"), status=404) == "CUSTOMER_UNKNOWN"
    twice = ("A", "3", "BOX"), ("A", "5", "PIECE")
    assert await counted(classification, customer, date(YEAR, 3, 1), *twice, status=422) == "COUNTED_TWICE"


@pytest.mark.requirement("S2.28")
async def test_what_a_dealer_sells_on_counts_where_it_is_reported(classification: Classification) -> None:
    dealer, behind = uuid4(), uuid4()
    positions = await traded(
        classification,
        dealer,
        sold(dealer, line("A", 500, 200), line("B", 50, 20)),
        sold(behind, line("A", 400, 120), dealer=dealer),
        sold(behind, line("A", 400, 40), on=date(YEAR, 4, 2), dealer=dealer),
    )
    for article in "AB":
        positions.append(await described(classification, article))
    for day in (date(YEAR, 2, 28), date(YEAR, 3, 31)):
        positions.append(await counted(classification, dealer, day, ("A", "40", "PIECE"), ("B", "10", "PIECE")))
    found = await ask(classification, "/v1/stock-turnover", ",".join(positions), as_of=f"{YEAR}-04-15")
    assert found["to"] == f"{YEAR}-03-31"
    assert [(one["article"], one["sales_from"], one["turnover"]) for one in found["items"]] == [
        ("A", "SELL_OUT", "3"),
        ("B", "OUR_SALES", "2"),
    ]
    # Its amount is not known where some was sold on in another currency; its quantity is.
    abroad = sold(behind, line("A", 70, 10), dealer=dealer, currency="USD")
    positions += await traded(classification, dealer, abroad)
    positions.append(await described(classification, "A", "2.00"))

    async def with_that() -> dict[str, Any] | None:
        found = await ask(classification, "/v1/stock-turnover", ",".join(positions), **MARCH, article="A", currency="CNY")
        one: dict[str, Any] = found["items"][0]
        return one if one["sales_quantity"] == "130" else None

    quantity = await eventually(with_that, timeout=30)
    assert quantity is not None
    assert (quantity["turnover"], "sales" in quantity) == ("3.25", False)
    asked = {**MARCH, "article": "A", "currency": "CNY", "by": "AMOUNT"}
    (amount,) = (await ask(classification, "/v1/stock-turnover", ",".join(positions), **asked))["items"]
    assert (amount["reason"], "turnover" in amount, amount["average_value"]["amount"]) == (
        "SALES_IN_OTHER_CURRENCY",
        False,
        "80.00",
    )
