"""Credit grades through HTTP, on a real database, with ledger, complaints and warnings in the stores of the other services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.classification.handlers import credit_preview
from services.classification.jobs import telling as job
from services.classification.read_models import run_changes
from services.classification.wiring import run_work
from shared.contracts.cards import Basics, CustomerRegistered
from shared.contracts.relations import CustomersMerged, MergedInto
from shared.postgres.pool import Connection
from shared.relay.leader import lead
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification, PoolOf, days_ago
from tests.integration.classification.on_credit import disputes, invoice, limit, paid, report, warned
from tests.integration.running import key, record, working

GOOD, SLOW, BAD, YOUNG = (UUID(int=n) for n in range(1, 5))


@pytest.fixture
async def grading(idle: Classification) -> AsyncIterator[Classification]:
    """The service with its `work`, and every store's watermark ticking."""
    async with AsyncExitStack() as stack:
        await ticking(stack, idle)
        await stack.enter_async_context(working(run_work(idle.settings)))
        yield idle


async def ticking(stack: AsyncExitStack, service: Classification) -> None:
    for name in ("complaints", "alerts"):
        leading = lead(service=name, dsn=service.database.dsn(name), kafka=None, now=lambda: datetime.now(UTC))
        await stack.enter_async_context(working(leading))


async def on_credit(service: Classification) -> None:
    """GOOD pays on the day, month by month; SLOW pays forty days late and half is overdue; BAD stopped paying; YOUNG began lately."""
    for month in range(1, 9):
        await service.trade(invoice(GOOD, str(month), month * 30, 100), paid(GOOD, month * 30, 100))
    for month in range(2, 6):
        await service.trade(invoice(SLOW, str(month), month * 30 + 40, 100), paid(SLOW, month * 30, 100))
    await service.trade(
        invoice(GOOD, "0", -10, 1000),
        invoice(SLOW, "0", 20, 600),
        invoice(SLOW, "1", -10, 600),
        invoice(BAD, "1", 90, 1000),
        invoice(YOUNG, "1", -5, 300, issued=20),
    )
    card = [limit(GOOD, 5000), limit(BAD, 500), report(BAD, "POOR")]
    await record(service.cards, "cards", [(f"card-{event.customer_id}", event.customer_id, event) for event in card])


async def run(service: Classification, **asked: Any) -> dict[str, Any]:
    queued = await service.client.post("/v1/credit-grade-runs", json=asked, headers=key())
    assert queued.status_code == 202, queued.text
    return await service.ended(str(queued.headers["location"]))


async def grades(service: Classification, count: int, **asked: Any) -> dict[UUID, dict[str, Any]]:
    async def found() -> dict[UUID, dict[str, Any]] | None:
        items = (await service.client.get("/v1/credit-grades", params=asked)).json()["items"]
        return {UUID(item["customer_id"]): item for item in items} if len(items) == count else None

    shown = await eventually(found, timeout=20)
    assert shown is not None
    return shown


async def told(service: Classification) -> int:
    found: int = await service.own.fetchval("SELECT count(*) FROM classification.events WHERE stream LIKE 'credit-grade-%'")
    return found


@pytest.mark.requirement("S0.10")
async def test_with_whom_to_grow_to_hold_to_shrink_and_to_stop(grading: Classification) -> None:
    await on_credit(grading)
    done = await run(grading)
    assert (done["customers"], done["changed"], done["appended"], done["graded_on"]) == (4, 4, 4, days_ago(1).isoformat())
    shown = await grades(grading, 4)
    assert {who: one["grade"] for who, one in shown.items()} == {GOOD: "GROW", SLOW: "SHRINK", BAD: "STOP", YOUNG: "HOLD"}
    assert list(shown) == [BAD, SLOW, GOOD, YOUNG]
    bad = shown[BAD]
    assert {one["code"]: one["figures"]["points"] for one in bad["reasons"]} == {
        "OVERDUE_SHARE": 2,
        "OVERDUE_AGE": 2,
        "LIMIT_USE": 2,
        "AGENCY_REPORT": 2,
    }
    assert (bad["points"], bad["expected_change"]) == (8, [{"amount": "-1000.00", "currency": "CNY"}])
    slow = shown[SLOW]
    assert {one["code"]: one["figures"]["points"] for one in slow["reasons"]} == {"PAYS_LATE": 2, "OVERDUE_SHARE": 2}
    assert (slow["exposure"], slow["expected_change"]) == (
        [{"amount": "1200.00", "currency": "CNY"}],
        [{"amount": "-600.00", "currency": "CNY"}],
    )
    assert shown[GOOD]["expected_change"] == [{"amount": "250.00", "currency": "CNY"}]
    only = await grades(grading, 1, grade="SHRINK")
    assert list(only) == [SLOW]
    pages = (await grading.client.get("/v1/credit-grades", params={"limit": 3})).json()
    rest = (await grading.client.get("/v1/credit-grades", params={"limit": 3, "cursor": pages["next_cursor"]})).json()
    assert [UUID(one["customer_id"]) for one in (*pages["items"], *rest["items"])] == list(shown)


