"""The door for callers with limited rows: what is not declared is refused, and an address that nobody has thought of stops the start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter

from shared.audit.reads import Read
from shared.auth.keys import KeyRing, make_key
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.reach import Behind, Reach, ReachUndeclared, company, everybody, listed
from shared.web.scope import scope
from tests.unit.projections.test_narrowing import SERVED
from tests.unit.web.demo import PEPPER, PRINCIPAL

READ = scope("cards.customer.read")
REACH = Reach(SERVED, {"note_id": Behind("NOT_FOUND", "note-")}, frozenset({"area_id"}))


async def answer() -> dict[str, str]:
    return {"seen": "all"}


async def ready() -> Readiness:
    return Readiness(True)


class _NoLog:
    async def record(self, read: Read) -> None:
        """What is read here is not what is looked at."""


@asynccontextmanager
async def calling(folder: Path, router: APIRouter, reach: Reach | None, role: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A caller with a key of the role, or with the scope alone. There is no database: whoever needs one gets an error."""
    file = folder / "keys.json"
    scopes = ["cards.customer.read"]
    person = None if role is None else "E-7"
    raw = make_key("test", file, PEPPER, name="one", scopes=scopes, principal=PRINCIPAL, role=role, person=person)
    app = create_app(service="demo", title="Demo", routers=[router], keys=KeyRing(file, PEPPER, "test"), ready=ready, reach=reach)
    app.state.deps, app.state.reads = None, _NoLog()
    headers = {"Authorization": f"Bearer {raw}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo", headers=headers) as client:
        yield client


def routes() -> APIRouter:
    router = APIRouter(tags=["things"])
    router.add_api_route("/v1/undeclared", answer, dependencies=[READ])
    router.add_api_route("/v1/company", answer, dependencies=[READ, company], name="company")
    router.add_api_route("/v1/areas/{area_id}", answer, dependencies=[READ], name="area")
    router.add_api_route("/v1/customers/{customer_id}/all", answer, dependencies=[READ, everybody], name="all")
    return router


@pytest.mark.parametrize("role", ["salesperson", "supervisor"])
@pytest.mark.parametrize("path", ["/v1/undeclared", "/v1/areas/EAST", f"/v1/customers/{UUID(int=1)}/all"])
async def test_what_declares_nothing_is_for_those_who_reach_everybody(tmp_path: Path, role: str, path: str) -> None:
    async with calling(tmp_path, routes(), REACH, role) as limited:
        refused = await limited.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "ROWS_LIMITED")
        assert (await limited.get("/v1/company")).json() == {"seen": "all"}


@pytest.mark.parametrize("path", ["/v1/undeclared", "/v1/areas/EAST", f"/v1/customers/{UUID(int=1)}/all", "/v1/company"])
async def test_who_reaches_everybody_passes_without_a_question_to_the_database(tmp_path: Path, path: str) -> None:
    async with calling(tmp_path, routes(), REACH, None) as machine:
        assert (await machine.get(path)).json() == {"seen": "all"}


async def test_an_application_without_a_reach_answers_nobody_with_limited_rows(tmp_path: Path) -> None:
    async with calling(tmp_path, routes(), None, "salesperson") as limited:
        for path in ("/v1/undeclared", "/v1/company", f"/v1/customers/{UUID(int=1)}/all"):
            assert (await limited.get(path)).json()["code"] == "ROWS_LIMITED"


@pytest.mark.parametrize("path", ["/v1/notes/{other_id}", "/v1/customers/{customer_id}/notes/{other_id}", "/v1/{area}"])
def test_a_parameter_of_which_nobody_has_said_who_is_behind_it_stops_the_start(tmp_path: Path, path: str) -> None:
    router = APIRouter()
    router.add_api_route(path, answer, dependencies=[READ, listed])
    (tmp_path / "keys.json").write_text('{"keys": []}')
    with pytest.raises(ReachUndeclared):
        create_app(
            service="demo",
            title="Demo",
            routers=[router],
            keys=KeyRing(tmp_path / "keys.json", PEPPER, "test"),
            ready=ready,
            reach=REACH,
        )


def test_the_customer_of_a_path_goes_before_its_objects() -> None:
    assert REACH.bound(["customer_id", "note_id"]) == "customer_id"
    assert REACH.bound(["note_id", "area_id"]) == "note_id"
    assert REACH.bound(["area_id"]) is None
