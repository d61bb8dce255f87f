"""Composition of the customers of a scope through HTTP: subtotals, shares, the ABC inside, and the customers of a kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.cards import Marks, MarksAssigned
from tests.integration.classification.conftest import Classification, days_ago, returned, sale
from tests.integration.classification.with_cards import registered, says, shown

BIG, SECOND, SMALL, TINY, NOBODY, BACK = (UUID(int=n) for n in range(1, 7))


async def trade(service: Classification) -> None:
    """Wholesale: BIG 700; retail: SECOND 200 and TINY 20; without a kind: SMALL 80; BACK returned 10; NOBODY never bought."""
    await says(
        service,
        registered(BIG, "north", "s-1", shop_kind="WHOLESALE", nature="SPECIAL_COMPANY"),
        registered(SECOND, "north", "s-2", shop_kind="RETAIL", nature="INDIVIDUAL"),
        registered(SMALL, "south", "s-2"),
        registered(TINY, "south", "s-2", shop_kind="RETAIL", nature="GOVERNMENT"),
        registered(NOBODY, "south", "s-2", shop_kind="CHAIN"),
        registered(BACK, "south", "s-2", shop_kind="AGENCY"),
        days=100,
    )
    await service.trade(
        sale(BIG, 500),
        sale(BIG, 200, 40),
        sale(SECOND, 200),
        sale(SMALL, 80),
        sale(TINY, 20),
        returned(BACK, 10),
        sale(BIG, 900, 20, "EUR"),
    )


async def composed(service: Classification, customers: int = 5, **asked: Any) -> dict[str, Any]:
    def ready(body: dict[str, Any]) -> bool:
        return (
            bool(body["customers"] == customers)
            and sum(one["customers"] for one in body["items"] if one["kind"] == "UNKNOWN") < 2
        )

    return await shown(service, "/v1/composition", ready, **asked)


def rows(body: dict[str, Any]) -> list[tuple[str, int, str, str | None]]:
    return [(one["kind"], one["customers"], one["net"]["amount"], one["share"]) for one in body["items"]]


@pytest.mark.requirement("S2.15", "S2.16", "S2.17", "S4.26")
async def test_subtotals_shares_and_the_abc_inside_by_shop_kind(classification: Classification) -> None:
    await trade(classification)
    found = await composed(classification, by="shop_kind")
    assert (found["net"], found["currency"], found["kinds"]) == ({"amount": "990.00", "currency": "CNY"}, "CNY", 4)
    assert rows(found) == [
        ("WHOLESALE", 1, "700.00", "0.707071"),
        ("RETAIL", 2, "220.00", "0.222222"),
        ("UNKNOWN", 1, "80.00", "0.080808"),
        ("AGENCY", 1, "-10.00", "-0.010101"),
    ]
    # 1,000 positive net sales: BIG is A, SECOND begins at 700 of them and is A, SMALL at 900 is B, TINY at 980 is C.
    retail = found["items"][1]["classes"]
    assert {name: (one["customers"], one["net"]["amount"]) for name, one in retail.items()} == {
        "A": (1, "200.00"),
        "B": (0, "0.00"),
        "C": (1, "20.00"),
    }
    assert found["items"][2]["classes"]["B"]["customers"] == 1
    assert {one["read_model"] for one in found["from_what"]} == {"sold", "profiles"}


@pytest.mark.requirement("S2.16", "S2.17")
async def test_each_customer_has_its_share_in_its_kind_and_in_total(classification: Classification) -> None:
    await trade(classification)
    await composed(classification, by="shop_kind")
    path = "/v1/composition/customers"
    retail = (await classification.client.get(path, params={"by": "shop_kind", "kind": "RETAIL"})).json()["items"]
    assert [(UUID(one["customer_id"]), one["share_in_kind"], one["share_in_total"]) for one in retail] == [
        (SECOND, "0.909091", "0.202020"),
        (TINY, "0.090909", "0.020202"),
    ]
    assert [(one["class_in_total"], one["class_in_kind"]) for one in retail] == [("A", "A"), ("C", "B")]
    key = (await classification.client.get(path, params={"by": "shop_kind", "abc": "A", "limit": 1})).json()
    more = (
        await classification.client.get(path, params={"by": "shop_kind", "abc": "A", "limit": 1, "cursor": key["next_cursor"]})
    ).json()
    assert [UUID(one["customer_id"]) for one in (*key["items"], *more["items"])] == [BIG, SECOND]
    assert "next_cursor" not in more


@pytest.mark.requirement("S4.26")
async def test_any_mark_and_any_pair_within_a_scope_and_a_period(classification: Classification) -> None:
    await trade(classification)
    pair = await composed(classification, by="shop_kind", **{"and": "nature"})
    assert [(one["kind"], one["and_kind"], one["net"]["amount"]) for one in pair["items"]] == [
        ("WHOLESALE", "SPECIAL_COMPANY", "700.00"),
        ("RETAIL", "INDIVIDUAL", "200.00"),
        ("UNKNOWN", "UNKNOWN", "80.00"),
        ("RETAIL", "GOVERNMENT", "20.00"),
        ("AGENCY", "UNKNOWN", "-10.00"),
    ]
    first = await composed(classification, by="shop_kind", **{"and": "nature", "limit": 3})
    rest = await composed(classification, by="shop_kind", **{"and": "nature", "limit": 3, "cursor": first["next_cursor"]})
    assert [*first["items"], *rest["items"]] == pair["items"]
    south = await composed(classification, 3, by="salesperson_id", area_id="south")
    assert rows(south) == [("s-2", 3, "90.00", "1.000000")]
    period = {"from": days_ago(45).isoformat(), "to": days_ago(35).isoformat()}
    assert rows(await composed(classification, 1, by="shop_kind", **period)) == [("WHOLESALE", 1, "200.00", "1.000000")]
    euro = await composed(classification, 1, by="nature", currency="EUR")
    assert rows(euro) == [("SPECIAL_COMPANY", 1, "900.00", "1.000000")]
    for by in ("ownership", "location", "industry", "kind", "legal_form", "trade_process", "time_series", "position_class"):
        assert (await classification.client.get("/v1/composition", params={"by": by})).json()["customers"] == 5
    for by in ("value_class", "customer_grade", "credit_grade"):
        for day in (0, 40):
            asked = {"by": by, "as_of": days_ago(day).isoformat()}
            kinds = (await classification.client.get("/v1/composition", params=asked)).json()["items"]
            assert [one["kind"] for one in kinds] == ["UNKNOWN"]


@pytest.mark.requirement("S4.26")
async def test_a_customer_counts_as_what_its_card_said_at_the_end_of_the_period(classification: Classification) -> None:
    await trade(classification)
    await says(classification, MarksAssigned(customer_id=BIG, marks=Marks(shop_kind="CHAIN")), days=10)

    def changed(body: dict[str, Any]) -> bool:
        return bool(body["customers"] == 5 and body["items"][0]["kind"] == "CHAIN")

    await shown(classification, "/v1/composition", changed, by="shop_kind")
    then = (await classification.client.get("/v1/composition", params={"by": "shop_kind", "to": days_ago(12).isoformat()})).json()
    assert then["items"][0]["kind"] == "WHOLESALE"
    assert {one["read_model"] for one in then["from_what"]} == {"sold", "mark_statements"}
