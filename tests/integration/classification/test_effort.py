"""Effort on new and old customers and its cost, and referrals, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded
from shared.contracts.relations import MergedInto
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import Classification, days_ago, returned, sale
from tests.integration.classification.intents import registered, told
from tests.integration.classification.test_opportunities import followed

PERIOD = {"from": days_ago(100).isoformat(), "to": days_ago(0).isoformat()}


def invested(
    customer: UUID,
    cost: int | None,
    days: int,
    hours: int | None = None,
    currency: str = "CNY",
    kind: Literal["VISIT", "GIFT"] = "VISIT",
) -> Event:
    return InvestmentRecorded(
        customer_id=customer,
        investment_id=uuid4(),
        kind=kind,
        spent_on=days_ago(days),
        cost=None if cost is None else Money(Decimal(cost), currency),
        hours=None if hours is None else Decimal(hours),
    )


async def asked(service: Classification, path: str = "/v1/effort", **of: Any) -> dict[str, Any]:
    answer = await service.client.get(path, params={**PERIOD, **of})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.requirement("S3.34")
async def test_what_a_new_customer_costs_beside_an_old_one(idle: Classification) -> None:
    never, won, old, other = (uuid4() for _ in range(4))
    await told(idle, *(registered(one) for one in (never, won, old)), registered(other, "E-14"))
    await idle.trade(sale(won, 500, 50), sale(old, 900, 400), sale(old, 100, 20), sale(other, 70, 300), sale(other, 10, 90))
    await told(
        idle,
        invested(never, 300, 30, hours=2),
        invested(won, 600, 60),
        invested(won, 60, 10, kind="GIFT"),
        invested(old, 100, 40),
        invested(old, 900, 30, currency="EUR"),
        invested(old, 5000, 200),
        invested(other, 140, 5, hours=4),
    )
    await followed(idle)
    found = await asked(idle)
    assert found["currency"] == "CNY"
    new, kept = found["new"], found["old"]
    assert (new["customers"], new["investments"], new["hours"], new["cost"]["amount"], new["won"]) == (2, 3, "2", "960.00", 1)
    assert (kept["customers"], kept["investments"], kept["cost"]["amount"], kept["kept"]) == (2, 3, "240.00", 2)
    assert kept["in_other_currencies"] == 1
    assert (new["per_won"]["amount"], kept["per_kept"]["amount"], found["ratio"]) == ("960.00", "120.00", "8.00")
    assert (found["expected"], found["verdict"]) == (["4", "5"], "ABOVE")
    # With what hours cost: (960 + 2 x 60) to (240 + 4 x 60) / 2.
    priced = await asked(idle, hour_cost="60")
    assert (priced["new"]["total"]["amount"], priced["old"]["total"]["amount"]) == ("1080.00", "480.00")
    assert (priced["ratio"], priced["verdict"]) == ("4.50", "WITHIN")
    theirs = await asked(idle, salesperson_id="E-14")
    assert (theirs["new"]["investments"], theirs["old"]["investments"], theirs["ratio"]) == (0, 1, None)
    # Ten days after the first purchase the gift was still one to a new customer; the visit of a month later was not.
    sooner = await asked(idle, new_days=20)
    assert (sooner["new"]["investments"], sooner["old"]["investments"]) == (2, 4)
    wrong = await idle.client.get("/v1/effort", params={"from": days_ago(1).isoformat(), "to": days_ago(2).isoformat()})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "ANALYSIS_PERIOD")


async def test_where_only_hours_were_spent_the_currency_is_that_of_the_sales(idle: Classification) -> None:
    won, old = uuid4(), uuid4()
    await told(idle, registered(won), registered(old))
    await idle.trade(sale(won, 500, 50), sale(old, 900, 400), sale(old, 100, 20))
    await told(idle, invested(won, None, 40, hours=6), invested(old, None, 30, hours=2))
    await followed(idle)
    found = await asked(idle, hour_cost="100")
    assert (found["currency"], found["new"]["won"], found["old"]["kept"]) == ("CNY", 1, 1)
    assert (found["new"]["per_won"]["amount"], found["old"]["per_kept"]["amount"]) == ("600.00", "200.00")
    assert (found["ratio"], found["verdict"]) == ("3.00", "BELOW")


async def test_what_one_has_cost_is_no_finer_than_the_currency(idle: Classification) -> None:
    won = [uuid4() for _ in range(3)]
    await told(idle, *map(registered, won))
    await idle.trade(*(sale(one, 500, 50, "JPY") for one in won))
    await told(idle, invested(won[0], 100, 40, currency="JPY"))
    await followed(idle)
    assert (await asked(idle))["new"]["per_won"] == {"amount": "33", "currency": "JPY"}


@pytest.mark.requirement("S3.37")
async def test_those_who_were_won_are_told_apart_by_their_value_class(classification: Classification) -> None:
    large, small, old = uuid4(), uuid4(), uuid4()
    await told(classification, *(registered(one) for one in (large, small, old)))
    await classification.trade(sale(large, 970, 30), sale(small, 30, 30), sale(old, 5, 300))
    await classification.run()
    assert await classification.classes() == {large: "A", small: "C", old: "C"}

    async def told_apart() -> bool:
        new = (await asked(classification, currency="CNY"))["new"]
        return (new["won"], new["won_by_value_class"]) == (2, {"A": 1, "C": 1})

    await eventually(told_apart, timeout=40)


@pytest.mark.requirement("S3.35")
async def test_referrals_are_counted_with_what_those_who_were_brought_buy(idle: Classification) -> None:
    loyal, second, quiet = uuid4(), uuid4(), uuid4()
    brought = [uuid4() for _ in range(4)]
    await told(idle, registered(loyal), registered(second), registered(quiet, "E-14"))
    by = (loyal, loyal, second, quiet)
    await told(idle, *(registered(one, introduced_by=who) for one, who in zip(brought, by, strict=True)))
    await idle.trade(
        sale(brought[0], 700), sale(brought[1], 50), returned(brought[1], 80), sale(brought[2], 10), sale(loyal, 9999)
    )
    await idle.trade(sale(brought[0], 4000, 300))
    await told(idle, MergedInto(customer_id=second, lead_id=loyal))
    await followed(idle)
    found = await asked(idle, "/v1/referrals")
    assert (found["introducers"], found["introduced"], found["buying"], found["net"]["amount"]) == (2, 4, 2, "680.00")
    assert [(one["customer_id"], one["introduced"], one["buying"], one["net"]["amount"]) for one in found["items"]] == [
        (str(loyal), 3, 2, "680.00"),
        (str(quiet), 1, 0, "0.00"),
    ]
    page = await asked(idle, "/v1/referrals", limit=1)
    rest = await asked(idle, "/v1/referrals", limit=1, cursor=page["next_cursor"])
    assert [one["customer_id"] for one in (*page["items"], *rest["items"])] == [str(loyal), str(quiet)]
    scoped = await asked(idle, "/v1/referrals", salesperson_id="E-14")
    assert [one["customer_id"] for one in scoped["items"]] == [str(quiet)]
    one = await asked(idle, f"/v1/customers/{loyal}/referrals")
    assert [(item["customer_id"], item["net"]["amount"]) for item in one["items"]] == [
        (str(brought[0]), "700.00"),
        (str(brought[2]), "10.00"),
        (str(brought[1]), "-30.00"),
    ]
    assert one["items"][0]["first_sale_on"] == days_ago(300).isoformat()
    before = {"from": days_ago(20).isoformat(), "to": days_ago(10).isoformat()}
    # Nobody had been brought by then, as far as was said.
    assert (await idle.client.get("/v1/referrals", params=before)).json()["introduced"] == 0
