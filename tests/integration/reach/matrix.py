"""Asks everything of everybody, and judges each answer: what is foreign to a caller is in none of them, and looks as what there is not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx

from tests.integration.reach.asking import Ask
from tests.integration.reach.world import Someone, World
from tests.integration.running import key

AT_ONCE = 4
_NOWHERE = UUID(int=0xFEED)


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

    caller: str
    routes: set[tuple[str, str, str]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        shown = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return (
            f"{self.caller}: {len(self.routes)} routes, {sum(self.counts.values())} requests ({shown}), {len(self.wrong)} wrong"
        )


async def judged(world: World, caller: Caller, asked: Sequence[Ask], scopes: Mapping[tuple[str, str, str], str]) -> Verdict:
    """All of these requests as this caller."""
    verdict = Verdict(caller.name)
    unknown: dict[tuple[str, str, str], Any] = {}
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(ask: Ask) -> None:
        async with turns:
            answer = await send(world, caller.headers, ask)
            route = (ask.service, ask.method, ask.path)
            verdict.routes.add(route)
            may = caller.scopes is None or scopes[route] in caller.scopes
            kind, wrong = await _judge(world, caller, ask, answer, may, unknown)
            verdict.counts[kind] += 1
            verdict.wrong += [f"{caller.name}: {ask}: {answer.status_code} {one}" for one in wrong]

    # What ends a customer is asked last, reading goes before writing.
    for group in _in_order(asked):
        await asyncio.gather(*(one(ask) for ask in group))
    return verdict


def _in_order(asked: Sequence[Ask]) -> Sequence[Sequence[Ask]]:
    reading = [ask for ask in asked if ask.method == "GET"]
    ending = [ask for ask in asked if ask.method != "GET" and ask.path.endswith(("/erasure", "/merge", "/trade-end"))]
    writing = [ask for ask in asked if ask.method != "GET" and ask not in ending]
    return (reading, writing, ending)


async def send(world: World, headers: Mapping[str, str], ask: Ask, url: str | None = None) -> httpx.Response:
    sent = {**headers, **ask.headers, **({} if ask.method == "GET" else key())}
    client = world.place.clients[ask.service]
    return await client.request(ask.method, url or ask.url, params=dict(ask.params), json=ask.body, headers=sent)


async def _judge(
    world: World, caller: Caller, ask: Ask, answer: httpx.Response, may: bool, unknown: dict[Any, Any]
) -> tuple[str, list[str]]:
    wrong = [f"speaks of {one.who}: {word}" for one in caller.foreign for word in spoken(one, ask, answer)[:1]]
    status = answer.status_code
    if status >= 500:
        wrong.append("fails")
    if not may:
        if status != 403 or answer.json()["code"] != "SCOPE_MISSING":
            wrong.append("is answered without its scope")
        return "scope missing", wrong
    if status == 403 and answer.json()["code"] == "ROWS_LIMITED":
        if not caller.limited:
            wrong.append("limits who reaches everybody")
        return "not for limited callers", wrong
    if ask.of is not None and ask.of in caller.foreign:
        route = (ask.service, ask.method, ask.path)
        if route not in unknown:
            unknown[route] = _problem(await send(world, caller.headers, ask, _elsewhere(ask)))
        if status != 404 or _problem(answer) != unknown[route]:
            wrong.append(f"does not look as what there is not: {_problem(answer)}, {unknown[route]}")
        return "foreign, as if there were none", wrong
    if ask.body is not None and ask.about is not None and ask.about in caller.foreign:
        if answer.is_success and not _all_refused(answer):
            wrong.append("takes what is about somebody foreign")
        return "foreign in the body, refused", wrong
    if ask.of is not None and ask.about is None and status == 404:
        wrong.append(f"is not there: {_problem(answer)}")
    if ask.method == "GET" and ask.of is not None and ask.about is None and status != 200:
        wrong.append(f"is not shown: {_problem(answer)}")
    if ask.of is None and ask.about is None and ask.method == "GET" and status != 200:
        wrong.append(f"is not shown: {_problem(answer)}")
    return ("answered" if answer.is_success else "refused for other reasons"), wrong


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
    try:
        body = answer.json()
    except ValueError:
        return (answer.status_code, answer.text[:200])
    return (answer.status_code, *(body.get(name) for name in ("code", "title", "detail", "type", "errors")))


def _all_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 207 and all(item["status"] == "rejected" for item in answer.json()["items"])