@pytest.mark.requirement("S0.10")
async def test_only_changes_are_told_and_any_day_can_be_asked(grading: Classification) -> None:
    await on_credit(grading)
    await run(grading, graded_on=days_ago(3).isoformat())
    assert await told(grading) == 4
    assert (await run(grading, graded_on=days_ago(2).isoformat()))["changed"] == 0
    await grading.trade(paid(SLOW, 1, 1200))
    third = await run(grading)
    assert (third["changed"], await told(grading)) == (1, 5)
    one = (await grading.client.get(f"/v1/customers/{SLOW}/credit-grade")).json()
    assert (one["grade"], one["previous"], one["since"]) == ("HOLD", "SHRINK", days_ago(1).isoformat())
    assert [before["grade"] for before in one["history"]] == ["HOLD", "SHRINK"]
    assert one["flips"] == 1
    asked = {"as_of": days_ago(2).isoformat()}
    assert (await grading.client.get(f"/v1/customers/{SLOW}/credit-grade", params=asked)).json()["grade"] == "SHRINK"
    assert (await grades(grading, 4, **asked))[SLOW]["grade"] == "SHRINK"
    early = {"as_of": days_ago(9).isoformat()}
    assert (await grading.client.get("/v1/credit-grades", params=early)).json()["items"] == []
    before = await grading.client.post("/v1/credit-grade-runs", json={"graded_on": days_ago(2).isoformat()}, headers=key())
    assert (before.status_code, before.json()["code"]) == (422, "DAY_GRADED")
    today = await grading.client.post("/v1/credit-grade-runs", json={"graded_on": TODAY.isoformat()}, headers=key())
    assert (today.status_code, today.json()["code"]) == (422, "PERIOD_NOT_OVER")


@pytest.mark.requirement("S0.10")
async def test_disputes_warnings_and_merged_cards_count(grading: Classification, pool_of: PoolOf) -> None:
    disputing, second = UUID(int=5), UUID(int=6)
    await grading.trade(invoice(disputing, "1", 50, 1000), invoice(second, "1", 70, 500), invoice(second, "2", -5, 10))
    complaint = disputes(disputing, "1")
    complaints, alerts = await pool_of(grading.database, "complaints"), await pool_of(grading.database, "alerts")
    await record(complaints, "complaints", [(f"complaint-{complaint.complaint_id}", disputing, complaint)])
    first = await run(grading)
    shown = await grades(grading, 2)
    assert (shown[disputing]["grade"], shown[disputing]["points"], shown[disputing]["exposure"]) == ("HOLD", 0, [])
    assert (shown[second]["grade"], shown[second]["points"], first["changed"]) == ("SHRINK", 4, 2)
    # Warnings that were true count, those that a grade had raised and false ones do not.
    warnings = [
        event
        for rule, outcome in (("overdue_debt", "TRUE"), ("credit_limit_nearly_used", "TOO_LATE"), ("overdue_debt", "FALSE"))
        for event in warned(second, rule, outcome)
    ]
    warnings += warned(second, "credit_grade_lowered", "TRUE")
    await record(alerts, "alerts", [(f"alert-{event.alert_id}", second, event) for event in warnings])
    # They were closed today: they count as soon as the day is over.
    assert (await run(grading))["changed"] == 0
    merging = [
        CustomersMerged(customer_id=disputing, merged_id=second, decided_by=uuid4()),
        MergedInto(customer_id=second, lead_id=disputing, decided_by=uuid4()),
    ]
    await record(grading.cards, "cards", [(f"card-{event.customer_id}", event.customer_id, event) for event in merging])
    assert (await run(grading))["changed"] == 2
    shown = await grades(grading, 1)
    assert (shown[disputing]["grade"], shown[disputing]["exposure"]) == ("SHRINK", [{"amount": "510.00", "currency": "CNY"}])
    gone = (await grading.client.get(f"/v1/customers/{second}/credit-grade")).json()
    assert (gone["grade"], gone["previous"]) == (None, "SHRINK")


async def test_who_never_bought_on_credit_has_no_grade(grading: Classification) -> None:
    prospect = uuid4()
    registered = CustomerRegistered(customer_id=prospect, basics=Basics(kind="COMPANY", name="Hua Xin"))
    await record(
        grading.cards, "cards", [(f"card-{prospect}", prospect, registered), (f"card-{prospect}", prospect, limit(prospect, 5))]
    )
    assert (await run(grading))["customers"] == 0
    shown = (await grading.client.get(f"/v1/customers/{prospect}/credit-grade")).json()
    assert shown == {"customer_id": str(prospect), "grade": None, "history": []}
    nobody = await grading.client.get(f"/v1/customers/{uuid4()}/credit-grade")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


