"""Replay equals live: the same events give the same alerts with the same ids on the same days, however they are read."""

from __future__ import annotations

from random import Random
from zoneinfo import ZoneInfo

import pytest

from deploy.replay.ways import WAYS, Way, digest, said_by
from services.alerts.domain.control import Control
from services.alerts.engine.step import step
from tests.unit.alerts.test_engine_order import END, a_year_of_trade, jittered, whole

ZONE = ZoneInfo("Asia/Shanghai")


# Records that come late come one by one: one story for each of those ways is enough here.
TRIED = [(seed, way) for seed in (11, 12) for way in WAYS if not way.late or (seed == 11) == (way.batch == 1)]


@pytest.mark.parametrize(("seed", "way"), TRIED, ids=str)
def test_every_way_of_reading_says_the_same_bit_for_bit(seed: int, way: Way) -> None:
    """INVARIANT: broken by a clock, by anything that looks at batch, part or topic, and by a state that is not wholly kept."""
    # Writers overlap: what lies later in the log was not always recorded later.
    items = sorted(jittered(a_year_of_trade(seed, customers=7), Random(seed)), key=lambda item: item.key)
    _, said = whole(items)
    assert len(said) > 20
    assert digest(said_by(items, way, END, ZONE, seed)) == digest(said)


def test_the_digest_sees_a_single_figure() -> None:
    items = a_year_of_trade(11)
    said = list(step({}, Control(), items, END, ZONE).sayings)
    assert digest(said) == digest(reversed(said))
    assert digest(said) != digest(said[1:])
    assert digest(said) != digest([said[0]._replace(at=END), *said[1:]])
