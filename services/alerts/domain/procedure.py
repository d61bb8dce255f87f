"""How the company takes alerts to their end: who is asked, by when, what closes itself. Published, with sensible defaults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import get_args
from uuid import UUID

import msgspec

from services.alerts.domain.areas import Areas, upwards
from services.alerts.domain.refusals import ProcedureRefused
from services.alerts.domain.signs import LEVELS, rank
from shared.contracts.alert_steps import Inhibition, ProcedurePublished, Route, SideAsked
from shared.contracts.alerts import AlertKind, Level
from shared.contracts.event import Event

STREAM = "procedure"
SALESPERSON = "SALESPERSON"
SUPERIOR = "SUPERIOR"
"""These two sides are known from the card and the sales organisation; whoever stands at others is named in the procedure."""

# Credit that worsens is reported to the superior, and so is what a person has noticed (S2.30, S1.20); the rest is ours.
BUILT_IN = ProcedurePublished(
    version=0,
    routes=(
        Route(sides=(SALESPERSON,)),
        Route(sides=("CREDIT",), kinds=("credit",)),
        Route(sides=("SALES",), kinds=("sales",)),
        Route(sides=("COMPLAINTS",), kinds=("complaints",)),
        Route(sides=(SUPERIOR,), kinds=("credit", "reported")),
        Route(sides=(SUPERIOR,), levels=("act", "stop")),
    ),
    holders=(),
    inhibitions=(Inhibition(by_kind="credit", by_level="stop", kind="silence"),),
    acknowledge_days={"watch": 3, "act": 1, "stop": 0},
    cause_days={"watch": 10, "act": 3, "stop": 2},
    measure_days={"watch": 15, "act": 5, "stop": 3},
    take_days=5,
    again_days=2,
    verify_days=30,
    continues_days=30,
    closes_itself=tuple(f"{kind}/watch" for kind in get_args(AlertKind)),
)


def procedure_of(events: Iterable[Event]) -> ProcedurePublished:
    """The procedure in force after the events of its stream."""
    found = BUILT_IN
    for event in events:
        if isinstance(event, ProcedurePublished):
            found = event
    return found


def publish_procedure(before: ProcedurePublished, wanted: ProcedurePublished, by: UUID) -> ProcedurePublished:
    """The next version. Raises ProcedureRefused, which names what cannot be."""
    if not any(not (route.kinds or route.levels or route.area_ids) for route in wanted.routes):
        raise ProcedureRefused("one route fits every alert, so that none is without a side")
    for name in ("acknowledge_days", "cause_days", "measure_days"):
        days: dict[str, int] = getattr(wanted, name)
        if days.keys() != set(LEVELS):
            raise ProcedureRefused(f"{name} names watch, act and stop")
        if any(days[lower] < days[higher] for lower, higher in pairwise(LEVELS)):
            raise ProcedureRefused(f"{name}: a higher level is not given more days")
    for one in wanted.closes_itself:
        kind, _, level = one.partition("/")
        if kind not in get_args(AlertKind) or level != LEVELS[0]:
            raise ProcedureRefused(f"closes_itself: only the lowest level of a kind closes itself, as in silence/{LEVELS[0]}")
    if any(one.side == SALESPERSON for one in wanted.holders):
        raise ProcedureRefused("the salesperson is named on the card")
    if any(one.by_kind == one.kind for one in wanted.inhibitions):
        raise ProcedureRefused("alerts of one kind do not inhibit each other")
    if _in_a_circle(wanted.inhibitions):
        raise ProcedureRefused("alerts that inhibit each other in a circle would ask nobody")
    return msgspec.structs.replace(wanted, version=before.version + 1, decided_by=by)


def _in_a_circle(inhibitions: Sequence[Inhibition]) -> bool:
    ahead: dict[str, set[str]] = {}
    for one in inhibitions:
        ahead.setdefault(one.by_kind, set()).add(one.kind)
    try:
        TopologicalSorter(ahead).prepare()
    except CycleError:
        return True
    return False


def sides_of(
    procedure: ProcedurePublished,
    areas: Areas,
    kind: AlertKind,
    level: Level,
    area_id: str | None,
    salesperson_id: str | None,
    superiors: Sequence[str],
) -> tuple[SideAsked, ...]:
    """Every side concerned, and who stands there."""
    chain = upwards(areas, area_id)
    sides = {
        side
        for route in procedure.routes
        if (not route.kinds or kind in route.kinds)
        and (not route.levels or level in route.levels)
        and (not route.area_ids or set(route.area_ids) & set(chain))
        for side in route.sides
    }
    found = []
    for side in sorted(sides):
        persons = holders_of(procedure, side, chain)
        if side == SALESPERSON:
            persons = () if salesperson_id is None else (salesperson_id,)
        elif side == SUPERIOR and not persons:
            persons = tuple(superiors[:1])
        found.append(SideAsked(side=side, persons=persons))
    return tuple(found)


def holders_of(procedure: ProcedurePublished, side: str, chain: Sequence[str]) -> tuple[str, ...]:
    """Who stands at a side, by the nearest area that names somebody."""
    for area_id in (*chain, None):
        named = [person for one in procedure.holders if (one.side, one.area_id) == (side, area_id) for person in one.persons]
        if named:
            return tuple(dict.fromkeys(named))
    return ()


def inhibits(procedure: ProcedurePublished, by_kind: AlertKind, by_level: Level, kind: AlertKind) -> bool:
    """Whether an open alert of this kind and level lets those of another kind of the same customer wait."""
    return any(
        (one.by_kind, one.kind) == (by_kind, kind) and rank(by_level) >= rank(one.by_level) for one in procedure.inhibitions
    )
