"""The company's own grades through HTTP: previewed, published, given by a run, told only where they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from services.classification.domain.customer_grade import BUILT_IN, grade_of
from services.classification.domain.mark_standards import MARKS
from services.classification.read_models.grade_figures import all_figures
from services.classification.read_models.grade_moves import grade_moves
from services.classification.read_models.mark_columns import MarkDay
from shared.contracts.classification import ValueClassChanged
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.customer_grades import CustomerGradeStandardPublished, GradeCondition, GradeRule
from shared.postgres.pool import opened_pool
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification, days_ago, sale
from tests.integration.classification.with_cards import registered, says, shown
from tests.integration.running import key, record

GOLD, PLAIN, STOPPED, NEVER = (UUID(int=n) for n in range(1, 5))
STANDARD: dict[str, Any] = {
    "grades": [
        {
            "grade": "GOLD",
            "conditions": [
                {"figure": "net", "at_least": "500.00"},
                {"figure": "credit_grade", "one_of": ["GROW", "HOLD"], "or_unknown": True},
                {"figure": "silent_days", "at_most": "60"},
            ],
            "goods": "FIRST",
            "collection": "BY_TERMS",
        },
        {"grade": "PLAIN"},
    ],
    "currency": "CNY",
}


@pytest.fixture
async def graded(classification: Classification) -> AsyncIterator[Classification]:
    """GOLD and STOPPED buy much, PLAIN little, NEVER nothing; STOPPED has no credit, GOLD is of class A."""
    await says(
        classification, *(registered(one, "north", "s-1", shop_kind="RETAIL") for one in (GOLD, PLAIN, STOPPED, NEVER)), days=600
    )
    await classification.trade(sale(GOLD, 900), sale(GOLD, 100, 400), sale(PLAIN, 100), sale(STOPPED, 800))
    told = [
        CreditGraded(customer_id=STOPPED, run_id=uuid4(), standard_version=0, graded_on=days_ago(9), grade="STOP", points=7),
    ]
    classed = ValueClassChanged(
        customer_id=GOLD,
        run_id=uuid4(),
        standard="value-class",
        standard_version=0,
        period_from=days_ago(400),
        period_to=days_ago(9),
        value_class="A",
    )
    await record(
        classification.own,
        "classification",
        [*((f"credit-grade-{one.customer_id}", one.customer_id, one) for one in told), (f"classification-{GOLD}", GOLD, classed)],
    )
    yield classification


async def publish(service: Classification, body: dict[str, Any], version: int) -> Any:
    return await service.client.put("/v1/standards/customer-grade", json=body, headers={**key(), "If-Match": f'"{version}"'})


async def run(service: Classification, **asked: Any) -> dict[str, Any]:
    queued = await service.client.post("/v1/customer-grade-runs", json=asked, headers=key())
    assert queued.status_code == 202, queued.text
    return await service.ended(str(queued.headers["location"]))


async def grades(service: Classification, count: int, **asked: Any) -> dict[UUID, dict[str, Any]]:
    found = await shown(service, "/v1/customer-grades", lambda body: len(body["items"]) == count, **asked)
    return {UUID(item["customer_id"]): item for item in found["items"]}


@pytest.mark.requirement("S4.25")
async def test_customers_are_graded_by_the_companys_own_standard(graded: Classification) -> None:
    published = await publish(graded, STANDARD, 0)
    assert (published.status_code, published.headers["etag"]) == (200, '"1"')
    done = await run(graded)
    assert (done["customers"], done["changed"], done["appended"], done["standard_version"]) == (3, 3, 3, 1)
    found = await grades(graded, 3)
    assert {who: one["grade"] for who, one in found.items()} == {GOLD: "GOLD", PLAIN: "PLAIN", STOPPED: "PLAIN"}
    assert (found[GOLD]["goods"], found[GOLD]["collection"]) == ("FIRST", "BY_TERMS")
    assert [one["code"] for one in found[GOLD]["reasons"]] == ["NET", "CREDIT_GRADE", "SILENT_DAYS"]
    assert found[GOLD]["reasons"][0]["figures"] == {"grade": "GOLD", "net": "900", "at_least": "500.00"}
    (missing,) = found[STOPPED]["reasons"]
    assert (missing["code"], missing["sentence"]) == (
        "CREDIT_GRADE_MISSING",
        "Credit grade is STOP, not as GOLD asks: one of GROW, HOLD.",
    )
    assert list(await grades(graded, 1, grade="GOLD")) == [GOLD]
    assert await grades(graded, 0, area_id="south") == {}
    async with opened_pool(graded.database.dsn("dashboards"), name="dashboards", max_size=1) as pool:
        shown_to_dashboards = await pool.fetch(
            "SELECT customer_id, grade FROM classification.public_customer_grades ORDER BY customer_id"
        )
    assert [tuple(row) for row in shown_to_dashboards] == [(who, found[who]["grade"]) for who in (GOLD, PLAIN, STOPPED)]


@pytest.mark.requirement("S4.25")
async def test_only_changes_are_told_and_any_day_can_be_asked(graded: Classification) -> None:
    await publish(graded, STANDARD, 0)
    await run(graded, graded_on=days_ago(3).isoformat())
    assert (await run(graded, graded_on=days_ago(2).isoformat()))["changed"] == 0
    await graded.trade(sale(PLAIN, 400, 1))
    third = await run(graded)
    assert (third["changed"], third["appended"]) == (1, 1)
    one = (await graded.client.get(f"/v1/customers/{PLAIN}/customer-grade")).json()
    assert (one["grade"], one["previous"], one["since"]) == ("GOLD", "PLAIN", days_ago(1).isoformat())
    assert [before["grade"] for before in one["history"]] == ["GOLD", "PLAIN"]
    assert one["flips"] == 1
    asked = {"as_of": days_ago(2).isoformat()}
    assert (await graded.client.get(f"/v1/customers/{PLAIN}/customer-grade", params=asked)).json()["grade"] == "PLAIN"
    assert (await grades(graded, 3, **asked))[PLAIN]["grade"] == "PLAIN"
    never = (await graded.client.get(f"/v1/customers/{NEVER}/customer-grade")).json()
    assert (never["grade"], never["history"]) == (None, [])
    nobody = await graded.client.get(f"/v1/customers/{uuid4()}/customer-grade")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    early = await graded.client.post("/v1/customer-grade-runs", json={"graded_on": days_ago(5).isoformat()}, headers=key())
    assert (early.status_code, early.json()["code"]) == (422, "DAY_GRADED")


@pytest.mark.requirement("S4.25")
async def test_a_standard_shows_whom_it_would_move_before_it_is_published(graded: Classification) -> None:
    await publish(graded, STANDARD, 0)
    await run(graded)
    await grades(graded, 3)
    harder = {
        **STANDARD,
        "grades": [{**STANDARD["grades"][0], "conditions": [{"figure": "value_class", "one_of": ["A"]}]}, {"grade": "OTHER"}],
    }
    path = "/v1/standards/customer-grade/preview"
    answer = await graded.client.post(path, json=harder)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["customers"], found["moved"], found["left_out"]) == (3, 2, 0)
    assert found["moves"] == [
        {"grade": "GOLD", "would_be": "GOLD", "customers": 1},
        {"grade": "PLAIN", "would_be": "OTHER", "customers": 2},
    ]
    assert [(UUID(one["customer_id"]), one["grade"], one["would_be"]) for one in found["items"]] == [
        (PLAIN, "PLAIN", "OTHER"),
        (STOPPED, "PLAIN", "OTHER"),
    ]
    assert (await graded.client.post(path, json=harder, params={"limit": 1})).json()["left_out"] == 1
    # A standard of another period reads its own figures: GOLD bought 100 more before the last year, but not within thirty days.
    short = {**STANDARD, "period_days": 20}
    (move,) = [one for one in (await graded.client.post(path, json=short)).json()["moves"] if one["grade"] != one["would_be"]]
    assert move == {"grade": "GOLD", "would_be": "PLAIN", "customers": 1}
    # Nothing was published and nobody moved.
    assert (await graded.client.get("/v1/standards/customer-grade")).headers["etag"] == '"1"'
    assert (await grades(graded, 3))[PLAIN]["grade"] == "PLAIN"
    wrong = {"grades": [{"grade": "X", "conditions": [{"figure": "luck", "at_least": "1"}]}]}
    for refused in (await graded.client.post(path, json=wrong), await publish(graded, wrong, 1)):
        assert (refused.status_code, refused.json()["code"]) == (422, "GRADES_OUT_OF_ORDER")


BORDERS: list[dict[str, Any]] = [
    {"figure": "net", "at_least": "800.00"},
    {"figure": "net", "at_most": "100.00"},
    {"figure": "net", "at_least": "100.01", "at_most": "899.99"},
    {"figure": "share", "at_least": "0.5"},
    {"figure": "buying_days", "at_most": "1"},
    {"figure": "silent_days", "at_least": "30", "at_most": "30"},
    {"figure": "length_days", "at_least": "400"},
    {"figure": "credit_points", "at_least": "1"},
    {"figure": "credit_points", "at_most": "1", "or_unknown": True},
    {"figure": "value_class", "one_of": ["A", "B"]},
    {"figure": "value_class", "one_of": ["B"], "or_unknown": True},
    {"figure": "shop_kind", "one_of": ["RETAIL"]},
    {"figure": "nature", "one_of": ["STATE"]},
    {"figure": "position_class", "one_of": ["SCATTERED"]},
]


@pytest.mark.requirement("S4.25")
async def test_a_preview_says_what_a_run_does(graded: Classification) -> None:
    """Each condition by itself and beside the one before, as the preview sees it and as the rules judge one customer."""

    async def arrived() -> bool:
        at = MarkDay(TODAY, datetime.now(UTC), True, MARKS)
        async with graded.own.acquire() as c, c.transaction():
            pieces = [piece async for piece in all_figures(c, "classification", at, BUILT_IN)]
        found = {known.customer_id: known.figures for piece in pieces for known in piece}
        return (
            len(found) == 3
            and found[GOLD]["value_class"] == "A"
            and found[STOPPED]["credit_grade"] == "STOP"
            and all(figures["shop_kind"] for figures in found.values())
            and str(found[GOLD]["share"]) == "0.5"
        )

    await eventually(arrived, timeout=30)
    at = MarkDay(TODAY, datetime.now(UTC), True, MARKS)
    for n, border in enumerate(BORDERS):
        conditions = tuple(msgspec.convert(one, GradeCondition, strict=False) for one in BORDERS[max(n - 1, 0) : n + 1])
        rules = (GradeRule(grade="BOTH", conditions=conditions), GradeRule(grade="ONE", conditions=conditions[-1:]))
        standard = CustomerGradeStandardPublished(version=0, grades=rules)
        async with graded.own.acquire() as c, c.transaction():
            found = await grade_moves(c, "classification", at, BUILT_IN, standard, 10)
            pieces = [piece async for piece in all_figures(c, "classification", at, standard)]
        said: Counter[tuple[str | None, str | None]] = Counter(
            (grade_of(known.figures, BUILT_IN), grade_of(known.figures, standard)) for piece in pieces for known in piece
        )
        assert dict(found.customers) == dict(said), border
        assert all(one.would_be == grade_of(one.known.figures, standard) for one in found.first), border
