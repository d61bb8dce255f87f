"""The standards of the company: the procedure, who decides on what is given, and when complaints are worked on."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Request
from fastapi import Body as BodyParam
from pydantic import Field
from starlette.responses import Response

from services.complaints.api.deps import Dependencies
from services.complaints.api.examples import example
from services.complaints.domain import authority, procedure, working_hours
from services.complaints.domain.commands import Severity
from services.complaints.domain.working_time import OFFICE
from services.complaints.handlers.problems import STANDARD_REFUSED
from services.complaints.handlers.standards import Published, in_force, publish_hours, publish_procedure, publish_rule, shown
from shared.contracts.complaint_steps import (
    ComplaintProcedurePublished,
    DecisionLimit,
    DecisionRulePublished,
    ProcedureStep,
    Shift,
    SpecialDay,
    WorkingHoursPublished,
)
from shared.contracts.complaints import ComplaintKind
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body, BusinessDay, Flag, MoneyIn, Reference, Whole
from shared.web.reach import company
from shared.web.scope import scope

router = APIRouter(tags=["standards"])
reads = scope("complaints.complaint.read")
writes = scope("complaints.standard.write")
_PUBLISHED: dict[int | str, dict[str, Any]] = {200: {"description": "Published"}, 422: {"description": STANDARD_REFUSED}}
Place = Annotated[str, Path(max_length=200, description="An area, or `company` where no nearer area has its own")]


class ProcedureBody(Body):
    """By severity: which steps are obligatory, and after how many minutes of working time each is due. See the steps' order.

    `answer_days`: how long the customer has to say whether the solution is good; a complaint may be closed as unanswered after it.
    """

    obligatory: dict[Severity, tuple[ProcedureStep, ...]] = Field(default_factory=dict)
    due_minutes: dict[Severity, dict[ProcedureStep, Whole]] = Field(default_factory=dict)
    lesson: Flag = False
    answer_days: Whole = 30

    @property
    def wanted(self) -> ComplaintProcedurePublished:
        obligatory = {str(severity): steps for severity, steps in self.obligatory.items()}
        minutes = {str(severity): {str(step): n for step, n in steps.items()} for severity, steps in self.due_minutes.items()}
        return ComplaintProcedurePublished(
            version=0, obligatory=obligatory, due_minutes=minutes, lesson=self.lesson, answer_days=self.answer_days
        )


class LimitBody(Body):
    up_to: MoneyIn
    kind: ComplaintKind | None = None


class DecisionRuleBody(Body):
    """Up to how much a salesperson decides; a limit without kind is for the kinds not named. Of what no limit speaks, headquarters
    decides."""

    limits: Annotated[tuple[LimitBody, ...], Field(max_length=200)]

    @property
    def wanted(self) -> DecisionRulePublished:
        limits = tuple(DecisionLimit(up_to=one.up_to.money, kind=one.kind) for one in self.limits)
        return DecisionRulePublished(version=0, limits=limits)


Time = Annotated[str, Field(max_length=5, examples=["08:30"])]


class ShiftBody(Body):
    begins: Time
    ends: Time

    @property
    def shift(self) -> Shift:
        return Shift(self.begins, self.ends)


Shifts = Annotated[tuple[ShiftBody, ...], Field(max_length=12)]


class SpecialDayBody(Body):
    day: BusinessDay
    shifts: Shifts = ()


class WorkingHoursBody(Body):
    """`weekly` by day of the week, 1 is Monday; a day without shifts is free. `zone` is an IANA name."""

    zone: Reference
    weekly: Annotated[dict[str, Shifts], Field(max_length=7)]
    holidays: Annotated[tuple[BusinessDay, ...], Field(max_length=2000)] = ()
    special_days: Annotated[tuple[SpecialDayBody, ...], Field(max_length=2000)] = ()

    def wanted(self, place: str) -> WorkingHoursPublished:
        return WorkingHoursPublished(
            version=0,
            zone=self.zone,
            weekly={day: tuple(one.shift for one in shifts) for day, shifts in self.weekly.items()},
            holidays=self.holidays,
            special_days=tuple(SpecialDay(one.day, tuple(two.shift for two in one.shifts)) for one in self.special_days),
            area_id=None if place == working_hours.COMPANY else place,
        )


PROCEDURE = example(
    {
        "obligatory": {"HIGH": ["ACKNOWLEDGED", "ASSESSED", "INVESTIGATED", "APPROVED", "CARRIED_OUT", "CONFIRMED"]},
        "due_minutes": {"HIGH": {"ACKNOWLEDGED": 120, "CLOSED": 2400}, "MEDIUM": {"ACKNOWLEDGED": 480, "CLOSED": 4800}},
        "lesson": True,
    }
)
DECISION_RULE = example({"limits": [{"kind": "QUALITY", "up_to": {"amount": "1000.00", "currency": "CNY"}}]})
_DAY = [{"begins": "08:30", "ends": "12:00"}, {"begins": "13:00", "ends": "17:30"}]
HOURS = example(
    {
        "zone": "Asia/Shanghai",
        "weekly": {str(day): _DAY for day in range(1, 6)},
        "holidays": ["2026-10-01"],
        "special_days": [{"day": "2026-10-10", "shifts": [{"begins": "09:00", "ends": "12:00"}]}],
    }
)


@router.get("/v1/complaint-procedure", dependencies=[reads, company], summary="How complaints are taken to their end")
async def get_complaint_procedure(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in: the short way, nothing is due."""
    return await _told(deps, procedure.STREAM, procedure.BUILT_IN, request)


