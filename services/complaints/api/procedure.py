"""The steps of the procedure beyond the short way, each with the moment at which it was taken."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.complaints.api.authority import authority_of
from services.complaints.api.bodies import (
    AssignmentBody,
    ConfirmationBody,
    HoldBody,
    InvestigationBody,
    ProposalBody,
    ReasonBody,
    StepBody,
)
from services.complaints.api.deps import Dependencies
from services.complaints.api.examples import (
    ASSIGNMENT,
    CONFIRMATION,
    HOLD,
    INVESTIGATION,
    PROPOSAL,
    REFUSAL,
    STEP,
)
from services.complaints.api.moments import step_day
from services.complaints.api.steps import DECIDED, RESPONSES, writes
from services.complaints.domain.commands import (
    AcknowledgeComplaint,
    ApproveSolution,
    AssignComplaint,
    Handling,
    HearCustomer,
    HoldComplaint,
    ProposeSolution,
    RefuseSolution,
    ReportInvestigation,
    ResumeComplaint,
)
from services.complaints.handlers.deps import Deps
from services.complaints.handlers.steps import take_step
from shared.web.commands import Command, CommandKey, IfMatch, respond
from shared.web.correlation import event_meta
from shared.web.scope import Caller

router = APIRouter(prefix="/v1/complaints/{complaint_id}", tags=["complaints"], dependencies=[writes])


async def _taken(
    complaint_id: UUID, step: Handling, at: datetime | None, version: int, key: CommandKey, deps: Deps, request: Request
) -> Response:
    return respond(await take_step(deps, complaint_id, step, version, key, event_meta(request), at), request)


@router.post("/acknowledgement", responses=RESPONSES, summary="Tell the customer that the complaint has arrived")
async def acknowledge_complaint(
    complaint_id: UUID,
    body: Annotated[StepBody, Body(openapi_examples=STEP)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    step = AcknowledgeComplaint(*step_day(deps, body.at), key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/assignment", responses=RESPONSES, summary="Assign a complaint to the department that looks into it")
async def assign_complaint(
    complaint_id: UUID,
    body: Annotated[AssignmentBody, Body(openapi_examples=ASSIGNMENT)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    step = AssignComplaint(body.department, *step_day(deps, body.at), body.owner, key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/investigation", responses=RESPONSES, summary="Report what the investigation found")
async def report_investigation(
    complaint_id: UUID,
    body: Annotated[InvestigationBody, Body(openapi_examples=INVESTIGATION)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    step = ReportInvestigation(*step_day(deps, body.at), body.findings, key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/proposal", responses=RESPONSES, summary="Propose a solution")
async def propose_solution(
    complaint_id: UUID,
    body: Annotated[ProposalBody, Body(openapi_examples=PROPOSAL)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The record says who has to approve it, by the company's rule."""
    offered = None if body.offered is None else body.offered.money
    step = ProposeSolution(body.remedies, *step_day(deps, body.at), offered, body.because, key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/approval", responses=DECIDED, summary="Approve the proposal")
async def approve_solution(
    complaint_id: UUID,
    body: Annotated[StepBody, Body(openapi_examples=STEP)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    caller: Caller,
    request: Request,
) -> Response:
    step = ApproveSolution(authority_of(caller), *step_day(deps, body.at), key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/refusal", responses=DECIDED, summary="Refuse the proposal")
async def refuse_solution(
    complaint_id: UUID,
    body: Annotated[ReasonBody, Body(openapi_examples=REFUSAL)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    caller: Caller,
    request: Request,
) -> Response:
    step = RefuseSolution(authority_of(caller), body.because, *step_day(deps, body.at), key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/confirmation", responses=RESPONSES, summary="Say whether the customer is satisfied")
async def confirm_solution(
    complaint_id: UUID,
    body: Annotated[ConfirmationBody, Body(openapi_examples=CONFIRMATION)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Who is not satisfied brings the complaint back to the investigation."""
    step = HearCustomer(body.satisfied, *step_day(deps, body.at), body.because, key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/hold", responses=RESPONSES, summary="Let the clock stand still")
async def hold_complaint(
    complaint_id: UUID,
    body: Annotated[HoldBody, Body(openapi_examples=HOLD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    step = HoldComplaint(body.reason, *step_day(deps, body.at), key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/resumption", responses=RESPONSES, summary="Let the clock run again")
async def resume_complaint(
    complaint_id: UUID,
    body: Annotated[StepBody, Body(openapi_examples=STEP)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    step = ResumeComplaint(*step_day(deps, body.at), key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)
