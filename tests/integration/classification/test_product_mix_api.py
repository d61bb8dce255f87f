"""What customers buy beside what the others buy, over HTTP: tendencies, best sellers not yet bought, what goes with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.testing.eventually import eventually
from tests.integration.classification.asking import DEADLINE, ask, bought, known, served
from tests.integration.classification.conftest import Classification, line, sale
from tests.integration.running import key

Baskets = Mapping[UUID, Mapping[str, int]]


async def publish(service: Classification, **standard: Any) -> None:
    put = await service.client.put("/v1/standards/products", json=standard, headers={**key(), "If-Match": '"0"'})
    assert put.status_code == 200, put.text


@pytest.mark.requirement("S2.23")
async def test_a_customers_tendency_against_the_companys(classification: Classification) -> None:
    """The company: A 600, B 200, C 160, D 40. The customer: A 10 where 60 would be like the others, nothing of B, much of D."""
    customer, other = uuid4(), uuid4()
    position = await known(
        classification,
        bought(customer, line("A", 10), line("C", 50), line("D", 40)),
        bought(other, line("A", 590), line("B", 200), line("C", 110)),
        bought(customer, line("B", 5000), days=400),
        sale(customer, 9000, currency="EUR", lines=(line("B", 9000),)),
        served(customer, "north", "s-1"),
    )
    await publish(classification, best_below="0.70")
    path = f"/v1/customers/{customer}/product-mix"
    mix = await ask(classification, path, position, currency="CNY")
    assert (mix["net"]["amount"], mix["scope_net"]["amount"], mix["standard"]["version"]) == ("100.00", "1000.00", 1)
    shown = [
        (one["article"], one["best_seller"], one["share"], one["scope_share"], one["tendency"], one.get("finding"))
        for one in mix["items"]
    ]
    assert shown == [
        ("A", True, "0.100000", "0.600000", "WEAK", "WEAK_IN_BEST_SELLER"),
        ("B", True, "0.000000", "0.200000", "LACKS", "LACKS_BEST_SELLER"),
        ("C", False, "0.500000", "0.160000", "STRONG", "FOCUS_ON_SLOW_SELLER"),
        ("D", False, "0.400000", "0.040000", "STRONG", "FOCUS_ON_SLOW_SELLER"),
    ]
    assert [one["room"]["amount"] for one in mix["items"]] == ["50.00", "20.00", "0.00", "0.00"]
    # Half of 0.5 + 0.2 + 0.34 + 0.36.
    assert (mix["unlike"], mix["items"][3]["lift"]) == ("0.700000", "10.000000")
    assert mix["findings"] == {"FOCUS_ON_SLOW_SELLER": 2, "LACKS_BEST_SELLER": 1, "WEAK_IN_BEST_SELLER": 1}
    page = await ask(classification, path, position, currency="CNY", limit=3)
    rest = await ask(classification, path, position, currency="CNY", limit=3, cursor=page["next_cursor"])
    assert [*page["items"], *rest["items"]] == mix["items"]
    among_itself = await ask(classification, path, position, area_id="north", currency="CNY")
    assert among_itself["unlike"] == "0.000000"
    assert [one["best_seller"] for one in among_itself["items"]] == [True, True, False]
    assert not (await ask(classification, path, position, area_id="north", currency="CNY", findings_only=True))["items"]
    unknown = await classification.client.get(f"/v1/customers/{uuid4()}/product-mix")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


@pytest.mark.requirement("S2.24")
async def test_best_sellers_that_customers_of_class_b_do_not_yet_buy(classification: Classification) -> None:
    large, one, other, small = (uuid4() for _ in range(4))
    position = await known(
        classification,
        bought(large, line("A", 600), line("B", 210)),
        bought(one, line("A", 20), line("C", 60)),
        bought(other, line("C", 79)),
        bought(small, line("A", 31)),
        served(other, "north", "s-1"),
    )
    await publish(classification, best_below="0.70")
    run = await classification.run(currency="CNY")
    assert run["state"] == "DONE"

    async def classed() -> dict[str, Any] | None:
        answer = await ask(classification, "/v1/best-sellers", position, currency="CNY")
        return answer if answer["customers"] == 2 else None

    found = await eventually(classed, timeout=DEADLINE)
    assert found is not None
    assert await classification.classes() == {large: "A", one: "B", other: "B", small: "C"}
    assert (found["value_class"], found["customers"]) == ("B", 2)
    assert [(each["article"], each["buyers"], each["lacking"]) for each in found["items"]] == [("A", 1, 1), ("B", 0, 2)]
    assert (found["items"][0]["usual"]["amount"], found["items"][0]["potential"]["amount"]) == ("20.00", "20.00")
    assert "usual" not in found["items"][1]
    path = "/v1/best-sellers/customers"
    lacking_a = await ask(classification, path, position, article="A", currency="CNY")
    # A is 651 of 1000, and the customer buys for 79.
    assert [(each["customer_id"], each["expected"]["amount"]) for each in lacking_a["items"]] == [(str(other), "51.43")]
    first = await ask(classification, path, position, article="B", currency="CNY", limit=1)
    second = await ask(classification, path, position, article="B", currency="CNY", limit=1, cursor=first["next_cursor"])
    assert [each["customer_id"] for each in (*first["items"], *second["items"])] == [str(one), str(other)]
    assert "next_cursor" not in second
    mine = await ask(classification, path, position, article="B", currency="CNY", salesperson_id="s-1")
    assert [each["customer_id"] for each in mine["items"]] == [str(other)]


def gaps_of(baskets: Baskets, least_buyers: int, least_lift: float) -> dict[tuple[UUID, str], float]:
    """Expected value by customer and article, by the definition and one by one."""
    buyers = Counter(article for basket in baskets.values() for article in basket)
    found: dict[tuple[UUID, str], float] = {}
    for because, article in permutations(buyers, 2):
        both = [basket for basket in baskets.values() if because in basket and article in basket]
        likelihood = len(both) / buyers[because]
        if len(both) < least_buyers or likelihood * len(baskets) / buyers[article] < least_lift:
            continue
        share = sum(basket[article] / sum(basket.values()) for basket in both) / len(both)
        for customer, basket in baskets.items():
            if because in basket and article not in basket:
                expected = likelihood * share * sum(basket.values())
                found[customer, article] = max(found.get((customer, article), 0.0), expected)
    return found


@pytest.mark.requirement("S3.36")
async def test_gaps_are_what_customers_with_alike_baskets_buy(classification: Classification) -> None:
    """INVARIANT: the list is what the definition gives, one by one, for baskets drawn at random around two themes."""
    random = Random(11)
    themes = ("ABCD", "EFGH")
    baskets: dict[UUID, dict[str, int]] = {}
    for n in range(24):
        liked = [*random.sample(themes[n % 2], 3), *random.sample("IJ", random.randrange(2))]
        baskets[uuid4()] = {article: random.randrange(10, 900) for article in liked}
    facts = [bought(customer, *(line(*of) for of in basket.items())) for customer, basket in baskets.items()]
    returns_all = uuid4()
    position = await known(classification, *facts, bought(returns_all, line("A", 5)), bought(returns_all, line("A", -5)))
    await publish(classification, least_buyers=3, least_lift="1.2", followers=50)
    expected = gaps_of(baskets, 3, 1.2)
    assert len(expected) > 20
    found = await ask(classification, "/v1/cross-selling", position, limit=500)
    items = {(UUID(one["customer_id"]), one["article"]): float(one["expected"]["amount"]) for one in found["items"]}
    assert items == pytest.approx(expected, abs=0.0051)
    assert (found["baskets"], found["customers"]) == (24, 24)
    values = [float(one["expected"]["amount"]) for one in found["items"]]
    assert values == sorted(values, reverse=True)

    paged: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await ask(classification, "/v1/cross-selling", None, limit=9, cursor=cursor)
        paged += page["items"]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert paged == found["items"]

    customer = next(customer for customer, _ in expected)
    mine = await ask(classification, f"/v1/customers/{customer}/cross-selling", position)
    assert {one["article"] for one in mine["items"]} == {article for of, article in expected if of == customer}
    assert all(one["because"] in baskets[customer] and one["article"] not in baskets[customer] for one in mine["items"])


async def test_gaps_of_a_salesperson_are_learnt_from_everybody(classification: Classification) -> None:
    customers = [uuid4() for _ in range(6)]
    mine, others = customers[0], customers[1:]
    position = await known(
        classification,
        bought(mine, line("A", 100)),
        *(bought(one, line("A", 50), line("B", 50)) for one in others),
        *(bought(uuid4(), line("C", 10)) for _ in range(6)),
        served(mine, "north", "s-1"),
    )
    found = await ask(classification, "/v1/cross-selling", position, salesperson_id="s-1")
    assert [(one["customer_id"], one["article"], one["because"], one["both"]) for one in found["items"]] == [
        (str(mine), "B", "A", 5)
    ]
    # 5 of 6 who buy A buy B, for half of what they buy; 12 baskets, 5 of them with B.
    (gap,) = found["items"]
    assert (gap["likelihood"], gap["usual_share"], gap["expected"]["amount"]) == ("0.833333", "0.500000", "41.67")
    assert gap["lift"] == "2.000000"
