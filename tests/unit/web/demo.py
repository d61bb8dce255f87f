"""A small application on the shared border, for asking it every wrong question."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field
from starlette.responses import Response

from shared.auth.keys import KeyRing, make_key
from shared.auth.scopes import SEES_PERSONS
from shared.web.answers import Answer
from shared.web.app import create_app
from shared.web.commands import Command, CommandKey, IfMatch, resource, respond, reused_key
from shared.web.correlation import event_meta
from shared.web.days import use_today
from shared.web.fields import Body, BusinessDay, CustomerRef, MoneyIn, Name, Whole
from shared.web.health import Readiness
from shared.web.pages import CursorCodec, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.retiring import retiring
from shared.web.scope import Caller, Plain, bulk, lean, lean_with, scope, streamed

PEPPER = b"p" * 32
PRINCIPAL = UUID("00000000-0000-4000-8000-000000000001")


class Line(Body):
    article: Name
    quantity: Whole = 1


class Thing(Body):
    name: Name
    size: Whole = Field(default=1, ge=0)
    net: MoneyIn | None = None
    sold_on: BusinessDay | None = None
    customer: CustomerRef | None = None
    lines: tuple[Line, ...] = ()
    anything: Any = None


@dataclass
class Demo:
    """What the demo remembers, and what it shall do wrong."""

    codec: CursorCodec = field(default_factory=lambda: CursorCodec(b"c" * 32))
    stored: dict[tuple[UUID, str, str], tuple[bytes, int, dict[str, Any]]] = field(default_factory=dict)
    seen: list[Any] = field(default_factory=list)
    plainly: list[CommandKey] = field(default_factory=list)
    """What was answered by the shorter way of plain bodies."""
    fails_with: Exception = field(default_factory=lambda: RuntimeError("canary-value"))
    readiness: Readiness | Exception = field(default_factory=lambda: Readiness(True, {"postgres": "up"}))
    at_position: bool = True

    def routers(self) -> list[APIRouter]:
        things = APIRouter(prefix="/v1", tags=["things"])
        write = scope("demo.thing.write")
        read = scope("demo.thing.read")

        @things.post("/things", status_code=201, dependencies=[write])
        async def post_thing(body: Thing, key: Command, request: Request, batch: str | None = None) -> Response:
            """Make a thing."""
            found = self.stored.get((key.principal, key.route, key.key))
            if found is not None:
                if found[0] != key.fingerprint:
                    raise reused_key()
                return respond(Answer.read(found[1], found[2]), request)
            self.seen.append((body, event_meta(request)))
            if body.name == "refused":
                answer = Answer.of(Problem("CONFLICT", detail="no more"))
            else:
                answer = Answer(
                    201, {"id": str(key.new_id())}, 1, "regulars.demo.events.v1/3/1.700.5", f"/v1/things/{key.new_id()}"
                )
            self.stored[(key.principal, key.route, key.key)] = (key.fingerprint, answer.status, answer.stored())
            return respond(answer, request)

        @things.post("/quick-things", status_code=201, dependencies=[write, lean])
        async def post_quick_thing(
            body: Thing, key: Command, deps: Annotated[int, Depends(lambda: None)], request: Request
        ) -> Response:
            if body.name == "failing":
                raise self.fails_with
            answer = {"id": str(key.new_id()), "key": key.key, "route": key.route, "thing": body}
            return respond(Answer(201, answer, 1, replayed=body.size > 5), request)

        def plainly(body: bytes, _deps: None) -> tuple[Thing, bytes] | None:
            # As a service's own reading of plain bodies: narrow, and None for everything else.
            match = re.fullmatch(rb'\{"name": "([a-z]{1,9})", "size": ([1-9]?)\}', body)
            if match is None or not match[2]:
                return None
            thing = Thing(name=match[1].decode(), size=int(match[2]))
            return thing, b'{"name":"%b","size":%b}' % (match[1], match[2])

        async def answer_plainly(thing: Thing, key: CommandKey, _deps: None, meta: Mapping[str, str]) -> Answer:
            if thing.name == "failing":
                raise self.fails_with
            self.plainly.append(key)
            if thing.name == "refused":
                return Answer.of(Problem("CONFLICT", detail="no more"))
            said = {"id": key.new_id(), "fingerprint": key.fingerprint.hex(), "route": key.route, "thing": thing}
            said |= {"by": meta["principal"], "known": sorted(meta)}
            return Answer(201, said, 1, "regulars.demo.events.v1/3/1.700.5", replayed=thing.size > 5)

        @things.post("/plain-things", status_code=201, dependencies=[write, lean_with(Plain(plainly, answer_plainly))])
        async def post_plain_thing(
            body: Thing, key: Command, deps: Annotated[int, Depends(lambda: None)], request: Request
        ) -> Response:
            before = len(self.plainly)
            answer = await answer_plainly(body, key, None, event_meta(request))
            del self.plainly[before:]
            return respond(answer, request)

        @things.post("/things/bulk", status_code=207, dependencies=[write, bulk])
        async def post_things(body: list[Thing], key: Command, request: Request) -> Response:
            return respond(Answer(207, {"items": [str(key.new_id(i)) for i, _ in enumerate(body)]}), request)

        @things.post("/imports", status_code=202, dependencies=[write, streamed])
        async def post_import(key: Command, request: Request) -> Response:
            size = 0
            async for chunk in request.stream():
                size += len(chunk)
            return respond(Answer(202, {"bytes": size, "key": key.key}), request)

        @things.put("/things/{thing_id}/name", dependencies=[write])
        async def put_name(thing_id: UUID, body: Thing, version: IfMatch, request: Request) -> Response:
            if version != 3:
                raise Problem("VERSION_STALE")
            return respond(Answer(200, {"id": str(thing_id)}, 4), request)

        @things.get(
            "/old-things", dependencies=[read, retiring(since=date(2026, 3, 1), sunset=date(2026, 9, 1), instead="/v1/things")]
        )
        async def get_old_things() -> Response:
            return Json({"items": []})

        @things.get("/things/{thing_id}", dependencies=[read])
        async def get_thing(thing_id: UUID, request: Request) -> Response:
            return resource({"id": thing_id}, 3, request)

        @things.get("/customers/{customer_id}", dependencies=[read])
        async def get_customer(customer_id: UUID) -> Response:
            return Json({"customer_id": customer_id, "name": "Hua Xin"})

        @things.get("/things/{thing_id}/age", dependencies=[read])
        async def get_age(thing_id: UUID, request: Request) -> Response:
            return resource({"id": thing_id, "days": 7}, 3, request, by_version=False)

        @things.get("/things", dependencies=[read])
        async def get_things(
            request: Request,
            limit: Limit = 2,
            cursor: CursorParameter = None,
            prefix: str | None = None,
            sold: bool | None = None,
            color: Annotated[list[str] | None, Query()] = None,
            min_position: MinPosition = None,
        ) -> Response:
            async def wait(_position: str) -> bool:
                return self.at_position

            await reached(min_position, wait)
            filters = filter_hash(list="things", prefix=prefix)
            after = self.codec.decode(filters, cursor, 1)[0] if cursor else 0
            assert isinstance(after, int)
            items = [{"n": n} for n in range(after + 1, min(after + limit, 5) + 1)]
            last = after + len(items)
            return page_response(Page(items, self.codec.encode(filters, [last]) if last < 5 else None), request)

        @things.get("/failure", dependencies=[read])
        async def get_failure() -> Response:
            raise self.fails_with

        @things.get("/me", dependencies=[scope("demo.me.read")])
        async def get_me(caller: Caller) -> Response:
            return Json({"name": caller.name, "id": caller.id})

        @things.get("/open", dependencies=[scope(open=True)])
        async def get_open() -> dict[str, str]:
            return {"open": "yes"}

        @things.get("/stream", response_class=EventSourceResponse, dependencies=[read])
        async def get_stream() -> AsyncIterator[ServerSentEvent]:
            for number in range(3):
                yield ServerSentEvent(data={"n": number}, event="thing", id=str(number), retry=3000)

        return [things]

    async def ready(self) -> Readiness:
        if isinstance(self.readiness, Exception):
            raise self.readiness
        return self.readiness


@dataclass
class Running:
    """The application, a client, and keys: one that may do all, one that may only read, two with a small limit, one that may see persons."""

    demo: Demo
    app: FastAPI
    client: httpx.AsyncClient
    keys_file: Path
    all: dict[str, str]
    reading: dict[str, str]
    limited: dict[str, str]
    limited_writing: dict[str, str]
    persons: dict[str, str]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    demo, keys_file = Demo(), folder / "keys.json"
    keys_file.unlink(missing_ok=True)
    use_today(lambda: date(2026, 3, 1))

    def key(name: str, scopes: list[str], limit: int | None = None, principal: UUID = PRINCIPAL) -> dict[str, str]:
        raw = make_key("test", keys_file, PEPPER, name=name, scopes=scopes, principal=principal, limit_per_minute=limit)
        return {"Authorization": f"Bearer {raw}"}

    full = key("all", ["demo.thing.write", "demo.thing.read", "demo.me.read"])
    reading = key("reading", ["demo.thing.read"])
    limited = key("limited", ["demo.thing.read"], 2, uuid4())
    limited_writing = key("limited writing", ["demo.thing.write"], 4, uuid4())
    persons = key("persons", ["demo.thing.read", SEES_PERSONS], None, uuid4())
    app = create_app(
        service="demo",
        title="Demo",
        routers=demo.routers(),
        keys=KeyRing(keys_file, PEPPER, "test"),
        ready=demo.ready,
    )
    app.state.deps = None
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        yield Running(demo, app, client, keys_file, full, reading, limited, limited_writing, persons)


def away() -> list[Exception]:
    """What a database that is away or busy raises."""
    return [
        ConnectionRefusedError("canary-value"), TimeoutError("canary-value"), asyncpg.ConnectionDoesNotExistError("canary-value"),
        asyncpg.CannotConnectNowError("canary-value"), asyncpg.TooManyConnectionsError("canary-value"), asyncpg.InterfaceError("canary-value"),
        asyncpg.QueryCanceledError("canary-value"), asyncpg.AdminShutdownError("canary-value"), asyncpg.DeadlockDetectedError("canary-value"),
        asyncpg.InternalClientError("canary-value"),
    ]  # fmt: skip
