"""Alerts as they happen, over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from services.alerts.api.company_views import company_without_personal
from services.alerts.api.deps import Dependencies
from services.alerts.api.views import without_personal
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.read_models.customers import serving
from shared.contracts.alerts import AlertEvent, AlertKind
from shared.contracts.company_alerts import CompanyAlertEvent
from shared.contracts.event import decode
from shared.event_store.events import StoredRow
from shared.projections.narrowing import narrowing
from shared.web.reach import listed
from shared.web.scope import scope
from shared.web.stream import LONGEST_SECONDS, STREAM, ForSeconds, LastEventId, event_stream, told

router = APIRouter(tags=["alerts"])


@router.get(
    "/v1/alerts/stream",
    dependencies=[scope("alerts.alert.read"), listed],
    response_class=StreamingResponse,
    responses=STREAM,
    summary="Alerts as they happen",
)
async def stream_alerts(
    deps: Dependencies,
    kind: AlertKind | None = None,
    for_seconds: ForSeconds = LONGEST_SECONDS,
    last_event_id: LastEventId = None,
) -> Response:
    """Named events (`opened`, `worsened`, `recovered`, `reopened`, `acknowledged`, ...); the id is a place in the log. What is
    about the company begins with `company_` (`company_opened`, ...) and is told where no kind is asked for. With
    Last-Event-ID the stream goes on behind that place, without it with what happens from now on."""

    async def tell(rows: Sequence[StoredRow]) -> Iterable[bytes]:
        theirs = rows if narrowing() is None else await _theirs(deps, rows)
        return [text for row in theirs if (text := _text(row, kind)) is not None]

    return await event_stream(deps.pool, SCHEMA, last_event_id, for_seconds, tell)


async def _theirs(deps: Deps, rows: Sequence[StoredRow]) -> Sequence[StoredRow]:
    """Those about the caller's customers; what is about the company is told to who reaches everybody."""
    customers = {row.customer_id for row in rows if row.customer_id is not None}
    async with deps.pool.acquire() as c:
        reached = await serving(c, list(customers))
    return [row for row in rows if row.customer_id in reached]


def _text(row: StoredRow, kind: AlertKind | None) -> bytes | None:
    event = decode(row.type, row.body)
    if isinstance(event, CompanyAlertEvent) and kind is None:
        company: dict[str, Any] = msgspec.to_builtins(company_without_personal(event))
        return told(row, row.type.split(".")[2].replace("-alert-", "_").replace("-", "_"), company)
    if not isinstance(event, AlertEvent) or (kind is not None and event.kind != kind):
        return None
    body: dict[str, Any] = msgspec.to_builtins(without_personal(event))
    name = row.type.split(".")[2].removeprefix("alert-").replace("-", "_")
    return told(row, name, body)
