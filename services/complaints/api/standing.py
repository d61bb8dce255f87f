"""The list of causes, and what the company promises in general, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.complaints.api import fact_examples as examples
from services.complaints.api import standing_bodies as bodies
from services.complaints.api.deps import Dependencies
from services.complaints.api.spans import REFUSED, Asked, caught_up, heading
from services.complaints.domain.commitments import Register, in_force
from services.complaints.handlers.deps import SCHEMA
from services.complaints.handlers.fact_problems import CAUSES_TWICE, COMMITMENT_BACKWARDS, COMMITMENT_UNKNOWN
from services.complaints.handlers.standing import cause_list, commit, publish_causes, register
from services.complaints.read_models.company_promises import COMPANY_PROMISES, Kept, Named, kept, named
from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.served import SERVED
from shared.contracts.complaint_facts import CommitmentEnded, CommitmentPublished
from shared.web.commands import Command, IfMatch, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Code
from shared.web.positions import MinPosition
from shared.web.problem import Problem
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["commitments and causes"])
reads = scope("complaints.complaint.read")
writes = scope("complaints.standard.write")
CommitmentCode = Annotated[Code, Path(description="The company's own word for the commitment")]


@router.get("/v1/causes", dependencies=[reads, company], summary="The list of causes in force")
async def get_causes(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in. `kinds`: of complaints that a cause may be behind; none means all."""
    current, version = await cause_list(deps)
    return resource(
        {"version": current.version, "causes": [_plain(one) for one in current.causes]}, version, request, persons=False
    )


@router.put(
    "/v1/causes", dependencies=[writes], responses={422: {"description": CAUSES_TWICE}}, summary="Publish a list of causes"
)
async def put_causes(
    body: Annotated[bodies.CausesBody, Body(openapi_examples=examples.CAUSES)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The whole list. Causes that were found by an earlier one stay. If-Match is the ETag of the list, `"0"` before the first."""
    listed = tuple(one.cause() for one in body.causes)
    answer = await publish_causes(deps, listed, deps.today(), version, key, event_meta(request), key.principal)
    return respond(answer, request)


def _plain(one: Any, *left_out: str) -> dict[str, Any]:
    found = {name: getattr(one, name) for name in one.__struct_fields__ if name not in (*left_out, "decided_by")}
    return {name: value for name, value in found.items() if value is not None}


@router.get("/v1/commitments", dependencies=[reads, company], summary="What the company promises in general")
async def list_commitments(
    deps: Dependencies, request: Request, as_of: Annotated[BusinessDay | None, Query(description="Today when left out")] = None
) -> Response:
    """Always fresh; what was promised on that day."""
    promised, version = await register(deps)
    day = as_of or deps.today()
    held = [in_force(promised, code, day) for code in sorted(promised)]
    return resource({"as_of": day, "items": [_plain(one) for one in held if one is not None]}, version, request, by_version=False)


@router.put(
    "/v1/commitments/{commitment}",
    dependencies=[writes],
    responses={422: {"description": COMMITMENT_BACKWARDS}},
    summary="Publish a commitment, or its next version",
)
async def put_commitment(
    commitment: CommitmentCode,
    body: Annotated[bodies.CommitmentBody, Body(openapi_examples=examples.COMMITMENT)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """`promise_kind`: promises of this kind to single customers, on their cards, are how it is kept."""
    command = body.command(commitment, key.principal, deps.today())
    return respond(await commit(deps, command, deps.today(), version, key, event_meta(request)), request)


@router.post(
    "/v1/commitments/{commitment}/end",
    dependencies=[writes],
    responses={404: {"description": COMMITMENT_UNKNOWN}, 422: {"description": COMMITMENT_BACKWARDS}},
    summary="Promise it no more",
)
async def end_commitment(
    commitment: CommitmentCode,
    body: Annotated[bodies.CommitmentEndBody, Body(openapi_examples=examples.COMMITMENT_END)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(commitment, key.principal, deps.today())
    return respond(await commit(deps, command, deps.today(), version, key, event_meta(request)), request)


@router.get(
    "/v1/commitments/{commitment}",
    dependencies=[reads, listed],
    responses={**REFUSED, 404: {"description": COMMITMENT_UNKNOWN}},
    summary="One commitment with its versions, and how it is kept",
)
async def get_commitment(
    commitment: Annotated[str, Field(max_length=64)], asked: Asked, deps: Dependencies, min_position: MinPosition = None
) -> Response:
    """`promises`: those of its kind to single customers that were due in the days: kept in time, late, or not yet by `to`.
    `complaints`: those received in the days that name it; `made_good`: founded, with a solution carried out.
    """
    promised, _ = await register(deps)
    versions = promised.get(commitment, ())
    if not versions:
        raise Problem(COMMITMENT_UNKNOWN)
    await caught_up(deps, min_position, MATTERS, COMPANY_PROMISES, SERVED)
    kind = _promise_kind(promised, commitment, asked.last)
    async with deps.pool.acquire() as c:
        naming = await named(c, SCHEMA, commitment, asked.first, asked.last, asked.last, asked.area_id)
        single = None
        if kind is not None:
            single = await kept(c, SCHEMA, kind, asked.first, asked.last, asked.last, asked.area_id)
    head = await heading(deps, asked, (MATTERS, *(() if single is None else (COMPANY_PROMISES,))))
    figures = {"complaints": _named(naming)} | ({} if single is None else {"promises": {"kind": kind, **_kept(single)}})
    return Json({"commitment": commitment, "versions": _versions(versions), **head, **figures})


def _promise_kind(promised: Register, commitment: str, day: date) -> str | None:
    held = in_force(promised, commitment, day)
    return None if held is None else held.promise_kind


def _versions(versions: Sequence[CommitmentPublished | CommitmentEnded]) -> list[dict[str, Any]]:
    return [_plain(one, "commitment") for one in versions]


def _kept(one: Kept) -> dict[str, Any]:
    due = sum(one)
    shown: dict[str, Any] = {"due": due, "kept_in_time": one.kept, "kept_late": one.late, "not_kept": one.broken}
    return shown if due == 0 else {**shown, "kept_rate": f"{one.kept / due:.4f}"}


def _named(one: Named) -> dict[str, Any]:
    shown: dict[str, Any] = one._asdict() | {"open_question": one.complaints - one.founded - one.unfounded}
    return shown
