"""Asks everything of everybody, and judges each answer: what is foreign to a caller is in none of them, and looks as what there is not."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote
from uuid import uuid4

import httpx

from tests.integration.reach.asking import Ask
from tests.integration.reach.world import Someone, World
from tests.integration.running import key

AT_ONCE = 4


class Route(NamedTuple):
    service: str
    method: str
    path: str


@dataclass(frozen=True)
class Caller:
    """`scopes` None: every one. `foreign`: whom this caller must not know of; `limited`: whether there may be anybody at all."""

    name: str
    headers: Mapping[str, str]
    scopes: frozenset[str] | None
    foreign: tuple[Someone, ...]
    limited: bool


@dataclass
class Verdict:
    """What came of one caller's requests, by kind, and everything that is wrong."""

    routes: set[Route] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.counts.values())

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.counts.items()))
        return f"{len(self.routes)} routes, {self.requests} requests ({kinds}), {len(self.leaks)} leaks, {len(self.wrong)} wrong"


def together(verdicts: Iterable[Verdict]) -> Verdict:
    found = Verdict()
    for one in verdicts:
        found.routes |= one.routes
        found.counts += one.counts
        found.leaks += one.leaks
        found.wrong += one.wrong
    return found


@dataclass
class Office:
    """What a caller with every scope who reaches everybody is answered: what the others' answers are compared with."""

    world: World
    found: dict[str, httpx.Response] = field(default_factory=dict)

    async def answer(self, ask: Ask) -> httpx.Response:
        asked = json.dumps([ask.service, ask.method, ask.url, dict(ask.params), ask.body], sort_keys=True)
        if asked not in self.found:
            self.found[asked] = await send(self.world, self.world.place.office, ask)
        return self.found[asked]


def route_of(ask: Ask) -> Route:
    return Route(ask.service, ask.method, ask.path)


async def judged(world: World, office: Office, caller: Caller, asked: Iterable[Ask], scopes: Mapping[Route, str]) -> Verdict:
    """All of these requests as this caller."""
    verdict = Verdict()
    nowhere: dict[Route, Any] = {}
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(ask: Ask) -> None:
        async with turns:
            route = route_of(ask)
            answer = await send(world, caller.headers, ask)
            verdict.routes.add(route)
            for other in caller.foreign:
                verdict.leaks += [f"{ask}: {word} of {other.who}" for word in spoken(other, ask, answer)[:1]]
            may = caller.scopes is None or scopes[route] in caller.scopes
            kind, wrong = await _judge(office, caller, ask, answer, may, nowhere)
            verdict.counts[kind] += 1
            verdict.wrong += [f"{ask}: {answer.status_code}: {each}" for each in wrong]

    await asyncio.gather(*(one(ask) for ask in asked))
    return verdict


ENDING = ("/erasure", "/erasure/approval", "/merge", "/trade-end", "/assignment")


def in_order(asked: Sequence[Ask]) -> Sequence[Sequence[Ask]]:
    """Reading, writing, and what ends a customer or hands it to somebody else: in this order nothing is in the way of the rest."""
    ending = [ask for ask in asked if ask.method != "GET" and ask.path.endswith(ENDING)]
    writing = [ask for ask in asked if ask.method != "GET" and not ask.path.endswith(ENDING)]
    return ([ask for ask in asked if ask.method == "GET"], writing, ending)


async def send(world: World, headers: Mapping[str, str], ask: Ask, url: str | None = None) -> httpx.Response:
    sent = {**headers, "Regulars-Purpose": "VISIT", **ask.headers, **({} if ask.method == "GET" else key())}
    client = world.place.clients[ask.service]
    return await client.request(ask.method, url or ask.url, params=dict(ask.params), json=ask.body, headers=sent)


async def _judge(
    office: Office, caller: Caller, ask: Ask, answer: httpx.Response, may: bool, nowhere: dict[Route, Any]
) -> tuple[str, list[str]]:
    status, problem = answer.status_code, _problem(answer)
    wrong = ["fails"] if status >= 500 else []
    if not may:
        return "without the scope", [] if problem[:2] == (403, "SCOPE_MISSING") else ["answered without its scope"]
    if problem[:2] == (403, "ROWS_LIMITED"):
        return "not for limited callers", [] if caller.limited else ["limits who reaches everybody"]
    if ask.of is not None and ask.of in caller.foreign:
        route = route_of(ask)
        if route not in nowhere:
            nowhere[route] = _problem(await send(office.world, caller.headers, ask, _elsewhere(ask)))
        if status != 404 or problem != nowhere[route]:
            wrong.append(f"{problem} is not {nowhere[route]}, which is answered where there is nothing")
        return "of somebody foreign, as if there were nothing", wrong
    if ask.about is not None and ask.about in caller.foreign:
        if ask.body is not None and answer.is_success and not _all_refused(answer):
            wrong.append("takes what is about somebody foreign")
        return "about somebody foreign", wrong
    if ask.method == "GET" and status != (asked := await office.answer(ask)).status_code:
        wrong.append(f"{problem}, and the office gets {asked.status_code}")
    if ask.of is not None and ask.method != "GET" and status == 404 and caller.limited:
        given = await send(office.world, caller.headers, ask, _elsewhere(ask))
        # The thing that stands behind the customer may be what is not there.
        if problem == _problem(given) and problem[1] == "CUSTOMER_UNKNOWN":
            wrong.append("an own customer is unknown")
    return "answered" if answer.is_success else "refused as to anybody", wrong


def spoken(one: Someone, ask: Ask, answer: httpx.Response) -> list[str]:
    """The words of somebody that an answer holds, and that the caller has not said."""
    said = unquote(f"{ask.url} {ask.params} {ask.body}").lower()
    heard = unquote(f"{answer.text} {dict(answer.headers)}").lower()
    return [word for word in sorted(one.words) if word.lower() in heard and word.lower() not in said]


def _elsewhere(ask: Ask) -> str:
    """The same address with ids of nothing."""
    assert ask.of is not None
    url = ask.url
    for value in ask.of.ids.values():
        url = url.replace(value, str(uuid4()))
    return url


def _problem(answer: httpx.Response) -> tuple[Any, ...]:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return (answer.status_code,)
    body = answer.json()
    return (answer.status_code, *(body.get(name) for name in ("code", "title", "detail", "type", "errors")))


def _all_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 207 and all(item["status"] == "rejected" for item in answer.json()["items"])
