"""Who leads which areas: by the newest word of the day, with everything that lies within."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.organisation import AreaDefined, SuperiorNamed
from shared.contracts.topics import CARDS_EVENTS
from shared.reach.areas import AREAS, AreaRow, led_by

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def envelope(n: int, event: Event) -> Envelope:
    return Envelope(
        event=event,
        type=event.type,
        event_id=UUID(int=n),
        stream="organisation-company",
        version=n,
        topic=CARDS_EVENTS,
        part=0,
        cursor=Cursor(1, n, n),
        customer_id=None,
        occurred_at=NOW,
        recorded_at=NOW,
    )


def areas(*events: Event) -> dict[str, AreaRow]:
    found: dict[str, AreaRow] = {}
    for n, event in enumerate(events, 1):
        key = AREAS.key(envelope(n, event))
        row = AREAS.evolve(found.get(str(key)), envelope(n, event))
        assert row is not None
        found[str(key)] = row
    return found


def defined(area_id: str, parent_id: str | None = None) -> AreaDefined:
    return AreaDefined(area_id=area_id, name=area_id.title(), parent_id=parent_id)


def named(area_id: str, person: str, since: date = DAY) -> SuperiorNamed:
    return SuperiorNamed(area_id=area_id, superior_id=person, since=since)


COMPANY = (defined("CHINA"), defined("EAST", "CHINA"), defined("SHANGHAI", "EAST"), defined("WEST", "CHINA"))


@pytest.mark.parametrize(
    ("area_id", "led"),
    [
        ("CHINA", {"CHINA", "EAST", "SHANGHAI", "WEST"}),
        ("EAST", {"EAST", "SHANGHAI"}),
        ("SHANGHAI", {"SHANGHAI"}),
        ("WEST", {"WEST"}),
    ],
)
def test_who_leads_an_area_leads_what_lies_in_it(area_id: str, led: set[str]) -> None:
    assert led_by(areas(*COMPANY, named(area_id, "E-07")), "E-07", DAY) == led


def test_the_smaller_area_has_a_superior_of_its_own_and_stays_the_larger_one_s_too() -> None:
    found = areas(*COMPANY, named("EAST", "E-07"), named("SHANGHAI", "E-08"))
    assert (led_by(found, "E-07", DAY), led_by(found, "E-08", DAY)) == ({"EAST", "SHANGHAI"}, {"SHANGHAI"})


def test_a_superior_leads_from_the_day_on_and_the_one_before_no_longer() -> None:
    found = areas(*COMPANY, named("EAST", "E-07", DAY - timedelta(9)), named("EAST", "E-08", DAY))
    day_before = DAY - timedelta(1)
    assert [led_by(found, who, day_before) for who in ("E-07", "E-08")] == [{"EAST", "SHANGHAI"}, frozenset()]
    assert [led_by(found, who, DAY) for who in ("E-07", "E-08")] == [frozenset(), {"EAST", "SHANGHAI"}]


def test_of_one_day_the_later_word_stands() -> None:
    found = areas(*COMPANY, named("WEST", "E-07"), named("WEST", "E-08"), named("WEST", "E-01"))
    assert [led_by(found, who, DAY) for who in ("E-07", "E-08", "E-01")] == [frozenset(), frozenset(), {"WEST"}]


def test_an_area_whose_larger_one_nobody_has_defined_is_led_by_its_own_superior_only() -> None:
    found = areas(defined("EAST", "CHINA"), named("EAST", "E-07"))
    assert led_by(found, "E-07", DAY) == {"EAST"}
    assert led_by(found, "E-99", DAY) == frozenset()
