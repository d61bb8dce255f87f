"""Populations: what the scores have learnt from the company's own history, version after version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.alerts.api.deps import Dependencies
from services.alerts.domain.control import SILENCE_POPULATION
from services.alerts.domain.population_fit import FEWEST_CUSTOMERS, FEWEST_DAYS
from services.alerts.domain.refitting import population_stream
from services.alerts.domain.silence_score import Population, parameters_of
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.problems import POPULATION_UNKNOWN
from shared.contracts.alerts import PopulationRefitted
from shared.event_store.load import load
from shared.web.problem import Problem
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["alerts"])
NAMES = (SILENCE_POPULATION,)


@router.get("/v1/populations", dependencies=[scope("alerts.rule.read"), company], summary="The parameters of scores in force")
async def list_populations(deps: Dependencies) -> Response:
    """Version 0 are the defaults, which serve until enough customers are known for so many days. Alerts carry the version that
    decided."""
    return Json({"items": [_in_force(name, await _refits(deps, name)) for name in NAMES]})


@router.get(
    "/v1/populations/{name}",
    dependencies=[scope("alerts.rule.read"), company],
    responses={404: {"description": POPULATION_UNKNOWN}},
    summary="One population with its earlier versions",
)
async def get_population(name: str, deps: Dependencies) -> Response:
    """`versions`: the newest first."""
    if name not in NAMES:
        raise Problem(POPULATION_UNKNOWN)
    refits = await _refits(deps, name)
    return Json(_in_force(name, refits) | {"versions": [_shown(refit) for refit in reversed(refits)]})


async def _refits(deps: Dependencies, name: str) -> list[PopulationRefitted]:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, population_stream(name))
    return [one.event for one in loaded.events if isinstance(one.event, PopulationRefitted)]


def _in_force(name: str, refits: Sequence[PopulationRefitted]) -> dict[str, Any]:
    defaults = parameters_of(Population())
    found = _shown(refits[-1]) if refits else {"version": 0, "parameters": defaults}
    needed = {"customers": FEWEST_CUSTOMERS, "days": FEWEST_DAYS}
    return {"name": name} | found | {"defaults": defaults, "learns_from": needed}


def _shown(refit: PopulationRefitted) -> dict[str, Any]:
    return {
        "version": refit.version,
        "parameters": refit.parameters,
        "customers": refit.customers,
        "gaps": refit.gaps,
        "learnt_through": refit.learnt_through,
        "fitted_at": refit.fitted_instant,
    }
