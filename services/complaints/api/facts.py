"""The facts of a complaint over HTTP: what was said and shown, the cause, who is responsible, what it is linked to.

If-Match is not needed: what is known of a matter only grows. Where it is sent, it is kept to.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.complaints.api import fact_bodies as bodies
from services.complaints.api import fact_examples as examples
from services.complaints.api.deps import Dependencies
from services.complaints.api.fact_views import shown
from services.complaints.domain.causes import kinds_of
from services.complaints.domain.commitments import in_force
from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.facts import FactCommand
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.facts import facts, tell
from services.complaints.handlers.problems import COMPLAINT_ENDED, COMPLAINT_UNKNOWN
from services.complaints.handlers.standing import cause_list, register
from services.complaints.read_models import matters
from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.twins import DAYS_APART, twins
from shared.contracts.complaints import ComplaintReceived
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.commands import Command, CommandKey, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import Caller, scope

router = APIRouter(tags=["facts"])
reads = scope("complaints.complaint.read")
writes = scope("complaints.complaint.write")
PERSONAL_SCOPE = "cards.pii.read"

_TOLD: dict[int | str, dict[str, Any]] = {
    200: {"description": "Recorded; the ETag is of the new version"},
    404: {"description": COMPLAINT_UNKNOWN},
    409: {"description": f"{COMPLAINT_ENDED} or another refusal; see /problems"},
}


async def _told(
    complaint_id: UUID, command: FactCommand, version: int | None, key: CommandKey, deps: Deps, request: Request
) -> Response:
    return respond(await tell(deps, complaint_id, command, version, key, event_meta(request)), request)


@router.post(
    "/v1/complaints/{complaint_id}/summary",
    dependencies=[writes],
    responses=_TOLD,
    summary="The customer has confirmed what was read back",
)
async def confirm_summary(
    complaint_id: UUID,
    body: Annotated[bodies.SummaryBody, Body(openapi_examples=examples.SUMMARY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _told(complaint_id, body.command(deps.today(), key.principal), version, key, deps, request)


@router.post(
    "/v1/complaints/{complaint_id}/evidence", dependencies=[writes], responses=_TOLD, summary="Add evidence of either side"
)
async def add_evidence(
    complaint_id: UUID,
    body: Annotated[bodies.EvidenceBody, Body(openapi_examples=examples.EVIDENCE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Also after the end. The file stays in your store; its reference and the hash of its content are kept here."""
    command = body.command(key.new_id(0), deps.today(), key.principal)
    return await _told(complaint_id, command, version, key, deps, request)


@router.post("/v1/complaints/{complaint_id}/cause", dependencies=[writes], responses=_TOLD, summary="The cause was found")
async def find_cause(
    complaint_id: UUID,
    body: Annotated[bodies.CauseBody, Body(openapi_examples=examples.CAUSE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """One of the list in force, for complaints of this kind."""
    current, _ = await cause_list(deps)
    command = body.command(deps.today(), key.principal, current.version, kinds_of(current, body.cause))
    return await _told(complaint_id, command, version, key, deps, request)


@router.post(
    "/v1/complaints/{complaint_id}/responsibility", dependencies=[writes], responses=_TOLD, summary="Fix who is responsible"
)
async def fix_responsibility(
    complaint_id: UUID,
    body: Annotated[bodies.ResponsibilityBody, Body(openapi_examples=examples.RESPONSIBILITY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Only after both sides were heard. Parties and departments, never a person."""
    return await _told(complaint_id, body.command(deps.today(), key.principal), version, key, deps, request)


@router.post(
    "/v1/complaints/{complaint_id}/fair-way",
    dependencies=[writes],
    responses=_TOLD,
    summary="The customer was told how a fair solution will be found",
)
async def tell_fair_way(
    complaint_id: UUID,
    body: Annotated[bodies.FairWayBody, Body(openapi_examples=examples.FAIR_WAY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Where the facts are unclear, or both sides are responsible."""
    return await _told(complaint_id, body.command(deps.today(), key.principal), version, key, deps, request)


@router.post(
    "/v1/complaints/{complaint_id}/links",
    dependencies=[writes, listed],
    responses=_TOLD,
    summary="Link another complaint about the same",
)
async def link_complaint(
    complaint_id: UUID,
    body: Annotated[bodies.LinkBody, Body(openapi_examples=examples.LINK)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Both are told. Claims and steps of either stay as they are."""
    command = body.command(deps.today(), key.principal, await facts(deps, body.complaint_id))
    return await _told(complaint_id, command, version, key, deps, request)


@router.post(
    "/v1/complaints/{complaint_id}/broken-commitments",
    dependencies=[writes],
    responses=_TOLD,
    summary="The complaint says that a commitment was broken",
)
async def name_broken_commitment(
    complaint_id: UUID,
    body: Annotated[bodies.BrokenCommitmentBody, Body(openapi_examples=examples.BROKEN_COMMITMENT)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    promised, _ = await register(deps)
    known = await facts(deps, complaint_id)
    held = None if known is None else in_force(promised, body.commitment, known.received_on)
    command = body.command(deps.today(), key.principal, None if held is None else held.version)
    return await _told(complaint_id, command, version, key, deps, request)


@router.post(
    "/v1/complaints/{complaint_id}/satisfaction",
    dependencies=[writes],
    responses=_TOLD,
    summary="How content the customer is with the end",
)
async def give_satisfaction(
    complaint_id: UUID,
    body: Annotated[bodies.SatisfactionBody, Body(openapi_examples=examples.SATISFACTION)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """After the end only. Asked again, the last answer stands."""
    return await _told(complaint_id, body.command(deps.today(), key.principal), version, key, deps, request)


@router.get(
    "/v1/complaints/{complaint_id}/facts",
    dependencies=[reads],
    responses={404: {"description": COMPLAINT_UNKNOWN}},
    summary="What is known of a complaint's matter",
)
async def get_facts(complaint_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    """Always fresh. Who said something and in which words needs the scope `cards.pii.read`.

    `fair_way_owed`: why the customer has still to be told how a fair solution will be found.
    """
    stream = complaint_stream(complaint_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
    if not loaded.events:
        raise Problem(COMPLAINT_UNKNOWN)
    personal = caller.may(PERSONAL_SCOPE)
    events = [envelope.event for envelope in loaded.events]
    if personal:
        events = await deps.sealer.unseal_structs([(event, stream) for event in events])
    return resource(shown(events, personal), loaded.version, request)


@router.get(
    "/v1/complaints/{complaint_id}/likely-twins",
    dependencies=[reads],
    responses={404: {"description": COMPLAINT_UNKNOWN}},
    summary="Complaints of the customer that may be about the same matter",
)
async def get_twins(complaint_id: UUID, deps: Dependencies, min_position: MinPosition = None) -> Response:
    """The latest 20 received within 30 days of it that name the same invoice or batch, or the same article in a complaint of one
    kind."""
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, MATTERS, position))
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, complaint_stream(complaint_id))
        first = loaded.events[0].event if loaded.events else None
        if not isinstance(first, ComplaintReceived):
            raise Problem(COMPLAINT_UNKNOWN)
        found = (await twins(c, SCHEMA, [matters.received(first)])).get(complaint_id, ())
    items = [{"id": one.complaint_id, "received_on": one.received_on, "alike": one.alike} for one in found]
    return Json({"id": complaint_id, "within_days": DAYS_APART, "items": items})
