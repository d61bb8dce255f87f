"""Who stops in the middle of a body without hanging up keeps no place of the process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.web import lean, routes
from tests.unit.web.demo import Running


@pytest.mark.parametrize("path", ["/v1/things", "/v1/quick-things", "/v1/plain-things", "/v1/things/bulk", "/v1/imports"])
@pytest.mark.parametrize("begun", [False, True], ids=["does not come", "does not go on"])
async def test_a_body_that_does_not_go_on(run: Running, path: str, begun: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(lean, "SILENT_SECONDS", 0.05)
    sent: list[Any] = []
    headers = {**run.all, "Content-Type": "application/json", "Content-Length": "99", "Idempotency-Key": "k"}
    if path == "/v1/imports":
        headers["Content-Type"] = "application/x-ndjson"
    asked = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("demo", 80),
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    pieces: asyncio.Queue[Any] = asyncio.Queue()
    if begun:
        pieces.put_nowait({"type": "http.request", "body": b"{", "more_body": True})

    async def send(message: Any) -> None:
        sent.append(message)

    async with asyncio.timeout(5):
        await run.app(asked, pieces.get, send)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]
