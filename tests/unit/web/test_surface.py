"""What every answer carries, what is closed, and how an operation takes its leave."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from shared.auth.keys import KeyRing, write_keys
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.retiring import retiring
from tests.unit.web.demo import PEPPER, Demo, Running
from tests.unit.web.test_bodies import is_problem

SAFETY = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
OF_EACH_ANSWER = {"content-length", "content-type", "traceparent", "x-request-id"}


@pytest.mark.parametrize(
    "path", ["/v1/open", "/v1/things", "/v1/nothing", "/v1/failure", "/livez", "/problems", "/problems/not-found"]
)
async def test_the_headers_of_an_answer_are_these_and_no_others(run: Running, path: str) -> None:
    response = await run.client.get(path, headers=run.all)
    assert dict(response.headers).items() >= SAFETY.items()
    assert set(response.headers) - set(SAFETY) - OF_EACH_ANSWER <= {"link"}


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
async def test_no_other_site_is_let_in(run: Running, method: str) -> None:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    for path in ("/v1/things", "/v1/nothing", "/livez"):
        response = await run.client.request(method, path, headers=run.all | asked)
        assert [name for name in response.headers if name.startswith("access-control")] == []
    is_problem(await run.client.options("/v1/things", headers=asked), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", "application/xml"]
)
async def test_nothing_but_json_is_read(run: Running, kind: str) -> None:
    content = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na\r\n--x--\r\n'
    headers = run.all | {"Content-Type": kind, "Idempotency-Key": "k"}
    is_problem(await run.client.post("/v1/things", content=content, headers=headers), 415, "MEDIA_TYPE_UNSUPPORTED")


@pytest.mark.parametrize("docs", [True, False])
async def test_documents_are_served_where_they_are_wanted(tmp_path: Path, docs: bool) -> None:
    async def ready() -> Readiness:
        return Readiness(True)

    write_keys(tmp_path / "keys.json", ())
    app = create_app(
        service="demo",
        title="Demo",
        routers=Demo().routers(),
        keys=KeyRing(tmp_path / "keys.json", PEPPER, "test"),
        ready=ready,
        docs=docs,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo") as client:
        found = {
            path: (await client.get(path)).status_code for path in ("/docs", "/openapi.json", "/redoc", "/problems/not-found")
        }
    served = 200 if docs else 404
    assert found == {"/docs": served, "/openapi.json": served, "/redoc": 404, "/problems/not-found": 200}


async def test_an_operation_that_goes_says_so_with_every_answer(run: Running) -> None:
    for headers in (run.all, run.limited):
        response = await run.client.get("/v1/old-things", headers=headers)
        assert response.status_code == 200
        assert response.headers["deprecation"] == f"@{int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())}"
        assert parsedate_to_datetime(response.headers["sunset"]) == datetime(2026, 9, 1, tzinfo=UTC)
        assert response.headers["link"] == '</v1/things>; rel="successor-version"'
        assert ("ratelimit" in response.headers) == (headers == run.limited)
    refused = await run.client.get("/v1/old-things")
    assert (refused.status_code, "sunset" in refused.headers) == (401, True)
    assert "sunset" not in (await run.client.get("/v1/things", headers=run.all)).headers
    operation = (await run.client.get("/openapi.json")).json()["paths"]["/v1/old-things"]["get"]
    assert (operation["deprecated"], operation["x-sunset"]) == (True, "2026-09-01")


async def test_a_method_that_is_not_offered_is_told_all_that_are(run: Running) -> None:
    response = await run.client.delete("/v1/things", headers=run.all)
    assert response.headers["allow"] == "GET, POST"
    is_problem(response, 405, "METHOD_NOT_ALLOWED")


async def test_an_instance_is_a_reference_and_shows_nothing_as_it_was_sent(run: Running) -> None:
    problem = (await run.client.get("/v1/b\u00fccher/<script>%25/x y")).json()
    assert problem["instance"] == "/v1/b%C3%BCcher/%3Cscript%3E%25/x%20y"


def test_callers_have_half_a_year() -> None:
    with pytest.raises(ValueError, match="half a year"):
        retiring(since=date(2026, 3, 1), sunset=date(2026, 8, 1))
