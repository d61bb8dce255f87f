"""Every body that must not get in, and what the answer says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema
import pytest

from shared.web.openapi import PROBLEM_SCHEMA
from tests.unit.web.demo import Running

JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": "k1"}


async def post(run: Running, content: bytes | str, path: str = "/v1/things", **headers: str) -> httpx.Response:
    return await run.client.post(path, content=content, headers={**run.all, **JSON, **KEY, **headers})


def is_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), response.text
    members: dict[str, Any] = response.json()
    jsonschema.validate(members, PROBLEM_SCHEMA)
    assert members["code"] == code, members
    assert members["status"] == status
    assert members["type"] == "/problems/" + code.lower().replace("_", "-")
    assert members["title"]
    assert members["instance"].startswith("/")
    assert len(members["trace_id"]) == 32
    return members


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"name": "a",}', "JSON_INVALID"),
        (b"{'name': 'a'}", "JSON_INVALID"),
        (b'{"name": "a"} x', "JSON_INVALID"),
        (b"name=a", "JSON_INVALID"),
        (b"\xff\xfe{\x00}\x00", "JSON_INVALID"),
        (b'\xef\xbb\xbf{"name": "a"}', "JSON_INVALID"),
        (b'{"name": "\xc3\x28"}', "JSON_INVALID"),
        (b'{"name": "a\nb"}', "JSON_INVALID"),
        (b'{"name": "a", "anything": NaN}', "JSON_INVALID"),
        (b'{"name": "a", "anything": Infinity}', "JSON_INVALID"),
        (b'{"name": "a", "anything": -Infinity}', "JSON_INVALID"),
        (b'{"name": "a", "name": "b"}', "JSON_INVALID"),
        (b'{"name": "a", "anything": {"x": 1, "x": 1}}', "JSON_INVALID"),
        ('{"name": "a", "anything": {"\u00e9": 1, "e\u0301": 1}}'.encode(), "JSON_INVALID"),
        (b'{"name": "a", "anything": ' + b"[" * 40 + b"]" * 40 + b"}", "JSON_TOO_DEEP"),
        (b"[" * 100_000, "JSON_TOO_DEEP"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "JSON_TOO_DEEP"),
        (b'{"name": "a", "size": 9223372036854775808}', "JSON_NUMBER_OUT_OF_RANGE"),
        (b'{"name": "a", "size": ' + b"9" * 5000 + b"}", "JSON_NUMBER_OUT_OF_RANGE"),
        (b'{"name": "a", "size": 1e400}', "JSON_NUMBER_OUT_OF_RANGE"),
        (b'{"name": "a\\u0000b"}', "TEXT_INVALID"),
        (b'{"name": "a\\ud800b"}', "TEXT_INVALID"),
        (b'{"name": "a", "anything": {"\\udfff": 1}}', "TEXT_INVALID"),
        (b'{"name": "a\\u0007"}', "TEXT_INVALID"),
        (b'{"name": "a\x7f"}', "TEXT_INVALID"),
        ('{"name": "a\u202e b"}'.encode(), "TEXT_INVALID"),
        (b'{"name": "a\\u2066"}', "TEXT_INVALID"),
        ('{"name": "a\u0085"}'.encode(), "TEXT_INVALID"),
    ],
)
async def test_what_is_not_strict_json_is_refused(run: Running, content: bytes, code: str) -> None:
    is_problem(await post(run, content), 400, code)
    assert run.demo.seen == []


@pytest.mark.parametrize(
    ("content", "pointers"),
    [
        ('{"name": 1}', {"#/name"}),
        ('{"name": ""}', {"#/name"}),
        ('{"name": "a\\nb"}', {"#/name"}),
        ("{}", {"#/name"}),
        ("[]", {"#"}),
        ('"canary-value"', {"#"}),
        ("null", {"#"}),
        ('{"name": "a", "size": "1"}', {"#/size"}),
        ('{"name": "a", "size": 1.5}', {"#/size"}),
        ('{"name": "a", "size": true}', {"#/size"}),
        ('{"name": "a", "size": -1, "canary": 2}', {"#/size", "#/canary"}),
        ('{"name": "a", "canary value/~": 2}', {"#/?"}),
        ('{"name": "a", "lines": [{"article": "x"}, {"article": 3}]}', {"#/lines/1/article"}),
        ('{"name": "a", "net": {"amount": 12.5, "currency": "CNY"}}', {"#/net/amount"}),
        ('{"name": "a", "net": {"amount": "12.505", "currency": "CNY"}}', {"#/net/amount"}),
        ('{"name": "a", "net": {"amount": "12.5", "currency": "JPY"}}', {"#/net/amount"}),
        ('{"name": "a", "net": {"amount": "1e5", "currency": "CNY"}}', {"#/net/amount"}),
        ('{"name": "a", "net": {"amount": "NaN", "currency": "CNY"}}', {"#/net/amount"}),
        ('{"name": "a", "net": {"amount": "99999999999999", "currency": "CNY"}}', {"#/net/amount"}),
        ('{"name": "a", "net": {"amount": "1", "currency": "XXX"}}', {"#/net/currency"}),
        ('{"name": "a", "sold_on": "1066-10-14"}', {"#/sold_on"}),
        ('{"name": "a", "sold_on": "2999-01-01"}', {"#/sold_on"}),
        ('{"name": "a", "sold_on": "2036-03-02"}', {"#/sold_on"}),
        ('{"name": "a", "sold_on": "2026-02-30"}', {"#/sold_on"}),
        ('{"name": "a", "sold_on": 1700000000}', {"#/sold_on"}),
        ('{"name": "a", "customer": {}}', {"#/customer"}),
        ('{"name": "a", "customer": {"system": "erp"}}', {"#/customer"}),
        ('{"name": "a", "customer": {"id": "7"}}', {"#/customer/id"}),
    ],
)
async def test_what_does_not_fit_names_the_fields_and_repeats_no_value(run: Running, content: str, pointers: set[str]) -> None:
    response = await post(run, content)
    members = is_problem(response, 422, "VALIDATION_FAILED")
    assert {error["pointer"] for error in members["errors"]} == pointers
    assert all(error["code"].isupper() and error["detail"] for error in members["errors"])
    for value in ("canary value", "canary-value", "12.505", "1066", "2999", "1700000000", "99999999999999"):
        assert value not in response.text


async def test_good_bodies_come_in_normalised(run: Running) -> None:
    thing = '{"name": " cafe\\u0301 ", "net": {"amount": "12.5", "currency": "CNY"}, "sold_on": "2024-02-29", "customer": {"system": "erp", "value": "K-1"}}'
    response = await post(run, thing)
    assert response.status_code == 201
    body, meta = run.demo.seen[0]
    assert body.name == "caf\u00e9"
    assert str(body.net.money.amount) == "12.50"
    assert body.customer.external_id.value == "K-1"
    assert meta["principal"] == "00000000-0000-4000-8000-000000000001"


async def test_32_levels_are_accepted_and_33_are_not(run: Running) -> None:
    def nested(levels: int) -> str:
        return '{"name": "a", "anything": ' + "[" * (levels - 1) + "]" * (levels - 1) + "}"

    assert (await post(run, nested(32))).status_code == 201
    is_problem(await post(run, nested(33)), 400, "JSON_TOO_DEEP")


async def test_a_body_too_large_is_refused_with_and_without_its_length(run: Running) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1024

    is_problem(await post(run, b" " * (256 * 1024 + 1)), 413, "BODY_TOO_LARGE")
    response = await run.client.post("/v1/things", content=chunks(), headers={**run.all, **JSON, **KEY})
    is_problem(response, 413, "BODY_TOO_LARGE")
    assert "content-length" not in response.request.headers
    padded = b'{"name": "a"}'.ljust(256 * 1024)
    assert (await post(run, padded)).status_code == 201


async def test_bulk_bodies_may_hold_two_mebibytes(run: Running) -> None:
    content = b'[{"name": "a"}]'
    assert (await post(run, content.ljust(2 * 1024 * 1024), "/v1/things/bulk")).status_code == 207
    is_problem(await post(run, content.ljust(2 * 1024 * 1024 + 1), "/v1/things/bulk"), 413, "BODY_TOO_LARGE")


async def test_imports_have_no_limit_and_are_no_json_document(run: Running) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b'{"a": 1}\n' * 1024

    response = await run.client.post(
        "/v1/imports", content=chunks(), headers={**run.all, **KEY, "Content-Type": "application/x-ndjson"}
    )
    assert response.json() == {"bytes": 300 * 9 * 1024, "key": "k1"}


async def test_only_json_is_accepted(run: Running) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""):
        response = await run.client.post("/v1/things", content='{"name": "a"}', headers={**run.all, **KEY, "Content-Type": kind})
        is_problem(response, 415, "MEDIA_TYPE_UNSUPPORTED")
    for kind in ("application/json; charset=utf-8", "application/vnd.x+json"):
        assert (
            await run.client.post("/v1/things", content='{"name": "a"}', headers={**run.all, **KEY, "Content-Type": kind})
        ).status_code == 201
    is_problem(await run.client.post("/v1/things", headers={**run.all, **KEY}), 400, "BODY_MISSING")


async def test_addresses_are_checked_as_well(run: Running) -> None:
    for path in ("/v1/things?prefix=%00", "/v1/things?prefix=%E2%80%AE", "/v1/things?%07=1", "/v1/things/%00"):
        is_problem(await run.client.get(path, headers=run.all), 400, "TEXT_INVALID")
    members = is_problem(await run.client.get("/v1/things/canary-value", headers=run.all), 422, "VALIDATION_FAILED")
    assert members["errors"][0]["pointer"] == "#/path/thing_id"
    members = is_problem(await run.client.get("/v1/things?limit=501", headers=run.all), 422, "VALIDATION_FAILED")
    assert members["errors"][0]["pointer"] == "#/query/limit"
