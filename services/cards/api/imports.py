"""Imports over HTTP: a body of lines is stored and answered; `work` records it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.deps import Dependencies
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import IMPORT_ENDED, IMPORT_LINE_TOO_LONG, IMPORT_UNKNOWN
from services.cards.imports.receiving import Wanted, receive
from services.cards.read_models.import_jobs import ImportJob, error_page, get, want_cancel
from shared.web.answers import Answer
from shared.web.commands import Command, respond
from shared.web.fields import SystemName
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.scope import Caller, scope, streamed

router = APIRouter(tags=["imports"])
_TYPES = ("application/x-ndjson", "application/jsonl")
_UNKNOWN: answers.Responses = {404: {"description": f"{IMPORT_UNKNOWN}: no import has this id"}}
_LINES = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {
                    "type": "string",
                    "description": "One JSON object a line, 64 KiB at most: facts with their `type`, or cards",
                },
                "example": '{"type":"sale","source_event_id":"S-1","customer":{"system":"erp","value":"K-1077"},'
                '"sold_on":"2026-03-02","net":{"amount":"12.50","currency":"CNY"}}\n',
            }
            for kind in _TYPES
        },
    }
}


@router.post(
    "/v1/imports",
    status_code=202,
    dependencies=[scope("cards.ledger.write"), streamed],
    openapi_extra=_LINES,
    summary="Import lines of facts or cards",
    responses={
        202: answers.STORED,
        413: {"description": f"{IMPORT_LINE_TOO_LONG}: a line holds at most 64 KiB"},
        415: {"description": "Not lines of JSON"},
    },
)
async def start_import(
    key: Command,
    caller: Caller,
    deps: Dependencies,
    request: Request,
    kind: Annotated[
        Literal["transactions", "customers"], Query(description="What the lines are; customers need cards.customer.write too")
    ],
    source: Annotated[SystemName, Query(description="The delivering system; the lines may leave it out")],
    ends: Annotated[bool, Query(description="The source delivers no more after this: complete for ever")] = False,
    on_error: Annotated[
        Literal["continue", "abort"], Query(description="What to do at the first line that cannot be recorded")
    ] = "continue",
) -> Response:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
        raise Problem("MEDIA_TYPE_UNSUPPORTED")
    if kind == "customers" and not caller.may("cards.customer.write"):
        raise Problem("SCOPE_MISSING", detail="needs cards.customer.write", extra={"scope": "cards.customer.write"})
    job_id, replayed = await receive(deps, Wanted(kind, source, ends, on_error), key, request.stream())
    body = {"job_id": str(job_id), "state": "stored"}
    return respond(Answer(202, body, location=f"/v1/imports/{job_id}", replayed=replayed), request)


async def _job(deps: Deps, job_id: UUID) -> ImportJob:
    async with deps.pool.acquire() as c:
        job = await get(c, SCHEMA, job_id)
    if job is None:
        raise Problem(IMPORT_UNKNOWN)
    return job


@router.get(
    "/v1/imports/{job_id}",
    dependencies=[scope("cards.ledger.read")],
    responses={200: answers.IMPORT, **_UNKNOWN},
    summary="How far an import is",
)
async def get_import(job_id: UUID, deps: Dependencies) -> Response:
    return Json(_shown(await _job(deps, job_id)))


def _shown(job: ImportJob) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "job_id": job.job_id,
        "kind": job.kind,
        "source": job.source,
        "ends": job.ends,
        "on_error": job.on_error,
        "state": job.state,
        "lines": job.lines,
        "lines_read": job.lines_read,
        "recorded": job.recorded,
        "duplicate": job.duplicate,
        "conflict": job.conflict,
        "rejected": job.rejected,
        "made_at": job.made_at,
    }
    if job.cause is not None:
        shown["cause"] = job.cause
    if job.ended_at is not None:
        shown["ended_at"] = job.ended_at
    return shown


@router.get(
    "/v1/imports/{job_id}/errors",
    dependencies=[scope("cards.ledger.read")],
    responses={200: answers.LINE_ERRORS, **_UNKNOWN},
    summary="The lines that were not recorded, and why",
)
async def list_import_errors(
    job_id: UUID, deps: Dependencies, request: Request, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    await _job(deps, job_id)
    bound = filter_hash(list="import_errors", job_id=job_id)
    after = (0, -1)
    if cursor is not None:
        line, n = deps.cursors.decode(bound, cursor, 2)
        after = (int(line or 0), int(n or 0))
    async with deps.pool.acquire() as c:
        errors = await error_page(c, SCHEMA, job_id, after, limit + 1)
    shown = errors[:limit]
    items = [{"line": e.line, "pointer": e.pointer, "code": e.code, "detail": e.detail} for e in shown]
    next_cursor = deps.cursors.encode(bound, (shown[-1].line, shown[-1].n)) if len(errors) > limit else None
    return page_response(Page(items, next_cursor), request)


@router.post(
    "/v1/imports/{job_id}/cancellation",
    status_code=202,
    dependencies=[scope("cards.ledger.write")],
    responses={202: answers.CANCELLING, **_UNKNOWN, 409: {"description": f"{IMPORT_ENDED}: what was recorded stays"}},
    summary="Stop an import; what it has recorded stays",
)
async def cancel_import(job_id: UUID, deps: Dependencies) -> Response:
    """Asking twice asks once, so no Idempotency-Key is needed. The source stays declared incomplete."""
    job = await _job(deps, job_id)
    async with deps.pool.acquire() as c:
        if not await want_cancel(c, SCHEMA, job_id) and job.state != "cancelled":
            raise Problem(IMPORT_ENDED)
    return Json({"job_id": job_id, "state": job.state}, status_code=202)
