"""An application that must not be served does not start."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI

from shared.auth.keys import KeyRing, write_keys
from shared.web import catalogue
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.openapi import OperationIdTaken
from shared.web.problem import Problem
from shared.web.scope import ScopeUndeclared, scope


async def ready() -> Readiness:
    return Readiness(True)


def build(folder: Path, *routers: APIRouter) -> FastAPI:
    write_keys(folder / "keys.json", ())
    return create_app(
        service="demo", title="Demo", routers=routers, keys=KeyRing(folder / "keys.json", b"p", "test"), ready=ready
    )


async def answer() -> None: ...


def test_a_route_without_a_scope_stops_the_start(tmp_path: Path) -> None:
    router = APIRouter()
    router.add_api_route("/v1/forgotten", answer)
    with pytest.raises(ScopeUndeclared, match="/v1/forgotten"):
        build(tmp_path, router)


def test_a_scope_may_be_declared_by_the_router(tmp_path: Path) -> None:
    inner, outer = APIRouter(), APIRouter(prefix="/v1", dependencies=[scope("demo.thing.read")])
    inner.add_api_route("/inner", answer)
    outer.include_router(inner)
    assert any(getattr(route, "path", "") == "/v1/inner" for route in build(tmp_path, outer).routes)


def test_two_operations_of_one_name_stop_the_start(tmp_path: Path) -> None:
    router = APIRouter(dependencies=[scope(open=True)])
    router.add_api_route("/v1/a", answer)
    router.add_api_route("/v1/b", answer)
    with pytest.raises(OperationIdTaken, match="demo_answer"):
        build(tmp_path, router)


@pytest.mark.parametrize("name", ["cards", "Cards.customer.read", "cards.customer", "cards.customer.read.more", ""])
def test_malformed_scopes_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        scope(name)


def test_a_scope_is_either_named_or_open() -> None:
    with pytest.raises(ValueError, match="scope"):
        scope()
    with pytest.raises(ValueError, match="scope"):
        scope("cards.customer.read", open=True)


def test_problems_need_a_catalogued_code() -> None:
    with pytest.raises(ValueError, match="catalogue"):
        Problem("NEVER_HEARD_OF")
    assert Problem("NEVER_HEARD_OF", 409, "Never heard of").body()["type"] == "/problems/never-heard-of"
    with pytest.raises(ValueError, match="twice"):
        catalogue.describe("CONFLICT", 409, "another title", "another text")
