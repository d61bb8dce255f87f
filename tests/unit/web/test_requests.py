"""Keys, scopes, commands, versions, pages, positions, failures and headers, all through HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from shared.auth.keys import read_keys, withdraw_key
from shared.event_store.append import Unstorable
from shared.web.health import Readiness
from tests.unit.web.demo import Running, away
from tests.unit.web.test_bodies import is_problem

THING = {"name": "a"}


async def make(run: Running, key: str | None = "k1", thing: Any = None, path: str = "/v1/things") -> httpx.Response:
    headers = run.all if key is None else {**run.all, "Idempotency-Key": key}
    return await run.client.post(path, json=THING if thing is None else thing, headers=headers)


async def test_without_a_key_nobody_gets_in_and_nothing_is_read(run: Running) -> None:
    response = await run.client.post("/v1/things", content=b"{malformed")
    is_problem(response, 401, "KEY_MISSING")
    assert response.headers["www-authenticate"] == 'Bearer realm="regulars"'


async def test_wrong_keys(run: Running) -> None:
    raw = run.all["Authorization"].removeprefix("Bearer ")
    prefix, env, key_id, secret = raw.split("_", 3)
    wrong = [
        "", "Basic abc", "Bearer", "Bearer x", f"Bearer {raw}x", f"Bearer {raw[:-1]}", f"Bearer {raw} {raw}", f"Token {raw}", raw,
        f"Bearer {prefix}_{env}_ffffffffffff_{secret}", f"Bearer {prefix}_prod_{key_id}_{secret}", f"Bearer {prefix}_{env}_{key_id}_{'A' * 43}",
        f"Bearer {prefix.upper()}_{env}_{key_id}_{secret}",
    ]  # fmt: skip
    for header in wrong:
        response = await run.client.get("/v1/me", headers={"Authorization": header})
        is_problem(response, 401, "KEY_INVALID")
        assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_a_key_without_the_scope_is_told_which(run: Running) -> None:
    response = await run.client.post("/v1/things", content=b"{malformed", headers=run.reading)
    assert is_problem(response, 403, "SCOPE_MISSING")["scope"] == "demo.thing.write"
    assert 'scope="demo.thing.write"' in response.headers["www-authenticate"]


async def test_two_keys_of_one_client_are_one_principal_and_a_withdrawn_key_stops(run: Running) -> None:
    me = (await run.client.get("/v1/me", headers=run.all)).json()
    assert me == {"name": "all", "id": "00000000-0000-4000-8000-000000000001"}
    assert withdraw_key(run.keys_file, read_keys(run.keys_file)[0].id)
    is_problem(await run.client.get("/v1/me", headers=run.all), 401, "KEY_INVALID")
    assert (await run.client.get("/v1/things", headers=run.reading)).status_code == 200


async def test_open_routes_need_no_key(run: Running) -> None:
    assert (await run.client.get("/v1/open")).json() == {"open": "yes"}


async def test_a_key_with_a_limit_runs_dry(run: Running) -> None:
    first, second, third = [await run.client.get("/v1/things", headers=run.limited) for _ in range(3)]
    assert [first.status_code, second.status_code] == [200, 200]
    assert first.headers["ratelimit-policy"] == '"default";q=2;w=60'
    assert first.headers["ratelimit"].startswith('"default";r=1;t=')
    is_problem(third, 429, "RATE_LIMITED")
    assert 1 <= int(third.headers["retry-after"]) <= 30


async def test_a_command_needs_its_key(run: Running) -> None:
    is_problem(await make(run, None), 400, "IDEMPOTENCY_KEY_MISSING")
    for bad in ("", '""', "a b", "x" * 256, '"abc', "caf\u00e9"):
        response = await run.client.post("/v1/things", json=THING, headers=[*run.all.items(), ("Idempotency-Key", bad.encode())])
        is_problem(response, 400, "IDEMPOTENCY_KEY_INVALID")


async def test_a_repeat_gets_the_same_answer(run: Running) -> None:
    first, again = await make(run, "k1"), await make(run, '"k1"', {"name": "a"})
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert len(run.demo.seen) == 1
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("etag", "location", "regulars-position"):
        assert first.headers[name] == again.headers[name]
    assert first.headers["etag"] == '"1"'
    assert (await make(run, "k2")).json() != first.json()


async def test_the_same_content_in_another_order_is_the_same_command(run: Running) -> None:
    await make(run, "k1", {"name": "a", "size": 2})
    assert (await make(run, "k1", {"size": 2, "name": "a"})).headers["idempotent-replayed"] == "true"


async def test_a_key_is_not_used_twice_for_different_things(run: Running) -> None:
    await make(run, "k1")
    is_problem(await make(run, "k1", {"name": "b"}), 422, "IDEMPOTENCY_KEY_REUSED")
    is_problem(await make(run, "k1", THING, "/v1/things?batch=1"), 422, "IDEMPOTENCY_KEY_REUSED")
    assert len(run.demo.seen) == 1


async def test_a_refusal_is_repeated_as_well(run: Running) -> None:
    first, again = [await make(run, "k1", {"name": "refused"}) for _ in range(2)]
    assert is_problem(first, 409, "CONFLICT")["detail"] == is_problem(again, 409, "CONFLICT")["detail"] == "no more"
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json()["trace_id"] != again.json()["trace_id"]


async def test_if_match(run: Running) -> None:
    path = "/v1/things/00000000-0000-4000-8000-000000000007/name"

    async def put(**headers: str) -> httpx.Response:
        return await run.client.put(path, json=THING, headers={**run.all, **headers})

    is_problem(await put(), 428, "IF_MATCH_MISSING")
    for bad in ("3", "*", 'W/"3"', '"03"', '"3", "4"', '"-3"', '"99999999999"', ""):
        is_problem(await put(**{"If-Match": bad}), 400, "IF_MATCH_INVALID")
    is_problem(await put(**{"If-Match": '"2"'}), 412, "VERSION_STALE")
    response = await put(**{"If-Match": '"3"'})
    assert (response.status_code, response.headers["etag"]) == (200, '"4"')


async def test_a_resource_that_has_not_changed_is_not_sent_again(run: Running) -> None:
    path = "/v1/things/00000000-0000-4000-8000-000000000007"
    shown = {**run.persons, "Regulars-Purpose": "VISIT"}
    first = await run.client.get(path, headers=shown)
    assert (first.status_code, first.headers["etag"]) == (200, '"3"')
    same = await run.client.get(path, headers={**shown, "If-None-Match": 'W/"1", "3"'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"3"')
    assert (await run.client.get(path, headers={**shown, "If-None-Match": "*"})).status_code == 304
    assert (
        await run.client.get(path, headers=[*shown.items(), ("If-None-Match", '"2"'), ("If-None-Match", '"3"')])
    ).status_code == 304
    for other in ('"2"', "3", "", '"33"', '"3', "W/3"):
        assert (await run.client.get(path, headers={**shown, "If-None-Match": other})).status_code == 200


async def test_what_depends_on_more_than_its_version_is_always_sent(run: Running) -> None:
    path = "/v1/things/00000000-0000-4000-8000-000000000007/age"
    for known in ('"3"', "*"):
        response = await run.client.get(path, headers={**run.all, "If-None-Match": known})
        assert (response.status_code, response.headers["etag"], response.json()["days"]) == (200, '"3"', 7)


async def test_what_is_answered_without_persons_data_has_an_etag_of_its_own(run: Running) -> None:
    """INVARIANT: nobody is told that nothing has changed who has the other of the two answers; breaks when the tag is the version alone."""
    path = "/v1/things/00000000-0000-4000-8000-000000000007"
    # Without a purpose, and without the scope, nobody is shown persons.
    masked = await run.client.get(path, headers=run.persons)
    assert masked.headers["etag"] == (await run.client.get(path, headers=run.reading)).headers["etag"] == '"3-withheld"'
    shown = {**run.persons, "Regulars-Purpose": "VISIT"}
    asked = [
        (shown, '"3-withheld"', 200),
        (shown, '"3"', 304),
        (run.persons, '"3"', 200),
        (run.persons, '"3-withheld"', 304),
    ]
    for headers, known, status in asked:
        assert (await run.client.get(path, headers={**headers, "If-None-Match": known})).status_code == status
    # A command is decided on either.
    changed = await run.client.put(f"{path}/name", json=THING, headers={**run.all, "If-Match": '"3-withheld"'})
    assert changed.status_code == 200


async def test_without_a_log_of_reads_no_customer_is_named(run: Running) -> None:
    """INVARIANT: an application that was put together without a log answers nothing of a customer; breaks when a missing log is passed over."""
    path = "/v1/customers/00000000-0000-4000-8000-000000000007"
    refused = await run.client.get(path, headers=run.reading)
    assert is_problem(refused, 503, "UNAVAILABLE") and "Hua Xin" not in refused.text


async def test_pages_follow_one_another_to_the_end(run: Running) -> None:
    seen: list[int] = []
    url: str | None = "/v1/things?prefix=a&limit=2"
    while url:
        response = await run.client.get(url, headers=run.all)
        body = response.json()
        seen += [item["n"] for item in body["items"]]
        url = body.get("next")
        assert response.headers.get("link") == (f'<{url}>; rel="next"' if url else None)
        assert ("next_cursor" in body) == (url is not None)
    assert seen == [1, 2, 3, 4, 5]


def same_bytes(one: str, other: str) -> bool:
    return (
        base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)) == base64.urlsafe_b64decode(other + "=" * (-len(other) % 4))
        and one != other
    )


async def test_a_cursor_that_was_tampered_with_or_is_of_another_list_is_refused(run: Running) -> None:
    cursor = (await run.client.get("/v1/things?prefix=a", headers=run.all)).json()["next_cursor"]
    flipped = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
    other_bits = [cursor[:-1] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if same_bytes(cursor[:-1] + letter, cursor)]
    for bad in (
        flipped,
        *other_bits,
        f"{cursor}!",
        f"{cursor}=",
        f"{cursor[:9]}.{cursor[9:]}",
        cursor[:20],
        "x",
        "%F0%9F%98%80",
        "....",
        cursor + cursor,
        "",
    ):
        response = await run.client.get(f"/v1/things?prefix=a&cursor={bad}", headers=run.all)
        if bad == "":
            assert response.status_code == 200
        else:
            is_problem(response, 400, "CURSOR_INVALID")
    is_problem(await run.client.get(f"/v1/things?prefix=b&cursor={cursor}", headers=run.all), 400, "CURSOR_INVALID")
    is_problem(await run.client.get(f"/v1/things?cursor={cursor}", headers=run.all), 400, "CURSOR_INVALID")
    assert (await run.client.get("/v1/things", params={"prefix": "a", "cursor": cursor}, headers=run.all)).json()["items"] == [
        {"n": 3},
        {"n": 4},
    ]


async def test_min_position(run: Running) -> None:
    position = "regulars.demo.events.v1/3/1.700.5"
    assert (await run.client.get(f"/v1/things?min_position={position},{position}", headers=run.all)).status_code == 200
    for bad in ("1.2.3", position + ",", "regulars.demo.events.v1/x/1.2.3", "' OR 1=1"):
        is_problem(await run.client.get("/v1/things", params={"min_position": bad}, headers=run.all), 400, "POSITION_INVALID")
    run.demo.at_position = False
    response = await run.client.get(f"/v1/things?min_position={position}", headers=run.all)
    is_problem(response, 503, "POSITION_NOT_REACHED")
    assert response.headers["retry-after"] == "1"


async def test_unknown_addresses_and_methods(run: Running) -> None:
    is_problem(await run.client.get("/v1/nothing"), 404, "NOT_FOUND")
    is_problem(await run.client.get("/v1/things/"), 404, "NOT_FOUND")
    response = await run.client.put("/v1/open", json={})
    is_problem(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET"


async def test_a_defect_is_answered_without_its_text(run: Running, caplog: pytest.LogCaptureFixture) -> None:
    for error in (
        RuntimeError("canary-value"),
        KeyError("canary-value"),
        FileNotFoundError("canary-value"),
        ValueError("canary-value"),
    ):
        run.demo.fails_with = error
        response = await run.client.get("/v1/failure", headers=run.all)
        is_problem(response, 500, "INTERNAL_ERROR")
        assert "canary" not in response.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("error", away(), ids=lambda error: type(error).__name__)
async def test_a_database_that_is_away_is_503_with_retry_after(run: Running, error: Exception) -> None:
    run.demo.fails_with = error
    response = await run.client.get("/v1/failure", headers=run.all)
    is_problem(response, 503, "UNAVAILABLE")
    assert response.headers["retry-after"] == "1"
    assert "canary" not in response.text


async def test_an_event_that_the_store_cannot_hold_is_413(run: Running) -> None:
    run.demo.fails_with = Unstorable("canary-value")
    response = await run.client.get("/v1/failure", headers=run.all)
    is_problem(response, 413, "EVENT_TOO_LARGE")
    assert "canary" not in response.text


async def test_health(run: Running) -> None:
    assert (await run.client.get("/livez")).json() == {"status": "alive"}
    assert (await run.client.get("/startupz")).status_code == 200
    assert (await run.client.get("/readyz")).json() == {"status": "ready"}
    run.demo.readiness = Readiness(True, {"kafka": "down"}, ("kafka",))
    assert (await run.client.get("/readyz?verbose")).json() == {
        "status": "degraded",
        "checks": {"kafka": "down"},
        "degraded": ["kafka"],
    }
    run.demo.readiness = Readiness(False, {"postgres": "down"})
    assert is_problem(await run.client.get("/readyz"), 503, "UNAVAILABLE")["checks"] == {"postgres": "down"}
    run.demo.readiness = OSError("canary-value")
    assert "canary" not in (await run.client.get("/readyz")).text
    assert (await run.client.get("/livez")).status_code == 200


async def test_metrics_count_by_template(run: Running) -> None:
    for n in range(3):
        await run.client.get(f"/v1/things/00000000-0000-4000-8000-00000000000{n}", headers=run.all)
    await run.client.request("CANARY", "/v1/things")
    text = (await run.client.get("/metrics")).text
    assert 'regulars_http_requests_total{method="GET",route="/v1/things/{thing_id}",status="200"} 3.0' in text
    assert 'regulars_http_request_seconds_bucket{le="0.1",method="GET",route="/v1/things/{thing_id}"}' in text
    assert "CANARY" not in text


async def test_every_answer_carries_trace_and_safety_headers(run: Running) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for path in ("/v1/open", "/v1/nothing", "/livez", "/v1/failure"):
        response = await run.client.get(path, headers={**run.all, "traceparent": parent, "X-Request-Id": "req-1"})
        assert response.headers["x-request-id"] == "req-1"
        assert response.headers["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
    assert response.json()["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_malformed_trace_headers_are_passed_over(run: Running) -> None:
    for parent in (
        "x",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    ):
        response = await run.client.get("/v1/open", headers={"traceparent": parent, "X-Request-Id": "a b\x7f"})
        assert "4bf92f3577b34da6a3ce929d0e0e4736" not in response.headers["traceparent"]
        assert response.headers["x-request-id"] == response.headers["traceparent"][3:35]


async def test_events_remember_trace_and_caller(run: Running) -> None:
    response = await make(run)
    meta = run.demo.seen[0][1]
    assert meta["traceparent"] == response.headers["traceparent"]
    assert meta["correlationid"] == response.headers["x-request-id"]
    assert set(meta) == {"traceparent", "correlationid", "principal"}


async def test_every_kind_of_problem_has_a_page(run: Running) -> None:
    kinds = (await run.client.get("/problems")).json()["items"]
    assert len(kinds) > 25
    for kind in kinds:
        page = await run.client.get(kind["type"])
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert kind["code"] in page.text
    is_problem(await run.client.get("/problems/nothing"), 404, "NOT_FOUND")


async def test_the_document_names_scopes_and_problems(run: Running) -> None:
    document = (await run.client.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    operation = document["paths"]["/v1/things"]["post"]
    assert operation["operationId"] == "things_post_thing"
    assert operation["security"] == [{"ApiKey": ["demo.thing.write"]}, {"AccessToken": ["demo.thing.write"]}]
    assert {"201", "400", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(operation["responses"])
    shared = document["components"]["responses"][operation["responses"]["422"]["$ref"].rpartition("/")[2]]
    assert shared["content"].keys() == {"application/problem+json"}
    assert [p["name"] for p in operation["parameters"] if p["required"]] == ["Idempotency-Key"]
    assert document["paths"]["/v1/open"]["get"]["security"] == []
    assert {"412", "428"} <= set(document["paths"]["/v1/things/{thing_id}/name"]["put"]["responses"])
    amount = document["components"]["schemas"]["MoneyIn"]["properties"]["amount"]
    assert amount["type"] == "string"


async def test_streams_of_events_pass_through(run: Running) -> None:
    response = await run.client.get("/v1/stream", headers=run.all)
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert response.text.count("event: thing") == 3
    assert response.headers["cache-control"] == "no-cache"
    is_problem(await run.client.get("/v1/stream"), 401, "KEY_MISSING")
