"""Promises and investments over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards, fresh
from tests.integration.running import key, serving

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
CNY = {"amount": "500.00", "currency": "CNY"}


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def to_pay(due: int = 7, **more: Any) -> dict[str, Any]:
    return {"made_by": "CUSTOMER", "kind": "PAY", "due_on": day(due), "amount": CNY, **more}


async def promise(cards: Cards, customer: UUID, body: dict[str, Any]) -> httpx.Response:
    answer = await cards.post(f"/v1/customers/{customer}/promises", body)
    assert answer.status_code == 201, answer.text
    return answer


async def end(cards: Cards, promise_id: str, how: str, version: int = 1, **body: Any) -> httpx.Response:
    return await cards.post(f"/v1/promises/{promise_id}/{how}", body, {"If-Match": f'"{version}"'})


@pytest.mark.requirement("S2.2")
async def test_promises_of_both_sides_are_listed_by_the_day_on_which_they_are_due(cards: Cards) -> None:
    customer = await cards.register(salesperson_id="wang")
    late = await promise(
        cards, customer, to_pay(-3, made_on=day(-9), invoices=[{"source": "erp", "number": "1"}], text="By Friday")
    )
    ours = await promise(cards, customer, {"made_by": "COMPANY", "kind": "CALL_BACK", "due_on": day(1)})
    other = await cards.register("K-2")
    far = await promise(cards, other, to_pay(20))
    position = ",".join(answer.headers["Regulars-Position"] for answer in (late, ours, far))
    listed = (await cards.get("/v1/promises", min_position=position)).json()["items"]
    assert [item["id"] for item in listed] == [answer.json()["id"] for answer in (late, ours, far)]
    assert listed[0] == {
        "id": late.json()["id"],
        "customer_id": str(customer),
        "made_by": "CUSTOMER",
        "kind": "PAY",
        "state": "PENDING",
        "made_on": day(-9),
        "due_on": day(-3),
        "amount": CNY,
        "invoices": [{"source": "erp", "number": "1"}],
        "days_late": 3,
        "version": 1,
        "name": "Hua Xin Trading",
        "salesperson_id": "wang",
    }
    assert (await cards.get(f"/v1/promises/{late.json()['id']}")).json()["text"] == "By Friday"

    async def ids(**filters: Any) -> list[str]:
        return [item["id"] for item in (await cards.get("/v1/promises", **filters)).json()["items"]]

    assert await ids(made_by="COMPANY") == [ours.json()["id"]]
    assert await ids(due_through=day(1)) == [late.json()["id"], ours.json()["id"]]
    assert await ids(salesperson_id="wang", kind="PAY") == [late.json()["id"]]
    assert await ids(customer_id=str(other)) == [far.json()["id"]]
    first = (await cards.get("/v1/promises", limit=2)).json()
    second = (await cards.get("/v1/promises", limit=2, cursor=first["next_cursor"])).json()
    assert [item["id"] for item in second["items"]] == [far.json()["id"]]
    kept = await end(cards, late.json()["id"], "kept", on=day(-1))
    assert (kept.status_code, kept.json()["state"], kept.headers["ETag"]) == (200, "KEPT", '"2"')
    position = kept.headers["Regulars-Position"]
    [shown] = (await cards.get("/v1/promises", state="KEPT", min_position=position)).json()["items"]
    assert (shown["ended_on"], shown["days_late"]) == (day(-1), 2)
    assert await ids(state="PENDING") == [ours.json()["id"], far.json()["id"]]


async def test_words_are_sealed_and_withheld_without_the_scope(api: Cards) -> None:
    customer = await api.register()
    made = await promise(api, customer, to_pay(text="Mrs Wang promised"))
    spent = {"kind": "VISIT", "hours": "2.5", "note": "saw Mrs Wang"}
    assert (await api.post(f"/v1/customers/{customer}/investments", spent)).status_code == 201
    stored = await api.pool.fetchval("SELECT string_agg(body::text || meta::text, '') FROM cards.events")
    assert "Wang" not in stored
    async with serving(build_api(api.settings), api.folder, ["cards.promise.read", "cards.investment.read"]) as poor:
        assert "text" not in (await poor.get(made.headers["Location"])).json()
        [entry] = (await poor.get(f"/v1/customers/{customer}/investments")).json()["items"]
        assert "note" not in entry
        refused = await poor.post(f"/v1/customers/{customer}/promises", json=to_pay(), headers=key())
        assert refused.status_code == 403


async def test_a_promise_ends_once_and_on_a_day_that_can_be(api: Cards) -> None:
    customer = await api.register()
    made = await promise(api, customer, to_pay(0))
    promise_id = made.json()["id"]
    early = await end(api, promise_id, "broken")
    assert (early.status_code, early.json()["code"]) == (409, "PROMISE_NOT_DUE")
    future = await end(api, promise_id, "kept", on=day(1))
    assert (future.status_code, future.json()["code"]) == (422, "DAY_IN_FUTURE")
    before = await end(api, promise_id, "waived", on=day(-1))
    assert (before.status_code, before.json()["code"]) == (422, "PROMISE_DAYS")
    stale = await end(api, promise_id, "kept", version=2)
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
    blind = await api.post(f"/v1/promises/{promise_id}/kept", {})
    assert blind.status_code == 428
    assert (await end(api, promise_id, "waived")).status_code == 200
    again = await end(api, promise_id, "kept", version=2)
    assert (again.status_code, again.json()["code"]) == (409, "PROMISE_ENDED")
    assert await api.events(f"promise-{promise_id}") == ["promise-made", "promise-waived"]
    nothing = await end(api, str(uuid4()), "kept")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "PROMISE_UNKNOWN")
    assert (await api.get(f"/v1/promises/{uuid4()}")).json()["code"] == "PROMISE_UNKNOWN"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (to_pay(-1), "PROMISE_DAYS"),
        (to_pay(3, made_on=day(1)), "DAY_IN_FUTURE"),
        ({"made_by": "COMPANY", "kind": "PAY", "due_on": day(1)}, "PROMISE_AMOUNT_MISSING"),
        (to_pay(3, kind="REPAIR", invoices=[{"source": "erp", "number": "1"}]), "PROMISE_INVOICES"),
        (to_pay(3, amount={"amount": "0.00", "currency": "CNY"}), "VALIDATION_FAILED"),
    ],
)
async def test_promises_that_cannot_be_meant_are_refused_by_name(standing: Cards, body: dict[str, Any], code: str) -> None:
    customer = await standing.register(fresh())
    answer = await standing.post(f"/v1/customers/{customer}/promises", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_repeat_does_nothing_and_gives_the_same_answer(api: Cards) -> None:
    customer = await api.register()
    once = key()
    path = f"/v1/customers/{customer}/promises"
    first = await api.post(path, to_pay(), once)
    again = await api.post(path, to_pay(), once)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Regulars-Position"] == first.headers["Regulars-Position"]
    other = await api.post(path, to_pay(9), once)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await api.pool.fetchval("SELECT count(*) FROM cards.events WHERE type LIKE '%promise%'") == 1


async def test_nobody_promises_for_strangers_and_the_erased(api: Cards) -> None:
    for what, body in (("promises", to_pay()), ("investments", {"kind": "GIFT", "cost": CNY})):
        nobody = await api.post(f"/v1/customers/{uuid4()}/{what}", body)
        assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    customer = await api.register()
    made = await promise(api, customer, to_pay(text="By Friday"))
    assert (await api.erase(customer)).status_code == 200
    gone = await api.post(f"/v1/customers/{customer}/promises", to_pay())
    assert (gone.status_code, gone.json()["code"]) == (410, "CUSTOMER_ERASED")
    assert "text" not in (await api.get(made.headers["Location"])).json()
    assert (await end(api, made.json()["id"], "kept")).status_code == 200


@pytest.mark.requirement("S2.8")
async def test_what_was_put_into_a_customer_is_recorded_and_shown(api: Cards) -> None:
    customer = await api.register()
    path = f"/v1/customers/{customer}/investments"
    assert (await api.get(path)).json()["items"] == []
    first = await api.post(path, {"kind": "PROMOTION", "spent_on": day(-20), "cost": CNY, "hours": "6", "note": "Shop opening"})
    second = await api.post(path, {"kind": "VISIT", "hours": "1.5"})
    assert (first.status_code, second.status_code) == (201, 201)
    page = (await api.get(path, limit=1)).json()
    assert page["items"][0] == {
        "id": second.json()["id"],
        "kind": "VISIT",
        "spent_on": day(0),
        "hours": "1.5",
        "decided_by": page["items"][0]["decided_by"],
    }
    [older] = (await api.get(path, cursor=page["next_cursor"], limit=1)).json()["items"]
    assert (older["cost"], older["note"], older["spent_on"]) == (CNY, "Shop opening", day(-20))
    for body, code in (
        ({"kind": "GIFT"}, "NOTHING_INVESTED"),
        ({"kind": "GIFT", "cost": CNY, "spent_on": day(1)}, "DAY_IN_FUTURE"),
        ({"kind": "GIFT", "hours": "0"}, "VALIDATION_FAILED"),
    ):
        refused = await api.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await api.get(f"/v1/customers/{uuid4()}/investments")).status_code == 404
