"""What became of a warning: both sides of each border."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.alerts.domain.hindsight import (
    HORIZON_DAYS,
    Judged,
    Loss,
    credit_judged,
    foretells,
    loss_day,
    losses_of,
    orders_of,
    silence_judged,
)
from services.alerts.domain.rules import ALL_RULES, RULES_BY_ID

FIRST = date(2025, 1, 1)
LAST = FIRST + timedelta(days=20)
LOST_ON = LAST + timedelta(days=120)
DAYS = [FIRST, FIRST + timedelta(days=10), LAST]
LATE = date(2026, 6, 30)


def test_a_customer_is_lost_after_the_days_or_four_of_its_own_units() -> None:
    assert loss_day(DAYS, 2, 120) == LOST_ON
    slow = [FIRST + timedelta(days=50 * i) for i in range(4)]
    assert loss_day(slow, 3, 120) == slow[3] + timedelta(days=200)
    assert loss_day(slow, 0, 120) == slow[0] + timedelta(days=120), "one purchase is no rhythm"
    # A unit is fourteen days at least.
    assert loss_day(DAYS, 2, 30) == LAST + timedelta(days=56)


@pytest.mark.parametrize(
    ("opened_on", "back_on", "known_until", "verdict"),
    [
        (LOST_ON - timedelta(days=1), None, LATE, "TRUE"),
        (LOST_ON, None, LATE, "TOO_LATE"),
        (LAST + timedelta(days=30), LOST_ON - timedelta(days=1), LATE, "FALSE"),
        (LAST + timedelta(days=30), LOST_ON, LATE, "TRUE"),
        (LAST + timedelta(days=30), None, LOST_ON - timedelta(days=1), "UNDECIDED"),
        (LAST + timedelta(days=30), None, LOST_ON, "TRUE"),
        (FIRST - timedelta(days=1), None, LATE, "UNDECIDED"),
    ],
)
def test_a_warning_of_silence_is_judged_by_the_loss(
    opened_on: date, back_on: date | None, known_until: date, verdict: str
) -> None:
    days = DAYS if back_on is None else [*DAYS, back_on]
    judged = silence_judged(opened_on, days, "purchases", 120, known_until)
    assert judged.verdict == verdict
    if verdict in ("TRUE", "TOO_LATE"):
        assert judged.loss == Loss("purchases", LAST, LOST_ON, back_on)
    else:
        assert judged.loss is None


def test_losses_are_the_days_on_which_nothing_had_come() -> None:
    back = LOST_ON + timedelta(days=5)
    days = [*DAYS, back]
    assert losses_of(days, "purchases", range(3, 5), 120, LATE) == [
        Loss("purchases", LAST, LOST_ON, back),
        Loss("purchases", back, loss_day(days, 3, 120), None),
    ]
    assert losses_of(days, "purchases", range(3, 5), 120, LOST_ON - timedelta(days=1)) == []
    assert losses_of(days, "purchases", range(1, 3), 120, LATE) == [], "with fewer purchases it was never lost"


FAILED = Loss("CNY", FIRST, FIRST + timedelta(days=90), FIRST + timedelta(days=100))


@pytest.mark.parametrize(
    ("opened_on", "channel", "known_until", "judged"),
    [
        (FAILED.on - timedelta(days=1), "CNY", LATE, Judged("TRUE", FAILED)),
        (FAILED.on - timedelta(days=HORIZON_DAYS), "CNY", LATE, Judged("TRUE", FAILED)),
        (FAILED.on - timedelta(days=HORIZON_DAYS + 1), "CNY", LATE, Judged("FALSE")),
        (FAILED.on, "CNY", LATE, Judged("TOO_LATE", FAILED)),
        (FIRST + timedelta(days=99), "CNY", LATE, Judged("TOO_LATE", FAILED)),
        (FIRST + timedelta(days=100), "CNY", LATE, Judged("FALSE")),
        (FIRST, "USD", LATE, Judged("FALSE")),
        (FIRST, None, LATE, Judged("TRUE", FAILED)),
        (FIRST, "USD", FIRST + timedelta(days=HORIZON_DAYS - 1), Judged("UNDECIDED")),
        (FIRST, "USD", FIRST + timedelta(days=HORIZON_DAYS), Judged("FALSE")),
    ],
)
def test_a_warning_of_credit_is_judged_by_a_debt_that_fails(
    opened_on: date, channel: str | None, known_until: date, judged: Judged
) -> None:
    assert credit_judged(opened_on, channel, [FAILED], known_until) == judged


def test_every_rule_foretells_what_its_kind_is_about() -> None:
    told = {rule.id: foretells(rule) for rule in ALL_RULES}
    assert (told["silent_beyond_own_rhythm"], told["overdue_debt"], told["payments_fell_silent"]) == ("LOST", "FAILED", "FAILED")
    assert all(told[rule.id] is None for rule in ALL_RULES if rule.kind in ("sales", "complaints"))
    assert list(orders_of(RULES_BY_ID["new_customer_quiet"], 9)) == [1, 2]
    assert list(orders_of(RULES_BY_ID["silent_beyond_own_rhythm"], 4)) == [3, 4]
