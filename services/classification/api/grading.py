"""What both kinds of grades have in common over HTTP: asking for a run, how far it is, and whom another standard would move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from services.classification.api.grade_runs import run_body
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.grade_runs import request_run
from services.classification.handlers.problems import RUN_UNKNOWN
from services.classification.handlers.standards import Kind
from services.classification.read_models.grade_runs import GradeName, run_of
from shared.contracts.credit_grades import CreditStandardPublished
from shared.contracts.customer_grades import CustomerGradeStandardPublished
from shared.web.answers import Answer
from shared.web.commands import CommandKey, respond
from shared.web.problem import Problem
from shared.web.rendering import Json


@dataclass(frozen=True, slots=True)
class Grading:
    """`runs`: the path of its runs."""

    name: GradeName
    runs: str
    kind: Kind[Any, Any]
    published: type[CreditStandardPublished] | type[CustomerGradeStandardPublished]


async def ask_for_run(deps: Deps, grading: Grading, graded_on: date | None, key: CommandKey, request: Request) -> Response:
    """Raises Problem, see `request_run`."""
    queued = await request_run(deps, grading.name, grading.kind, graded_on, key)
    location = f"{grading.runs}/{queued.run.run_id}"
    return respond(Answer(202, run_body(queued.run, grading.published), location=location, replayed=queued.reused), request)


async def show_run(deps: Deps, grading: Grading, run_id: UUID) -> Response:
    """Raises Problem: RUN_UNKNOWN."""
    async with deps.pool.acquire() as c:
        run = await run_of(c, SCHEMA, grading.name, run_id)
    if run is None:
        raise Problem(RUN_UNKNOWN)
    return Json(run_body(run, grading.published))


def preview_body(
    as_of: date, customers: int, moves: Mapping[tuple[Any, Any], int], items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """How many customers go from which grade to which, those that stay among them; and the first that move."""
    moved = sum(number for (grade, would_be), number in moves.items() if grade != would_be)
    pairs = [
        {"grade": grade, "would_be": would_be, "customers": number}
        for (grade, would_be), number in sorted(moves.items(), key=str)
    ]
    head = {"as_of": as_of, "customers": customers, "moved": moved, "moves": pairs}
    return {**head, "items": items, "left_out": moved - len(items)}
