"""Whatever stands in an address, a function is given what the framework would give it, and wrong values are answered as ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from unittest import mock
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.responses import Response

from services.alerts.api import ROUTERS as ALERTS
from services.cards.api import ROUTERS as CARDS
from services.classification.api import ROUTERS as CLASSIFICATION
from services.complaints.api import ROUTERS as COMPLAINTS
from shared.auth.keys import KeyRing, make_key
from shared.web import routes
from shared.web.app import create_app
from shared.web.days import use_today
from shared.web.fields import BusinessDay, Name, Reference
from shared.web.pages import CursorParameter, Limit
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.routes import strict_routes
from shared.web.scope import scope
from shared.web.taking import plain_endpoint
from tests.unit.web.demo import PEPPER, Demo

Text = Annotated[str, Query(max_length=5)]


async def inner(
    request: Request, flag: bool = False, code: Annotated[Literal["A", "B"] | None, Query(alias="c")] = None
) -> object:
    return [flag, code, request.method]


async def outer(made: Annotated[object, Depends(inner)], text: Text = "t") -> object:
    if text == "stop":
        raise Problem("CONFLICT")
    return [made, text]


async def checked(text: Text = "t") -> None:
    if text == "no":
        raise Problem("NOT_FOUND")


router = APIRouter(tags=["things"], dependencies=[scope("demo.thing.write")])


@router.get("/things/{thing_id}/{place}", dependencies=[Depends(checked)])
async def get_things(
    thing_id: UUID,
    place: int,
    request: Request,
    made: Annotated[object, Depends(outer)],
    needed: Annotated[int, Query(ge=1)],
    limit: Limit = 50,
    cursor: CursorParameter = None,
    name: Name | None = None,
    day: BusinessDay | None = None,
    since: date | None = None,
    where: Annotated[Sequence[Reference], Query(max_length=2)] = (),
    which: Annotated[list[int] | None, Query()] = None,
) -> Response:
    values = [thing_id, place, made, needed, limit, cursor, name, day, since, list(where), which, type(where).__name__]
    return Json({"values": [str(value) for value in values], "path": request.url.path})


@asynccontextmanager
async def asked(folder: Path, *, framework: bool) -> AsyncIterator[httpx.AsyncClient]:
    file = folder / "keys.json"
    file.unlink(missing_ok=True)
    raw = make_key("test", file, PEPPER, name="all", scopes=["demo.thing.write"], principal=UUID(int=1))
    use_today(lambda: date(2026, 3, 1))
    how = mock.patch.object(routes, "plain_endpoint", lambda _dependant: None) if framework else nullcontext()
    with how:
        ring = KeyRing(file, PEPPER, "test")
        app = create_app(service="demo", title="Demo", routers=[router], keys=ring, ready=Demo().ready)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://demo", headers={"Authorization": f"Bearer {raw}"}
    ) as client:
        yield client


async def both_ways(folder: Path, addresses: Sequence[str]) -> list[tuple[int, Any]]:
    found = []
    (folder / "a").mkdir(exist_ok=True)
    async with asked(folder, framework=False) as plainly, asked(folder / "a", framework=True) as usually:
        for address in addresses:
            answers = []
            for client in (plainly, usually):
                answer = await client.get(address)
                body = answer.json()
                body.pop("trace_id", None)
                answers.append((answer.status_code, body))
            assert answers[0] == answers[1], address
            found.append(answers[0])
    return found


ID = "00000000-0000-4000-8000-000000000001"
PLAIN = f"/things/{ID}/7?needed=3"


async def test_what_fits_is_given_as_the_framework_gives_it(tmp_path: Path) -> None:
    more = "&limit=9&cursor=x&name=%20One%20&day=2026-02-03&since=2026-02-04&where=a&where=b&which=1&which=2&flag=true&c=B&text=u"
    (plain, full) = await both_ways(tmp_path, [PLAIN, PLAIN + more])
    assert plain == (
        200,
        {
            "values": [ID, "7", "[[False, None, 'GET'], 't']", "3", "50", *["None"] * 4, "[]", "None", "tuple"],
            "path": f"/things/{ID}/7",
        },
    )
    assert full[1]["values"][2] == "[[True, 'B', 'GET'], 'u']"
    assert full[1]["values"][6:] == ["One", "2026-02-03", "2026-02-04", "['a', 'b']", "[1, 2]", "list"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/things/{ID}/7", 422),
        (f"/things/{ID}/x?needed=3", 422),
        ("/things/none/7?needed=3", 422),
        (PLAIN.replace("3", "0"), 422),
        (f"{PLAIN}&limit=0&day=1989-01-01&name=%20", 422),
        (f"{PLAIN}&where=a&where=b&where=c", 422),
        (f"{PLAIN}&which=", 422),
        (f"{PLAIN}&limit=2&limit=3", 400),
        (f"{PLAIN}&other=2", 400),
        (f"{PLAIN}&text=stop", 409),
        (f"{PLAIN}&text=no", 404),
        (f"{PLAIN}&text=stop&limit=0", 409),
        (f"{PLAIN}&text=toolong&limit=0", 422),
        (f"/things/{ID}/7?text=no", 404),
    ],
)
async def test_what_does_not_fit_is_answered_by_the_framework(tmp_path: Path, address: str, status: int) -> None:
    assert (await both_ways(tmp_path, [address]))[0][0] == status


async def test_the_framework_is_not_asked_for_what_fits(tmp_path: Path) -> None:
    async with asked(tmp_path, framework=False) as client:
        with mock.patch("fastapi.routing.solve_dependencies", side_effect=AssertionError):
            assert (await client.get(PLAIN)).status_code == 200


names = st.sampled_from(["needed", "limit", "cursor", "name", "day", "since", "where", "which", "flag", "c", "text", "other"])
values = st.sampled_from(
    ["", "0", "3", "true", "False", "A", "2026-02-03", "2026-02-30", "stop", "no", "%20x%20", "%00", "1.0", "٣"]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("taking")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.tuples(names, values), max_size=5), min_size=20, max_size=30))
def test_any_address(folder: Path, queries: list[list[tuple[str, str]]]) -> None:
    addresses = [f"{PLAIN}&" + "&".join(f"{name}={value}" for name, value in query) for query in queries]
    asyncio.run(both_ways(folder, addresses))


class Model(BaseModel):
    text: str = "t"


async def _header(x: Annotated[str | None, Header()] = None) -> Response:
    raise AssertionError


async def _later(tasks: BackgroundTasks) -> Response:
    raise AssertionError


async def _model(asked: Annotated[Model, Query()]) -> Response:
    raise AssertionError


async def _no_response() -> dict[str, str]:
    raise AssertionError


async def _made() -> AsyncIterator[int]:
    yield 1


async def _of_a_generator(made: Annotated[int, Depends(_made)]) -> Response:
    raise AssertionError


def _not_awaited() -> Response:
    raise AssertionError


@pytest.mark.parametrize("function", [_header, _later, _model, _no_response, _of_a_generator, _not_awaited])
def test_what_takes_anything_else_is_left_to_the_framework(function: Any) -> None:
    made = APIRouter(tags=["things"])
    made.get("/things", dependencies=[scope(open=True)])(function)
    (route,) = strict_routes([made], lambda _tag, name: name)
    assert plain_endpoint(route.dependant) is None


def test_lists_do_not_need_the_framework() -> None:
    every = strict_routes([*CARDS, *CLASSIFICATION, *COMPLAINTS, *ALERTS], lambda tag, name: f"{tag}_{name}")
    needed = {route.path for route in every if "GET" in (route.methods or ()) and plain_endpoint(route.dependant) is None}
    assert needed == {"/v1/customers/stream", "/v1/alerts/stream"}
