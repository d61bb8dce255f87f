"""Headers and addresses that say one thing and mean another, or say it twice."""

from __future__ import annotations

import pytest

from tests.unit.web.demo import Running
from tests.unit.web.test_bodies import is_problem

THING = "/v1/things/00000000-0000-4000-8000-000000000007"
BODY = b'{"name": "a"}'


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
        [("Content-Type", "application/json"), ("Content-Encoding", "identity, deflate")],
        [("Content-Type", "application/json; charset=utf-16")],
        [("Content-Type", 'application/json; charset="latin-1"')],
        [("Content-Type", "application/json"), ("Content-Type", "text/plain")],
        [("Content-Type", "application/json"), ("Content-Type", "application/json")],
    ],
)
async def test_a_body_is_what_it_says_it_is(run: Running, headers: list[tuple[str, str]]) -> None:
    given = [*run.all.items(), ("Idempotency-Key", "k"), *headers]
    is_problem(await run.client.post("/v1/things", content=BODY, headers=given), 415, "MEDIA_TYPE_UNSUPPORTED")


@pytest.mark.parametrize(
    "kind", ["application/json;charset=UTF-8", 'application/json ; charset="utf-8"', "application/merge+json"]
)
async def test_json_by_any_of_its_names_is_read(run: Running, kind: str) -> None:
    given = [*run.all.items(), ("Idempotency-Key", "k"), ("Content-Type", kind), ("Content-Encoding", "identity")]
    assert (await run.client.post("/v1/things", content=BODY, headers=given)).status_code == 201


async def test_of_two_keys_and_of_two_versions_neither_is_taken(run: Running) -> None:
    json = ("Content-Type", "application/json")
    keys = [*run.all.items(), json, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    is_problem(await run.client.post("/v1/things", content=BODY, headers=keys), 400, "IDEMPOTENCY_KEY_INVALID")
    versions = [*run.all.items(), json, ("If-Match", '"3"'), ("If-Match", '"9"')]
    is_problem(await run.client.put(f"{THING}/name", content=BODY, headers=versions), 400, "IF_MATCH_INVALID")
    purposes = [*run.all.items(), ("Regulars-Purpose", "VISIT"), ("Regulars-Purpose", "ORDER")]
    is_problem(await run.client.get(THING, headers=purposes), 400, "PURPOSE_INVALID")
    assert run.demo.seen == []


@pytest.mark.parametrize("path", ["/v1/things?prefix=%ff", "/v1/things?prefix=a%80b", "/v1/things/%ff", "/v1/things/%c0%af"])
async def test_bytes_that_are_no_text_are_refused(run: Running, path: str) -> None:
    is_problem(await run.client.get(path, headers=run.all), 400, "TEXT_INVALID")


@pytest.mark.parametrize(
    "form",
    [
        "%7B00000000-0000-4000-8000-000000000007%7D",
        "urn:uuid:00000000-0000-4000-8000-000000000007",
        "00000000000040008000000000000007",
        "0000-00000000-4000-8000-000000000007",
    ],
)
async def test_an_id_has_one_form(run: Running, form: str) -> None:
    [error] = is_problem(await run.client.get(f"/v1/things/{form}", headers=run.all), 422, "VALIDATION_FAILED")["errors"]
    assert (error["pointer"], error["code"]) == ("#/path/thing_id", "UUID_PARSING")
    assert (await run.client.get("/v1/things/ABCDEF00-0000-4000-8000-000000000007", headers=run.all)).status_code == 200
