"""Whatever is sent, the short way answers what the framework's way answers, and so does the shorter one of plain bodies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, params
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from shared.auth.keys import KeyRing
from shared.web.app import create_app
from shared.web.commands import Command
from shared.web.reach import listed
from shared.web.scope import lean, scope
from tests.unit.web.demo import PEPPER, PRINCIPAL, Demo, Running, Thing, away, running
from tests.unit.web.test_fuzz import bodies

PATH = "/v1/quick-things"
PLAIN = "/v1/plain-things"
JSON = {"Content-Type": "application/json"}
_OF_ONE_REQUEST = ("x-request-id", "traceparent")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lean")


async def both_ways(run: Running, method: str, path: str, **request: Any) -> httpx.Response:
    """The answer, which is the same on all ways: there are three of a path with plain bodies, else two."""
    app: Any = run.app
    short, ordinary = app.on_short_way, app.short_way._ordinary
    quick = await run.client.request(method, path, **request)
    answered = len(run.demo.plainly)
    try:
        app.short_way._ordinary = lambda _scope, _route: None
        checked = await run.client.request(method, path, **request)
        app.on_short_way = frozenset()
        usual = await run.client.request(method, path, **request)
    finally:
        app.on_short_way, app.short_way._ordinary = short, ordinary
    assert len(run.demo.plainly) == answered, "only the shorter way answers plainly"
    assert seen(quick) == seen(checked) == seen(usual)
    return quick


def seen(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body.pop("trace_id", None)
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_ONE_REQUEST}
    if answer.status_code >= 400:
        headers.pop("content-length", None)
    return answer.status_code, body, headers


async def test_a_command_is_answered_on_the_short_way(run: Running) -> None:
    app: Any = run.app
    assert ("POST", PATH) in app.on_short_way
    answer = await both_ways(run, "POST", PATH, json={"name": "one", "size": 9}, headers={**run.all, "Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.json()["route"] == f"POST {PATH}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "two words"},
        {"Idempotency-Key": '"quoted words"'},
        {"Idempotency-Key": "k", "Authorization": "Bearer nobody"},
        {"Idempotency-Key": "k", "Authorization": ""},
        {"Idempotency-Key": "k", "Content-Type": "text/plain"},
        {"Idempotency-Key": "k", "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "X-Request-Id": "r-1"},
    ],
)
async def test_headers(run: Running, headers: dict[str, str]) -> None:
    for body in (b"", b"null", b"[]", b"{", b'{"name": "one"}', b'{"name": "one", "name": "two"}', b'{"name": "failing"}'):
        await both_ways(run, "POST", PATH, content=body, headers={**run.all, **JSON, **headers})


async def test_a_plain_body_is_answered_on_the_shorter_way(run: Running) -> None:
    headers = {**run.all, **JSON, "Idempotency-Key": '"k-1"'}
    answer = await both_ways(run, "POST", PLAIN, content=b'{"name": "one", "size": 9}', headers=headers)
    assert len(run.demo.plainly) == 1
    assert answer.status_code == 201
    assert answer.json()["by"] == str(PRINCIPAL)
    assert answer.headers["Idempotent-Replayed"] == "true"
    refused = await both_ways(run, "POST", PLAIN, content=b'{"name": "refused", "size": 9}', headers=headers)
    assert (refused.status_code, refused.json()["instance"]) == (409, PLAIN)
    assert len(run.demo.plainly) == 2


UNUSUAL: list[dict[str, Any]] = [
    {"content": b""},
    {"content": b'{"name": "one"}'},
    {"content": b'{"name": "one", "size": "9"}'},
    {"content": b'{"name": "one", "size": -9}'},
    {"content": b'{"name": "one", "size": 9} '},
    {"path": f"{PLAIN}?a=b"},
    {"path": f"{PLAIN}?"},
    {"path": f"{PLAIN}?a=%00"},
    {"headers": {"Content-Type": "application/json; charset=utf-8"}},
    {"headers": {"Content-Type": "text/plain"}},
    {"headers": {"Content-Type": None}},
    {"headers": {"Content-Encoding": "gzip"}},
    {"headers": {"Content-Encoding": "identity"}},
    {"headers": {"Regulars-Purpose": "CARD_KEEPING"}},
    {"headers": {"X-Anything-Else": "1"}},
    {"headers": {"Idempotency-Key": None}},
    {"headers": {"Idempotency-Key": "two words"}},
    {"headers": {"Idempotency-Key": ""}},
    {"headers": {"Authorization": None}},
    {"headers": {"Authorization": "Bearer reg_test_" + "a" * 6 + "_" + "a" * 29}},
    {"headers": {"Authorization": "Bearer a.b.c"}},
    {"twice": "Authorization"},
    {"twice": "Idempotency-Key"},
    {"twice": "Content-Type"},
    {"twice": "X-Request-Id"},
]


@pytest.mark.parametrize("unusual", UNUSUAL, ids=str)
async def test_what_is_unusual_is_answered_as_ever(run: Running, unusual: dict[str, Any]) -> None:
    """A plain body, and one thing about the request that is not."""
    headers = {**run.all, **JSON, "Idempotency-Key": "k", "X-Request-Id": "r-1", **unusual.get("headers", {})}
    sent = [(name, value) for name, value in headers.items() if value is not None]
    if "twice" in unusual:
        sent.append((unusual["twice"], headers[unusual["twice"]]))
    content = unusual.get("content", b'{"name": "one", "size": 9}')
    await both_ways(run, "POST", unusual.get("path", PLAIN), content=content, headers=sent)
    if unusual not in ({"twice": "X-Request-Id"}, {"path": f"{PLAIN}?"}):
        assert run.demo.plainly == []


async def test_a_body_in_pieces(run: Running) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"name": "one", '
        yield b'"size": 9}'

    headers = {**run.all, **JSON, "Idempotency-Key": "k"}
    answer = await run.client.post(PLAIN, content=pieces(), headers={**headers, "Content-Length": "26"})
    whole = await both_ways(run, "POST", PLAIN, content=b'{"name": "one", "size": 9}', headers=headers)
    assert seen(answer) == seen(whole)
    assert len(run.demo.plainly) == 2
    unannounced = await run.client.post(PLAIN, content=pieces(), headers=headers)
    assert seen(unannounced) == seen(whole)
    assert len(run.demo.plainly) == 2


async def test_no_scope_no_plain_answer(run: Running) -> None:
    headers = {**run.reading, **JSON, "Idempotency-Key": "k"}
    assert (await both_ways(run, "POST", PLAIN, content=b'{"name": "one", "size": 9}', headers=headers)).status_code == 403
    assert run.demo.plainly == []


async def test_plain_bodies_count_against_the_limit_once(run: Running) -> None:
    headers = {**run.limited_writing, **JSON, "Idempotency-Key": "k"}
    left = []
    for content in (b'{"name": "one", "size": 9}', b"{}", b'{"name": "two", "size": 9}', b'{"name": "one", "size": 9}'):
        left.append((await run.client.post(PLAIN, content=content, headers=headers)).headers["RateLimit"].split(";")[1])
    assert left == ["r=3", "r=2", "r=1", "r=0"]
    refused = await both_ways(run, "POST", PLAIN, content=b'{"name": "one", "size": 9}', headers=headers)
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert len(run.demo.plainly) == 3


async def test_scopes_methods_addresses(run: Running) -> None:
    body, key = {"name": "one"}, {"Idempotency-Key": "k"}
    assert (await both_ways(run, "POST", PATH, json=body, headers={**run.reading, **key})).status_code == 403
    assert (await both_ways(run, "POST", PATH, json=body, headers=key)).status_code == 401
    assert (await both_ways(run, "GET", PATH, headers=run.all)).status_code == 405
    assert (await both_ways(run, "POST", f"{PATH}/", json=body, headers={**run.all, **key})).status_code == 404
    assert (await both_ways(run, "POST", f"{PATH}?a=%00", json=body, headers={**run.all, **key})).status_code == 400
    assert (await both_ways(run, "POST", f"{PATH}?a=b", json=body, headers={**run.all, **key})).status_code == 400
    large = b'{"name": "' + b"n" * (256 * 1024) + b'"}'
    assert (await both_ways(run, "POST", PATH, content=large, headers={**run.all, **key, **JSON})).status_code == 413


async def test_failures(run: Running) -> None:
    headers = {**run.all, **JSON, "Idempotency-Key": "k"}
    for error in [*away(), RuntimeError("canary-value")]:
        run.demo.fails_with = error
        for path in (PATH, PLAIN):
            answer = await both_ways(run, "POST", path, content=b'{"name": "failing", "size": 1}', headers=headers)
            assert answer.status_code in (500, 503)
            assert "canary" not in answer.text
    run.app.state.waits = True
    for path in (PATH, PLAIN):
        answer = await both_ways(run, "POST", path, content=b'{"name": "one", "size": 1}', headers=headers)
        assert answer.status_code == 503


async def test_who_finds_all_hands_full_is_told_to_come_later(run: Running) -> None:
    app: Any = run.app
    app.short_way._hands.full = app.short_way._hands.most
    headers = {**run.all, **JSON, "Idempotency-Key": "k"}
    for path in (PATH, PLAIN):
        answer = await both_ways(run, "POST", path, content=b'{"name": "one", "size": 1}', headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    app.short_way._hands.full = 0
    for content in (b'{"name": "one", "size": 1}', b"{}", b'{"name": "failing", "size": 1}'):
        await run.client.post(PLAIN, content=content, headers=headers)
    assert app.short_way._hands.full == 0, "whatever became of it, the hand is free again"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(bodies, min_size=20, max_size=40))
def test_any_body(folder: Path, sent: list[bytes]) -> None:
    async def all_of_them() -> None:
        async with running(folder) as run:
            for body in sent:
                for path in (PATH, PLAIN):
                    await both_ways(run, "POST", path, content=body, headers={**run.all, **JSON, "Idempotency-Key": "k"})

    asyncio.run(all_of_them())


async def _other_arguments(body: Thing, key: Command, request: Request) -> Response:
    raise AssertionError


async def _fits(body: Thing, key: Command, deps: Annotated[None, Depends(lambda: None)], request: Request) -> Response:
    raise AssertionError


@pytest.mark.parametrize(
    ("function", "markers"),
    [
        (_other_arguments, [scope("demo.thing.write")]),
        (_fits, [scope("demo.thing.write"), listed]),
        (_fits, [scope("demo.thing.read")]),
    ],
    ids=["takes something else", "is narrowed", "is recorded as a read"],
)
def test_only_routes_that_the_short_way_serves_in_full(
    tmp_path: Path, function: Callable[..., Any], markers: list[params.Depends]
) -> None:
    (tmp_path / "keys.json").write_text('{"keys": []}')

    def built(markers: list[params.Depends]) -> FastAPI:
        router = APIRouter()
        router.post("/v1/things", dependencies=markers)(function)
        ring = KeyRing(tmp_path / "keys.json", PEPPER, "test")
        return create_app(service="demo", title="Demo", routers=[router], keys=ring, ready=Demo().ready)

    built(markers)
    with pytest.raises(TypeError, match="/v1/things"):
        built([*markers, lean])
