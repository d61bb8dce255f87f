"""Value classes through HTTP, on a real database, with sales recorded in the store of cards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.domain.value_class import Sales, Standard
from services.classification.jobs import telling as job
from services.classification.read_models import class_columns, findings
from services.classification.read_models import run_changes as runs
from services.classification.read_models.run_changes import RunName
from services.classification.wiring import run_work
from shared.contracts.cards import Basics, CustomerRegistered
from shared.postgres.pool import Connection, create_pool
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification, days_ago, returned, sale
from tests.integration.running import key, record, working
from tests.unit.classification.one_by_one import classify

ABC = [UUID(int=n) for n in range(1, 8)]


async def usual_trade(service: Classification) -> None:
    """Shares before: 0, 50, 79, 89, 94, 98; the seventh has returned everything."""
    await service.trade(
        *(sale(customer, net) for customer, net in zip(ABC, (500, 290, 100, 50, 40, 20), strict=False)),
        sale(ABC[6], 30),
        returned(ABC[6], 30),
    )


@pytest.mark.requirement("S0.26", "S2.17")
async def test_a_few_large_b_between_c_many_small(classification: Classification) -> None:
    await usual_trade(classification)
    run = await classification.run()
    assert (run["customers"], run["changed"], run["appended"]) == (7, 7, 7)
    assert run["net_sales"] == {"amount": "1000.00", "currency": "CNY"}
    assert (run["period_to"], run["period_from"]) == (days_ago(1).isoformat(), days_ago(365).isoformat())
    assert await classification.classes() == dict(zip(ABC, "AAABBCC", strict=True))
    items = (await classification.client.get("/v1/value-classes")).json()["items"]
    assert [item["rank"] for item in items] == [1, 2, 3, 4, 5, 6, 7]
    assert [item["share"] for item in items[:2]] == ["0.500000", "0.290000"]
    assert [item["cumulated_share"] for item in items[:3]] == ["0.500000", "0.790000", "0.890000"]
    assert "to_next" not in items[0]
    # 890 before the fourth are less than 80 % of what is more than 1112.50; overtaking the third takes 50.
    assert items[3]["to_next"] == {"amount": "50.01", "currency": "CNY"}
    assert items[6]["reason"] == "RETURNS"


@pytest.mark.requirement("S2.17")
async def test_one_customer_with_classes_before(classification: Classification) -> None:
    await usual_trade(classification)
    await classification.run()
    customer = ABC[5]
    shown = (await classification.client.get(f"/v1/customers/{customer}/value-class")).json()
    assert (shown["value_class"], shown["figures"]["rank"], len(shown["history"])) == ("C", 6, 1)
    await classification.trade(sale(customer, 9000))
    second = await classification.run()
    shown = (await classification.client.get(f"/v1/customers/{customer}/value-class")).json()
    assert (shown["value_class"], shown["since"], shown["figures"]["rank"]) == ("A", second["period_to"], 1)
    assert [(one["value_class"], one["previous"]) for one in shown["history"]] == [("A", "C"), ("C", None)]
    unknown = await classification.client.get(f"/v1/customers/{uuid4()}/value-class")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


async def test_who_never_bought_has_no_class(classification: Classification) -> None:
    prospect = uuid4()
    registered = CustomerRegistered(customer_id=prospect, basics=Basics(kind="COMPANY", name="Hua Xin"))
    await record(classification.cards, "cards", [(f"card-{prospect}", prospect, registered)])
    await usual_trade(classification)
    assert prospect not in await classification.classes()
    await classification.run()

    async def shown() -> dict[str, object] | None:
        found = await classification.client.get(f"/v1/customers/{prospect}/value-class")
        return found.json() if found.status_code == 200 else None

    assert await eventually(shown) == {
        "customer_id": str(prospect),
        "value_class": None,
        "reason": "NEVER_BOUGHT",
        "history": [],
    }


async def test_only_changes_are_told(classification: Classification) -> None:
    await usual_trade(classification)
    await classification.run()
    assert await classification.told() == 7
    again = await classification.run()
    assert (again["customers"], again["changed"]) == (7, 0)
    assert await classification.told() == 7
    await classification.trade(returned(ABC[0], 600))
    third = await classification.run()
    assert await classification.told() == 7 + third["changed"]
    assert (await classification.classes())[ABC[0]] == "C"


async def test_who_bought_nothing_in_the_period_loses_the_class(classification: Classification) -> None:
    await classification.trade(sale(ABC[0], 100, days=30), sale(ABC[1], 50, days=400))
    last_year = await classification.run(period_to=days_ago(380).isoformat())
    assert await classification.classes() == {ABC[1]: "A"}
    this_year = await classification.run()
    assert (last_year["customers"], this_year["customers"], this_year["changed"]) == (1, 1, 2)
    assert await classification.classes() == {ABC[0]: "A"}
    shown = (await classification.client.get(f"/v1/customers/{ABC[1]}/value-class")).json()
    assert (shown["value_class"], shown["reason"], shown["history"][0]["previous"]) == (None, "NO_SALES", "A")


async def test_currencies_are_ranked_apart(classification: Classification) -> None:
    await classification.trade(
        sale(ABC[0], 10),
        sale(ABC[0], 10),
        sale(ABC[1], 5),
        sale(ABC[2], 10_000, currency="JPY"),
        sale(ABC[1], 90_000, currency="JPY"),
    )
    assert (await classification.run())["currency"] == "CNY"
    assert await classification.classes() == {ABC[0]: "A", ABC[1]: "B"}
    assert (await classification.run(currency="JPY"))["net_sales"] == {"amount": "100000", "currency": "JPY"}
    assert await classification.classes() == {ABC[1]: "A", ABC[2]: "B"}
    refused = await classification.client.post("/v1/value-class-runs", json={"currency": "XXX"}, headers=key())
    assert refused.status_code == 422


async def test_a_period_includes_its_first_and_last_day_and_zero_is_not_nothing(classification: Classification) -> None:
    await classification.trade(
        *(sale(ABC[0], net, days=days) for days, net in ((366, 1), (365, 20), (1, 300), (0, 4000))),
        sale(ABC[1], 10, days=40),
        returned(ABC[1], 10, days=30),
        sale(ABC[2], 5, days=366),
        sale(ABC[3], 5, days=0),
    )
    await classification.run()
    items = (await classification.client.get("/v1/value-classes")).json()["items"]
    assert [(UUID(item["customer_id"]), item["net"]["amount"], item["reason"]) for item in items] == [
        (ABC[0], "320.00", "SALES"),
        (ABC[1], "0.00", "RETURNS"),
    ]


async def test_no_sales_at_all(classification: Classification) -> None:
    run = await classification.run()
    assert (run["customers"], run["changed"]) == (0, 0)
    assert await classification.classes() == {}


async def test_a_standard_is_published_and_decides(classification: Classification) -> None:
    await usual_trade(classification)
    builtin = await classification.client.get("/v1/standards/value-class")
    assert (builtin.headers["etag"], builtin.json()["a_below"]) == ('"0"', "0.80")
    body = {"a_below": "0.50", "b_below": "0.80", "period_days": 180}
    headers = {**key(), "If-Match": '"0"'}
    published = await classification.client.put("/v1/standards/value-class", json=body, headers=headers)
    assert (published.status_code, published.headers["etag"]) == (200, '"1"'), published.text
    repeated = await classification.client.put("/v1/standards/value-class", json=body, headers=headers)
    assert (repeated.status_code, repeated.headers["idempotent-replayed"]) == (200, "true")
    stale = await classification.client.put("/v1/standards/value-class", json=body, headers={**key(), "If-Match": '"0"'})
    assert stale.status_code == 412
    wrong = {**body, "b_below": "0.40"}
    refused = await classification.client.put("/v1/standards/value-class", json=wrong, headers={**key(), "If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (422, "BOUNDS_OUT_OF_ORDER")
    run = await classification.run()
    assert (run["standard_version"], run["period_from"]) == (1, days_ago(180).isoformat())
    assert await classification.classes() == dict(zip(ABC, "ABBCCCC", strict=True))


async def test_pages_by_rank_stay_with_their_run(classification: Classification) -> None:
    await usual_trade(classification)
    await classification.run()
    first = (await classification.client.get("/v1/value-classes", params={"limit": 3})).json()
    await classification.trade(sale(uuid4(), 9_999))
    await classification.run()
    second = (await classification.client.get("/v1/value-classes", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [item["rank"] for item in (*first["items"], *second["items"])] == [1, 2, 3, 4, 5, 6]
    assert {item["run_id"] for item in (*first["items"], *second["items"])} == {first["items"][0]["run_id"]}
    only_b = (await classification.client.get("/v1/value-classes", params={"value_class": "C"})).json()["items"]
    assert {item["value_class"] for item in only_b} == {"C"}
    other = await classification.client.get("/v1/value-classes", params={"value_class": "C", "cursor": first["next_cursor"]})
    assert (other.status_code, other.json()["code"]) == (400, "CURSOR_INVALID")


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_customer_is_found_by_rank_by_class_and_by_itself(
    idle: Classification, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    # Three customers in a row of findings, so that pages and lookups go over several.
    for module in (findings, class_columns):
        monkeypatch.setattr(module, "A_ROW", 3)
    random = Random(seed)
    sales = {UUID(int=random.getrandbits(128)): random.randrange(1, 500) for _ in range(16)}
    sent_back = [UUID(int=random.getrandbits(128)) for _ in range(2)]
    await idle.trade(
        *(sale(customer, net) for customer, net in sales.items()),
        *(fact for customer in sent_back for fact in (sale(customer, 5), returned(customer, 7))),
    )
    async with working(run_work(idle.settings)):
        run = await idle.run()
    assert (run["customers"], run["appended"]) == (18, 18)
    given = [Sales(customer, Decimal(net)) for customer, net in sales.items()] + [Sales(one, Decimal(-2)) for one in sent_back]
    wanted = [
        (
            str(one.customer_id),
            one.rank,
            one.value_class,
            one.reason,
            str(one.share),
            str(one.cumulated_share),
            one.to_next,
            one.to_fall,
        )
        for one in classify(given, Standard(), "CNY")
    ]

    def said(item: dict[str, Any]) -> tuple[Any, ...]:
        borders = (Decimal(item[name]["amount"]) if name in item else None for name in ("to_next", "to_fall"))
        plain = ("customer_id", "rank", "value_class", "reason", "share", "cumulated_share")
        return (*(item[name] for name in plain), *borders)

    async def listed(**asked: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        while True:
            body = (await idle.client.get("/v1/value-classes", params={"limit": 4, **asked})).json()
            found += [said(item) for item in body["items"]]
            if "next_cursor" not in body or body["next_cursor"] is None:
                return found
            asked["cursor"] = body["next_cursor"]

    assert await listed() == wanted
    for value_class in "ABC":
        assert await listed(value_class=value_class) == [one for one in wanted if one[2] == value_class]
    for one in wanted:
        shown = (await idle.client.get(f"/v1/customers/{one[0]}/value-class")).json()
        assert said(shown["figures"]) == one
        assert shown["history"][0]["rank"] == one[1]


async def test_what_is_asked_wrongly(classification: Classification) -> None:
    today = await classification.client.post("/v1/value-class-runs", json={"period_to": TODAY.isoformat()}, headers=key())
    assert (today.status_code, today.json()["code"]) == (422, "PERIOD_NOT_OVER")
    old = await classification.client.post("/v1/value-class-runs", json={"period_to": "2015-12-31"}, headers=key())
    assert old.json()["code"] == "PERIOD_TOO_OLD"
    assert (await classification.client.get(f"/v1/value-class-runs/{uuid4()}")).json()["code"] == "RUN_UNKNOWN"
    headers = key()
    first = await classification.client.post("/v1/value-class-runs", json={}, headers=headers)
    again = await classification.client.post("/v1/value-class-runs", json={}, headers=headers)
    assert first.headers["location"] == again.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    reused = await classification.client.post("/v1/value-class-runs", json={"currency": "CNY"}, headers=headers)
    assert reused.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_dashboards_see_classes_and_nothing_else(classification: Classification) -> None:
    await usual_trade(classification)
    await classification.run()
    pool = await create_pool(classification.database.dsn("dashboards"), name="dashboards")

    async def seen() -> bool:
        rows = await pool.fetch("SELECT value_class, rank FROM classification.public_value_classes ORDER BY rank")
        return [(row["value_class"], row["rank"]) for row in rows] == list(zip("AAABBCC", range(1, 8), strict=True))

    try:
        assert await eventually(seen)
        with pytest.raises(Exception, match="permission denied"):
            await pool.fetch("SELECT * FROM classification.value_class_findings")
    finally:
        pool.terminate()


async def test_a_run_that_broke_off_goes_on_with_what_it_decided(idle: Classification, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = runs.told
    pieces = 0

    async def breaking(c: Connection, schema: str, name: RunName, run_id: UUID, customers: Sequence[UUID]) -> None:
        nonlocal pieces
        pieces += 1
        if pieces == 2:
            raise ConnectionError("cut off")
        await whole(c, schema, name, run_id, customers)

    monkeypatch.setattr(job, "TOLD_AT_ONCE", 3)
    monkeypatch.setattr(runs, "told", breaking)
    await usual_trade(idle)
    address = await idle.queued()
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(run_work(idle.settings), timeout=20)
    assert (await idle.client.get(address)).json()["state"] == "APPENDING"
    assert await idle.told() == 3
    late = uuid4()
    await idle.trade(sale(late, 50_000))
    async with working(run_work(idle.settings)):
        run = await idle.ended(address)
    assert (run["customers"], run["changed"], run["appended"]) == (7, 7, 7)
    assert await idle.told() == 7
    assert await idle.classes() == dict(zip(ABC, "AAABBCC", strict=True))
