"""What is done with a complaint, step by step. Each step is decided on the version that the caller has seen (If-Match)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.complaints.api.authority import authority_of
from services.complaints.api.bodies import AssessmentBody, ClosureBody, SettlementBody, SolutionBody, WithdrawalBody
from services.complaints.api.deps import Dependencies
from services.complaints.api.examples import ASSESSMENT, CLOSURE, SETTLEMENT, SOLUTION, WITHDRAWAL
from services.complaints.api.moments import step_day
from services.complaints.domain.commands import (
    AssessComplaint,
    CloseComplaint,
    ReportSolution,
    SettleClaim,
    Step,
    WithdrawComplaint,
)
from services.complaints.handlers.deps import Deps
from services.complaints.handlers.problems import ABOVE_AUTHORITY, COMPLAINT_ENDED, COMPLAINT_UNKNOWN
from services.complaints.handlers.steps import take_step
from shared.web.commands import Command, CommandKey, IfMatch, respond
from shared.web.correlation import event_meta
from shared.web.scope import Caller, scope

router = APIRouter(tags=["complaints"])
writes = scope("complaints.complaint.write")

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "Done; the ETag is of the new version"},
    404: {"description": COMPLAINT_UNKNOWN},
    409: {"description": f"{COMPLAINT_ENDED} or another refusal; see /problems"},
}
DECIDED = {**RESPONSES, 403: {"description": ABOVE_AUTHORITY}}


async def _taken(
    complaint_id: UUID, step: Step, at: datetime | None, version: int, key: CommandKey, deps: Deps, request: Request
) -> Response:
    return respond(await take_step(deps, complaint_id, step, version, key, event_meta(request), at), request)


@router.post("/v1/complaints/{complaint_id}/assessment", dependencies=[writes], responses=RESPONSES, summary="Assess a complaint")
async def assess_complaint(
    complaint_id: UUID,
    body: Annotated[AssessmentBody, Body(openapi_examples=ASSESSMENT)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Assessing again, also after a solution, is how a customer who is not satisfied comes back into the procedure."""
    day, today = step_day(deps, body.at, body.assessed_on)
    step = AssessComplaint(
        founded=body.founded,
        severity=body.severity,
        assessed_on=day,
        today=today,
        decided_by=key.principal,
        partly=body.partly,
        complexity=body.complexity,
        told_on=body.told_on,
    )
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/v1/complaints/{complaint_id}/solution", dependencies=[writes], responses=DECIDED, summary="Report a solution")
async def report_solution(
    complaint_id: UUID,
    body: Annotated[SolutionBody, Body(openapi_examples=SOLUTION)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    caller: Caller,
    request: Request,
) -> Response:
    """What was not approved is decided by whoever reports it, within the limits of the company's rule."""
    day, today = step_day(deps, body.at, body.carried_out_on)
    step = ReportSolution(
        solution=body.solution,
        carried_out_on=day,
        today=today,
        decided_by=key.principal,
        remedies=body.remedies,
        credit_note=None if body.credit_note is None else body.credit_note.ref(),
        amount=None if body.amount is None else body.amount.money,
        authority=authority_of(caller),
    )
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/v1/complaints/{complaint_id}/settlement", dependencies=[writes], responses=DECIDED, summary="Settle a claim")
async def settle_claim(
    complaint_id: UUID,
    body: Annotated[SettlementBody, Body(openapi_examples=SETTLEMENT)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    caller: Caller,
    request: Request,
) -> Response:
    """Ends the dispute: what was withheld is owed again, less a credit note over what was agreed."""
    day, today = step_day(deps, body.at, body.settled_on)
    agreed = None if body.agreed is None else body.agreed.money
    step = SettleClaim(agreed, day, today, key.principal, authority_of(caller))
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post("/v1/complaints/{complaint_id}/closure", dependencies=[writes], responses=RESPONSES, summary="Close a complaint")
async def close_complaint(
    complaint_id: UUID,
    body: Annotated[ClosureBody, Body(openapi_examples=CLOSURE)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    day, today = step_day(deps, body.at, body.closed_on)
    step = CloseComplaint(body.lesson, day, today, key.principal, body.unanswered)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)


@router.post(
    "/v1/complaints/{complaint_id}/withdrawal", dependencies=[writes], responses=RESPONSES, summary="Withdraw a complaint"
)
async def withdraw_complaint(
    complaint_id: UUID,
    body: Annotated[WithdrawalBody, Body(openapi_examples=WITHDRAWAL)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    day, today = step_day(deps, body.at, body.withdrawn_on)
    step = WithdrawComplaint(day, today, key.principal)
    return await _taken(complaint_id, step, body.at, version, key, deps, request)
