"""Alerts as they happen: server-sent events from the service's own store. Resumed by Last-Event-ID, nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from services.alerts.api.deps import Dependencies
from services.alerts.api.views import without_personal
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import TOO_MANY_STREAMS
from shared.contracts.alerts import AlertEvent, AlertKind
from shared.contracts.cursor import Cursor, parse_cursor
from shared.contracts.event import decode
from shared.event_store.events import StoredRow
from shared.event_store.tail import tail
from shared.feed.scan import horizon
from shared.web.problem import Problem
from shared.web.scope import scope

router = APIRouter(tags=["alerts"])
POLL_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 15.0
LONGEST_SECONDS = 3600
STREAMS = 200
_encoder = msgspec.json.Encoder(decimal_format="string")


@dataclass(slots=True)
class _Streams:
    """How many streams this process serves at the moment."""

    open: int = 0


_streams = _Streams()


@router.get(
    "/v1/alerts/stream",
    dependencies=[scope("alerts.alert.read")],
    responses={200: {"description": "An event stream", "content": {"text/event-stream": {}}}},
    summary="Alerts as they happen",
)
async def stream_alerts(
    deps: Dependencies,
    kind: AlertKind | None = None,
    for_seconds: Annotated[
        int, Query(ge=1, le=LONGEST_SECONDS, description="The stream ends then; resume it.")
    ] = LONGEST_SECONDS,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """Named events (`opened`, `worsened`, `recovered`, `reopened`, `acknowledged`, ...); the id is a place in the log. With
    Last-Event-ID the stream goes on behind that place, without it with what happens from now on."""
    if _streams.open >= STREAMS:
        raise Problem(TOO_MANY_STREAMS, headers={"Retry-After": "5"})
    try:
        after = None if last_event_id is None else parse_cursor(last_event_id)
    except ValueError:
        raise Problem("POSITION_INVALID") from None
    if after is None:
        async with deps.pool.acquire() as c:
            after = await horizon(c, SCHEMA)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(deps, after, kind, for_seconds), media_type="text/event-stream", headers=headers)


async def _events(deps: Deps, after: Cursor, kind: AlertKind | None, seconds: int) -> AsyncIterator[bytes]:
    _streams.open += 1
    ends, alive = time.monotonic() + seconds, time.monotonic() + KEEP_ALIVE_SECONDS
    try:
        yield b"retry: 3000\n\n"
        while time.monotonic() < ends:
            async with deps.pool.acquire() as c:
                rows = await tail(c, SCHEMA, after, 500)
            for row in rows:
                after = row.cursor
                text = _text(row, kind)
                if text is not None:
                    yield text
            if not rows:
                if time.monotonic() >= alive:
                    alive = time.monotonic() + KEEP_ALIVE_SECONDS
                    # A place that is known to be behind everything seen: whoever was away long resumes from here.
                    yield f": {after}\n\n".encode()
                await asyncio.sleep(min(POLL_SECONDS, max(ends - time.monotonic(), 0.0)))
    finally:
        _streams.open -= 1


def _text(row: StoredRow, kind: AlertKind | None) -> bytes | None:
    event = decode(row.type, row.body)
    if not isinstance(event, AlertEvent) or (kind is not None and event.kind != kind):
        return None
    body: dict[str, Any] = msgspec.to_builtins(without_personal(event))
    body |= {"event_id": row.event_id, "occurred_at": row.occurred_at, "version": row.version}
    name = row.type.split(".")[2].removeprefix("alert-").replace("-", "_")
    return f"id: {row.cursor}\nevent: {name}\ndata: ".encode() + _encoder.encode(body) + b"\n\n"