async def test_a_standard_is_published_and_decides(grading: Classification) -> None:
    await on_credit(grading)
    built_in = await grading.client.get("/v1/standards/credit-grade")
    assert (built_in.headers["etag"], built_in.json()["late_days"]) == ('"0"', ["10", "30", "60"])

    async def publish(body: dict[str, Any], version: int) -> httpx.Response:
        return await grading.client.put("/v1/standards/credit-grade", json=body, headers={**key(), "If-Match": f'"{version}"'})

    assert (await publish({"shrink_points": 5, "stop_points": 20}, 0)).headers["etag"] == '"1"'
    assert (await publish({"shrink_points": 5}, 0)).status_code == 412
    refused = await publish({"shrink_points": 7}, 1)
    assert (refused.status_code, refused.json()["code"]) == (422, "BORDERS_OUT_OF_ORDER")
    assert (await run(grading))["standard_version"] == 1
    shown = await grades(grading, 4)
    assert {who: one["grade"] for who, one in shown.items()} == {GOOD: "GROW", SLOW: "HOLD", BAD: "SHRINK", YOUNG: "HOLD"}


async def test_a_run_that_broke_off_goes_on_with_what_it_decided(idle: Classification, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_changes.told
    pieces = 0

    async def breaking(c: Connection, schema: str, name: run_changes.RunName, run_id: UUID, customers: Sequence[UUID]) -> None:
        nonlocal pieces
        pieces += 1
        if pieces == 2:
            raise ConnectionError("cut off")
        await whole(c, schema, name, run_id, customers)

    monkeypatch.setattr(job, "TOLD_AT_ONCE", 3)
    monkeypatch.setattr(run_changes, "told", breaking)
    await on_credit(idle)
    async with AsyncExitStack() as stack:
        await ticking(stack, idle)
        queued = await idle.client.post("/v1/credit-grade-runs", json={}, headers=key())
        address = str(queued.headers["location"])
        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(run_work(idle.settings), timeout=20)
        assert (await idle.client.get(address)).json()["state"] == "APPENDING"
        assert await told(idle) == 3
        await idle.trade(paid(BAD, 1, 1000))
        async with working(run_work(idle.settings)):
            done = await idle.ended(address)
            assert (done["changed"], done["appended"], await told(idle)) == (4, 4, 4)
            assert (await grades(idle, 4))[BAD]["grade"] == "STOP"


@pytest.mark.requirement("S0.10")
async def test_whom_another_standard_would_move_and_how_far_it_is_to_the_borders(
    grading: Classification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credit_preview, "AT_ONCE", 1)
    await on_credit(grading)
    await run(grading)
    before = await grades(grading, 4)
    path = "/v1/standards/credit-grade/preview"
    asked = {"as_of": days_ago(1).isoformat()}
    same = (await grading.client.post(path, params=asked, json={})).json()
    assert (same["customers"], same["moved"], same["items"]) == (4, 0, [])
    # SLOW has four points, BAD eight; YOUNG has bought on credit for less than anybody asks.
    stricter = {"shrink_points": 2, "stop_points": 4, "grow_known_days": 0, "grow_settled": 0}
    shown = (await grading.client.post(path, params=asked, json=stricter)).json()
    assert [(UUID(one["customer_id"]), one["grade"], one["would_be"]) for one in shown["items"]] == [
        (SLOW, "SHRINK", "STOP"),
        (YOUNG, "HOLD", "GROW"),
    ]
    assert (shown["moved"], shown["left_out"]) == (2, 0)
    assert {"grade": "STOP", "would_be": "STOP", "customers": 1} in shown["moves"]
    first = (await grading.client.post(path, params={**asked, "limit": 1}, json=stricter)).json()
    assert (len(first["items"]), first["left_out"]) == (1, 1)
    assert await grades(grading, 4) == before
    wrong = await grading.client.post(path, json={"shrink_points": 9, "stop_points": 4})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "BORDERS_OUT_OF_ORDER")

    async def one(customer: UUID) -> dict[str, Any]:
        found: dict[str, Any] = (await grading.client.get(f"/v1/customers/{customer}/credit-grade")).json()
        return found

    slow, bad, good = await one(SLOW), await one(BAD), await one(GOOD)
    assert (slow["flips"], slow["points_to_worse"], slow["points_to_better"]) == (0, 2, 2)
    assert (bad["points_to_better"], "points_to_worse" in bad, good["points_to_worse"]) == (3, False, 3)
