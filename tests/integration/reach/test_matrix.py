"""Every route, as every role, about own customers, those of a colleague, of another area and of nobody, over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import pytest
from fastapi import FastAPI

from shared.auth import keys, roles
from shared.auth.roles import ROLES, Role
from shared.auth.scopes import SCOPES
from tests.integration.reach.asking import Ask, asks
from tests.integration.reach.matrix import Caller, Office, Route, Verdict, in_order, judged, send, spoken, together
from tests.integration.reach.world import SALESPERSON, SUPERIOR, World
from tests.trust.counts import counted

WITH_EVERY_SCOPE = {
    "salesperson": Role(frozenset(SCOPES), "own"),
    "supervisor": Role(frozenset(SCOPES), "areas"),
}
"""Roles of this test: what keeps their callers from foreign customers is their reach alone, and no scope that they lack."""
TELLS_NOTHING = frozenset(
    (
        Route("cards", "GET", "/v1/verifications"),
        Route("cards", "GET", "/v1/payment-plan"),
        Route("cards", "GET", "/v1/results"),
        Route("classification", "GET", "/v1/best-sellers/customers"),
        Route("classification", "GET", "/v1/sales-tasks"),
        Route("classification", "GET", "/v1/stock-turnover"),
        Route("classification", "GET", "/v1/value-class-outlook"),
        Route("complaints", "GET", "/v1/complaint-satisfaction"),
        Route("alerts", "GET", "/v1/dormant"),
    )
)
"""Lists that have nothing to tell of the four customers: nothing is waiting to be verified or to be paid to them, nobody falls to a worse
class, and so on. What they would tell is narrowed as all else is, and that is not shown here."""


def routes_of(app: FastAPI, service: str) -> Iterator[tuple[Route, str | None, str | None]]:
    """Every route with its scope and the manner in which it says that it reaches customers."""
    for one in app.strict_routes:  # type: ignore[attr-defined]
        if one.scope is not None:
            for method in one.methods:
                yield Route(service, method, one.path_format), one.scope, one.reach.manner


def callers(world: World) -> list[Caller]:
    persons = {"salesperson": SALESPERSON, "supervisor": SUPERIOR}
    found = []
    for role, of in ROLES.items():
        limited = of.reach != "everybody"
        kind = {"own": "salesperson", "areas": "supervisor"}.get(of.reach, role)
        headers = world.place.caller(role, persons.get(kind))
        found.append(Caller(role, headers, of.scopes, world.foreign_to(kind), limited))
    return found


@pytest.mark.requirement("S0.23", "S2.14", "S3.45")
async def test_nobody_is_told_of_a_foreign_customer(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known: Mapping[str, Role] = {**ROLES, **{f"{name} with every scope": role for name, role in WITH_EVERY_SCOPE.items()}}
    for module in (keys, roles, sys.modules[__name__]):
        monkeypatch.setattr(module, "ROLES", known)
    scopes = {route: scope for service, app in world.place.apps.items() for route, scope, _ in routes_of(app, service)}
    office, everybody = Office(world), callers(world)
    asked = {one.name: in_order(_asked(world, one)) for one in everybody}
    verdicts: dict[str, list[Verdict]] = {one.name: [] for one in everybody}
    for step in range(3):
        for one in everybody:
            verdicts[one.name].append(await judged(world, office, one, asked[one.name][step], scopes))
        if step == 0:
            await _lists_could_tell(world, office, next(one for one in everybody if one.name == "salesperson with every scope"))
    with capsys.disabled():
        for name, found in verdicts.items():
            sys.stdout.write(f"{name}: {together(found)}\n")
    whole = together(one for found in verdicts.values() for one in found)
    counted(
        routes=len(whole.routes),
        roles=len(ROLES),
        requests=whole.requests,
        leaks=len(whole.leaks),
        otherwise_wrong=len(whole.wrong),
    )
    assert whole.routes == scopes.keys()
    assert (whole.leaks, whole.wrong) == ([], [])


def _asked(world: World, caller: Caller) -> list[Ask]:
    # In every way where it is the reach alone that is tested; where roles differ by their scopes, once for each customer.
    every_way = caller.name.endswith("with every scope")
    return [ask for service, app in world.place.apps.items() for ask in asks(service, app, world, every_way=every_way)]


async def _lists_could_tell(world: World, office: Office, caller: Caller) -> None:
    """What holds no foreign word for a salesperson would hold one otherwise, or says another thing to who reaches everybody."""
    listed = {
        route
        for service, app in world.place.apps.items()
        for route, _, manner in routes_of(app, service)
        if manner == "listed" and route.method == "GET" and "{" not in route.path
    }
    silent = set()
    for route in listed - TELLS_NOTHING:
        mine = [ask for ask in _asked(world, caller) if (ask.service, ask.method, ask.path) == route]
        answers = [(ask, await office.answer(ask)) for ask in mine]
        if any(spoken(world.far, ask, answer) for ask, answer in answers):
            continue
        theirs = [(await send(world, caller.headers, ask)).text for ask, _ in answers]
        if theirs == [answer.text for _, answer in answers]:
            silent.add(route)
    counted(lists=len(listed))
    assert silent == set(), "the company has to have something to tell here"
