"""The odds of an invoice being paid late: what is remembered of payments, and that planted odds are found again."""

from __future__ import annotations

from math import exp, log
from random import Random

import pytest

from services.alerts.domain.late_odds import Odds, Outcome, Paid, chance_late, learnt, paid
from services.alerts.domain.late_payment import Payers

PAYERS = Payers(usual=4.0, weight=0.5)
ODDS = Odds(level=-0.2, usual=0.5, share=0.6, average=0.4, recent=0.3, overdue=0.7)


def after(*days_late: int) -> Paid:
    known = Paid()
    for days in days_late:
        known = paid(known, days)
    return known


def test_payments_in_numbers() -> None:
    assert after(10, -5, 0, 20, 30) == Paid(5, 55, 3, pytest.approx(15.0865), (0, 20, 30))
    assert after(7).average == 7.0


def test_the_chance_by_hand() -> None:
    known = after(10, -5, 0, 20, 30)
    usual, share, recent = (2 + 55) / 5.5, 3.5 / 6, 50 / 3 - 11
    logit = -0.2 + 0.05 * usual + 0.6 * log(share / (1 - share)) + 0.04 * known.average + 0.03 * recent + 0.7 * log(13)
    assert chance_late(known, 12, PAYERS, ODDS) == pytest.approx(1 / (1 + exp(-logit)))
    assert chance_late(known, 0, PAYERS, ODDS) < chance_late(known, 12, PAYERS, ODDS)


def test_of_nobody_known_the_company_speaks() -> None:
    assert chance_late(Paid(), 0, PAYERS, ODDS) == pytest.approx(1 / (1 + exp(0.2 - 0.5 * 0.4)))


def outcomes(many: int, seed: int = 3) -> list[Outcome]:
    random = Random(seed)
    found = []
    for _ in range(many):
        mean = random.choice((-8, 0, 12))
        known = after(*(round(random.gauss(mean, 5)) for _ in range(random.randint(1, 9))))
        overdue = random.choice((0, 0, 5, 20))
        found.append(Outcome(known, overdue, random.random() < chance_late(known, overdue, PAYERS, ODDS)))
    return found


def test_planted_odds_are_found_again() -> None:
    odds = learnt(outcomes(6000), PAYERS)
    assert odds is not None
    for one in outcomes(50, seed=8):
        known = (one.paid, one.longest_overdue, PAYERS)
        assert chance_late(*known, odds) == pytest.approx(chance_late(*known, ODDS), abs=0.06)


def test_too_little_teaches_nothing() -> None:
    assert learnt(outcomes(199), PAYERS) is None
    assert learnt([one._replace(late=False) for one in outcomes(400)], PAYERS) is None
