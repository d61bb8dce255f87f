"""Events as they happen: server-sent events from a service's own store. Resumed by Last-Event-ID, nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import Header, Query
from starlette.responses import StreamingResponse

from shared.contracts.cursor import Cursor, parse_cursor
from shared.event_store.events import StoredRow
from shared.event_store.tail import tail
from shared.feed.scan import horizon
from shared.postgres.pool import Pool
from shared.web.catalogue import describe
from shared.web.problem import Problem

POLL_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 15.0
LONGEST_SECONDS = 3600
LOOK_AGAIN_SECONDS = 60
"""A stream ends after so long, and who resumes it is looked at as any caller is: a key that was taken away, a token that has run out
and an area that somebody leads no more end with it."""
STREAMS = 200
AT_ONCE = 500

TOO_MANY_STREAMS = describe(
    "TOO_MANY_STREAMS",
    503,
    "Too many streams are open",
    "Each process serves a bounded number of streams. Try again, or poll the list.",
)
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An event stream",
        "content": {"text/event-stream": {"example": "id: 1.7423.91\nevent: ...\ndata: {...}\n\n"}},
    }
}
ForSeconds = Annotated[
    int, Query(ge=1, le=LONGEST_SECONDS, description="The stream ends then, and after a minute at the latest; resume it.")
]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", description="Go on behind this place; without it from now on.")]

Tell = Callable[[Sequence[StoredRow]], Awaitable[Iterable[bytes]]]
"""What is told of some events, in their order; see `told`."""
_encoder = msgspec.json.Encoder(decimal_format="string")


@dataclass(slots=True)
class _Streams:
    """How many streams this process serves at the moment."""

    open: int = 0


_streams = _Streams()


def told(row: StoredRow, name: str, body: dict[str, Any]) -> bytes:
    """One event of the stream: its place in the log is the id, from which a stream is resumed."""
    data = body | {"event_id": row.event_id, "occurred_at": row.occurred_at, "version": row.version}
    return f"id: {row.cursor}\nevent: {name}\ndata: ".encode() + _encoder.encode(data) + b"\n\n"


async def event_stream(pool: Pool, schema: str, last_event_id: str | None, seconds: int, tell: Tell) -> StreamingResponse:
    """The stream behind `last_event_id`. Raises Problem: POSITION_INVALID, TOO_MANY_STREAMS."""
    if _streams.open >= STREAMS:
        raise Problem(TOO_MANY_STREAMS, headers={"Retry-After": "5"})
    try:
        after = None if last_event_id is None else parse_cursor(last_event_id)
    except ValueError:
        raise Problem("POSITION_INVALID") from None
    if after is None:
        async with pool.acquire() as c:
            after = await horizon(c, schema)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(pool, schema, after, seconds, tell), media_type="text/event-stream", headers=headers)


async def _events(pool: Pool, schema: str, after: Cursor, seconds: int, tell: Tell) -> AsyncIterator[bytes]:
    _streams.open += 1
    ends, alive = time.monotonic() + min(seconds, LOOK_AGAIN_SECONDS), time.monotonic() + KEEP_ALIVE_SECONDS
    try:
        yield b"retry: 500\n\n"
        while time.monotonic() < ends:
            async with pool.acquire() as c:
                rows = await tail(c, schema, after, AT_ONCE)
            if rows:
                after = rows[-1].cursor
                # In one piece: who was told of whom is recorded piece by piece.
                if text := b"".join(await tell(rows)):
                    yield text
                continue
            if time.monotonic() >= alive:
                alive = time.monotonic() + KEEP_ALIVE_SECONDS
                # A place that is known to be behind everything seen: whoever was away long resumes from here.
                yield f": {after}\n\n".encode()
            await asyncio.sleep(min(POLL_SECONDS, max(ends - time.monotonic(), 0.0)))
    finally:
        _streams.open -= 1
