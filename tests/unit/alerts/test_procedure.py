"""The published procedure: who stands at which side, what is refused, what a mute takes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.alerts.domain.areas import Area
from services.alerts.domain.muting import Mute, end_mute, mute_of, set_mute
from services.alerts.domain.procedure import BUILT_IN, holders_of, inhibits, procedure_of, publish_procedure, sides_of
from services.alerts.domain.refusals import MuteIsOver, MuteMatchesAll, MuteUnknown, MuteUntilBefore, ProcedureRefused
from shared.contracts.alert_steps import Holder, Inhibition, MuteEnded, MuteMatcher, Route, SideAsked
from shared.contracts.alerts import AlertKind

PERSON, MUTE = UUID(int=1), UUID(int=2)
DAY = date(2026, 3, 2)
HOLDERS = (
    Holder(side="CREDIT", persons=("E-30", "E-31")),
    Holder(side="CREDIT", persons=("E-40",), area_id="EAST"),
    Holder(side="LEGAL", persons=("E-50",)),
)


def inhibition(by_kind: AlertKind, kind: AlertKind) -> Inhibition:
    return Inhibition(by_kind=by_kind, by_level="act", kind=kind)


def with_(**changes: Any) -> Any:
    return msgspec.structs.replace(BUILT_IN, **changes)


def test_whoever_stands_nearest_stands_at_a_side() -> None:
    procedure = with_(holders=HOLDERS)
    assert holders_of(procedure, "CREDIT", ("SHANGHAI", "EAST")) == ("E-40",)
    assert holders_of(procedure, "CREDIT", ("WEST",)) == ("E-30", "E-31")
    assert holders_of(procedure, "SALES", ("WEST",)) == ()


@pytest.mark.requirement("S1.21")
def test_all_routes_that_fit_add_their_sides() -> None:
    legal = Route(sides=("LEGAL",), levels=("stop",), area_ids=("CN",))
    procedure = with_(holders=HOLDERS, routes=(*BUILT_IN.routes, legal))
    areas = {"EAST": Area("EAST", "CN")}
    found = sides_of(procedure, areas, "credit", "stop", "EAST", "E-12", ("E-07", "E-01"))
    assert found == (
        SideAsked(side="CREDIT", persons=("E-40",)),
        SideAsked(side="LEGAL", persons=("E-50",)),
        SideAsked(side="SALESPERSON", persons=("E-12",)),
        SideAsked(side="SUPERIOR", persons=("E-07",)),
    )
    elsewhere = sides_of(procedure, areas, "credit", "act", "WEST", None, ())
    assert [(one.side, one.persons) for one in elsewhere] == [
        ("CREDIT", ("E-30", "E-31")), ("SALESPERSON", ()), ("SUPERIOR", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("level", "kind", "waits"),
    [("stop", "silence", True), ("act", "silence", False), ("stop", "complaints", False)],
)
def test_only_what_is_published_inhibits(level: Any, kind: Any, waits: bool) -> None:
    assert inhibits(BUILT_IN, "credit", level, kind) == waits


def test_versions_are_counted_and_what_cannot_be_followed_is_refused() -> None:
    first = publish_procedure(BUILT_IN, with_(take_days=9), PERSON)
    assert (first.version, first.take_days, first.decided_by) == (1, 9, PERSON)
    assert publish_procedure(procedure_of([first]), BUILT_IN, PERSON).version == 2
    for changes in (
        {"routes": (Route(sides=("CREDIT",), kinds=("credit",)),)},
        {"cause_days": {"watch": 1, "act": 1}},
        {"cause_days": {"watch": 1, "act": 2, "stop": 0}},
        {"closes_itself": ("credit/act",)},
        {"closes_itself": ("weather/watch",)},
        {"holders": (Holder(side="SALESPERSON", persons=("E-1",)),)},
        {"inhibitions": (inhibition("credit", "silence"), inhibition("silence", "credit"))},
        {"inhibitions": (inhibition("credit", "silence"), inhibition("silence", "sales"), inhibition("sales", "credit"))},
    ):
        with pytest.raises(ProcedureRefused):
            publish_procedure(BUILT_IN, with_(**changes), PERSON)


def test_several_kinds_may_inhibit_one_and_one_several() -> None:
    several = (inhibition("credit", "silence"), inhibition("credit", "sales"), inhibition("sales", "silence"))
    assert publish_procedure(BUILT_IN, with_(inhibitions=several), PERSON).inhibitions == several


def test_a_mute_names_something_and_holds_through_its_last_day() -> None:
    matcher = MuteMatcher(kinds=("credit",))
    told = set_mute(MUTE, matcher, "Stocktaking", DAY, DAY, PERSON)
    mute = mute_of([told])
    assert mute == Mute(MUTE, matcher, "Stocktaking", DAY, PERSON)
    assert mute.holds_on(DAY) and not mute.holds_on(DAY + timedelta(days=1))
    ended = end_mute(mute, DAY, PERSON)
    assert ended == MuteEnded(mute_id=MUTE, ended_by=PERSON)
    with pytest.raises(MuteIsOver):
        end_mute(mute_of([told, ended]), DAY, PERSON)
    with pytest.raises(MuteIsOver):
        end_mute(mute, DAY + timedelta(days=1), PERSON)
    with pytest.raises(MuteUnknown):
        end_mute(None, DAY, PERSON)
    with pytest.raises(MuteMatchesAll):
        set_mute(MUTE, MuteMatcher(), "Stocktaking", DAY, DAY, PERSON)
    with pytest.raises(MuteUntilBefore):
        set_mute(MUTE, matcher, "Stocktaking", DAY - timedelta(days=1), DAY, PERSON)
