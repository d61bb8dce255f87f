"""What stands behind the question mark is known, said once, and written in one way; nothing of it is passed over."""

from __future__ import annotations

import pytest

from tests.unit.web.demo import Running
from tests.unit.web.test_bodies import is_problem


async def refused(run: Running, query: str, status: int, code: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = is_problem(await run.client.get(f"/v1/things?{query}", headers=run.all), status, code)["errors"]
    return found


@pytest.mark.parametrize(
    "query", ["limt=5", "Limit=5", "prefix=a&_=1759", "limit%00=5", "limit[]=5", "filter[prefix]=a", "=5", "5"]
)
async def test_a_parameter_that_is_not_known_is_refused(run: Running, query: str) -> None:
    status, code = (400, "TEXT_INVALID") if "%00" in query else (400, "QUERY_INVALID")
    response = await run.client.get(f"/v1/things?{query}", headers=run.all)
    found = is_problem(response, status, code)
    if code == "QUERY_INVALID":
        assert [one["code"] for one in found["errors"]] == ["EXTRA_FORBIDDEN"]


async def test_the_name_is_told_and_never_the_value(run: Running) -> None:
    response = await run.client.get("/v1/things?limt=canary-value&%3Cscript%3E=canary-value", headers=run.all)
    assert [one["pointer"] for one in is_problem(response, 400, "QUERY_INVALID")["errors"]] == ["#/query/limt", "#/query/?"]
    assert "canary" not in response.text


async def test_what_is_said_twice_is_refused_unless_there_may_be_many(run: Running) -> None:
    [error] = await refused(run, "limit=1&limit=2", 400, "QUERY_INVALID")
    assert (error["pointer"], error["code"]) == ("#/query/limit", "REPEATED")
    assert (await run.client.get("/v1/things?color=red&color=blue", headers=run.all)).status_code == 200


@pytest.mark.parametrize("number", ["1_0", "+5", "%205", "5.0", "007", "1e1", "0x2", "٣", "-0", "", "9" * 40])
async def test_a_number_is_written_in_digits(run: Running, number: str) -> None:
    [error] = await refused(run, f"limit={number}", 422, "VALIDATION_FAILED")
    assert error["pointer"] == "#/query/limit"


@pytest.mark.parametrize("truth", ["1", "yes", "TRUE", "True", "on", "t", "", "null"])
async def test_truth_is_true_or_false(run: Running, truth: str) -> None:
    [error] = await refused(run, f"sold={truth}", 422, "VALIDATION_FAILED")
    assert (error["pointer"], error["code"]) == ("#/query/sold", "BOOL_PARSING")
    assert (await run.client.get("/v1/things?sold=false", headers=run.all)).status_code == 200


async def test_an_operation_without_parameters_takes_none(run: Running) -> None:
    for method, path in (("GET", "/v1/me?x=1"), ("POST", "/v1/quick-things?dry_run=true")):
        response = await run.client.request(method, path, headers=run.all | {"Idempotency-Key": "k"}, json={"name": "a"})
        is_problem(response, 400, "QUERY_INVALID")
    assert run.demo.seen == []


async def test_who_may_not_ask_is_not_told_what_is_known(run: Running) -> None:
    assert (await run.client.get("/v1/things?limt=5")).status_code == 401
    assert (await run.client.get("/v1/me?limt=5", headers=run.reading)).status_code == 403