@router.put("/v1/complaint-procedure", dependencies=[writes], responses=_PUBLISHED, summary="Publish the procedure")
async def put_complaint_procedure(
    body: Annotated[ProcedureBody, BodyParam(openapi_examples=PROCEDURE)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """If-Match is the ETag of the one in force, `"0"` before the first one was published."""
    return respond(await publish_procedure(deps, body.wanted, version, key, event_meta(request)), request)


@router.get("/v1/decision-rule", dependencies=[reads, company], summary="Who decides on what is given")
async def get_decision_rule(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in: whoever handles a complaint decides."""
    return await _told(deps, authority.STREAM, authority.BUILT_IN, request)


@router.put("/v1/decision-rule", dependencies=[writes], responses=_PUBLISHED, summary="Publish who decides")
async def put_decision_rule(
    body: Annotated[DecisionRuleBody, BodyParam(openapi_examples=DECISION_RULE)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Headquarters are callers with the scope `complaints.settlement.decide`."""
    return respond(await publish_rule(deps, body.wanted, version, key, event_meta(request)), request)


@router.get("/v1/working-hours/{place}", dependencies=[reads, company], summary="When complaints are worked on in an area")
async def get_working_hours(place: Place, deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in: Monday to Friday, nine to twelve and one to six, in the company's zone."""
    office = tuple(Shift(*(f"{minute // 60:02}:{minute % 60:02}" for minute in one)) for one in OFFICE)
    week = {str(day): office for day in range(1, 6)}
    return await _told(
        deps, working_hours.hours_stream(place), WorkingHoursPublished(version=0, zone=deps.zone.key, weekly=week), request
    )


@router.put("/v1/working-hours/{place}", dependencies=[writes], responses=_PUBLISHED, summary="Publish working hours")
async def put_working_hours(
    place: Place,
    body: Annotated[WorkingHoursBody, BodyParam(openapi_examples=HOURS)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Lunch lies between two shifts; a shift over midnight is two. What is due and not done is due by them at once."""
    return respond(await publish_hours(deps, place, body.wanted(place), version, key, event_meta(request)), request)


async def _told(deps: Dependencies, stream: str, built_in: Published, request: Request) -> Response:
    async with deps.pool.acquire() as c:
        found = await in_force(c, stream)
    event = built_in if found.event is None else cast(Published, found.event)
    return resource(shown(event), found.version, request, persons=False)
