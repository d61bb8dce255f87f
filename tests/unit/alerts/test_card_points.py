"""Points of a card account: on both sides of a step, adding up, each with its reason."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from services.alerts.domain.card_points import BY_HAND, CardAccount, points_of, table_learnt

CALM = CardAccount(
    limit=400_000, status=(-1, -1, 0, 0, -1, -1), billed=(20_000,) * 6, paid=(20_000, 15_000, 12_000, 20_000, 20_000, 20_000)
)


def codes(account: CardAccount) -> dict[str, int]:
    found = points_of(account)
    assert found.points == sum(int(reason.figures["points"]) for reason in found.reasons)
    return {reason.code: int(reason.figures["points"]) for reason in found.reasons}


def test_a_calm_account_has_no_points() -> None:
    assert codes(CALM) == {}


def test_arrears_count_most_and_the_newest_the_most_of_these() -> None:
    assert codes(replace(CALM, status=(1, 0, 0, 0, 0, 0))) == {"ARREARS_NOW": 10, "MONTHS_IN_ARREARS": 6}
    assert codes(replace(CALM, status=(2, 1, 0, 0, 0, 0))) == {"ARREARS_NOW": 30, "MONTHS_IN_ARREARS": 10}
    assert codes(replace(CALM, status=(0, 2, 0, 0, 0, 0))) == {"ARREARS_BEFORE": 6, "MONTHS_IN_ARREARS": 6}
    assert codes(replace(CALM, status=(0, 1, 0, 0, 0, 0))) == {"MONTHS_IN_ARREARS": 6}


def test_what_was_paid_settles_the_statement_before() -> None:
    paid = (0, 60_000, 30_000, 20_000, 20_000, 0)
    assert codes(replace(CALM, paid=paid)) == {"NOTHING_PAID": 3}
    assert codes(replace(CALM, paid=paid, billed=(20_000, 0, 20_000, 20_000, 20_000, 20_000))) == {}


def test_steps_of_the_limit() -> None:
    assert codes(replace(CALM, limit=300_000)) == {}
    assert codes(replace(CALM, limit=299_999)) == {"LIMIT": 1}
    assert codes(replace(CALM, limit=49_999, billed=(14_000,) * 6)) == {"LIMIT": 6}
    assert codes(replace(CALM, billed=(120_000,) * 6)) == {"LIMIT_USED": 2}
    assert codes(replace(CALM, billed=(119_999,) * 6)) == {}


def test_the_reason_has_the_number() -> None:
    reason = points_of(replace(CALM, status=(0, 3, 2, 0, 0, 0))).reasons[0]
    assert reason.sentence == "6 points: 3 months in arrears a statement ago."
    assert reason.figures == {"value": "3", "points": 6}


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"status": (0,) * 5}, {"paid": ()}])
def test_what_is_no_account_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="six statements"):
        points_of(replace(CALM, **wrong))


def accounts(many: int) -> tuple[list[CardAccount], list[bool]]:
    """Who is two months in arrears defaults half the time, one month a fifth, the others one in twenty; nothing else counts."""
    random = Random(4)
    found, defaulted = [], []
    for _ in range(many):
        months = random.choice((-1, 0, 1, 2))
        limit = float(random.randint(1, 40) * 10_000)
        account = CardAccount(limit, (months, *(0,) * 5), (limit / 10,) * 6, (random.random() * limit / 20,) * 6)
        found.append(account)
        defaulted.append(random.random() < {2: 0.5, 1: 0.2}.get(months, 0.05))
    return found, defaulted


def test_points_are_learnt_from_outcomes() -> None:
    table = table_learnt(*accounts(6000))
    assert table is not None
    now = {months: table[0].points(months) for months in (-1, 0, 1, 2)}
    # Odds of 1 to 19, 1 to 4 and 1 to 1; twice the odds are 20 points.
    assert now[2] - now[1] == pytest.approx(40, abs=6)
    assert now[1] - min(now[0], now[-1]) == pytest.approx(45, abs=8)
    limits = next(term for term in table if term.code == "LIMIT")
    assert max(points for _, points in limits.steps) <= 15, "what says nothing has few points"
    assert len(limits.steps) == 9
    late = points_of(replace(CALM, status=(2, 0, 0, 0, 0, 0)), table)
    assert late.points == sum(int(reason.figures["points"]) for reason in late.reasons) > 50


def test_too_few_outcomes_teach_nothing() -> None:
    known, defaulted = accounts(6000)
    few = [i for i, one in enumerate(defaulted) if one][:199] + [i for i, one in enumerate(defaulted) if not one]
    assert table_learnt([known[i] for i in few], [defaulted[i] for i in few]) is None
    assert points_of(CALM, BY_HAND) == points_of(CALM)
