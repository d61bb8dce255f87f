"""Whether a rule keeps its promise: both sides of the line, and what is worth saying about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.alerts.domain.decisions import promises_of, publish_rule
from services.alerts.domain.promise import Promise, Tally, decide, on_probation
from services.alerts.domain.refusals import ParametersRefused
from shared.contracts.alerts import RulePublished, RuleScope
from shared.contracts.event import Event
from shared.contracts.usefulness import RulePutOnProbation, RuleTakenOffProbation

RULE = "overdue_debt"
OWNER = UUID(int=7)
TODAY = date(2026, 3, 2)
PROMISE = Promise(version=2, promised=Decimal("0.6"), least=5, owner=OWNER)


def said(right: int, wrong: int, *before: Event, promise: Promise = PROMISE) -> list[RulePutOnProbation | RuleTakenOffProbation]:
    return decide(RULE, before, [promise], {promise.version: Tally(right, wrong)})


@pytest.mark.parametrize(
    ("right", "wrong", "put_on"), [(3, 2, False), (2, 3, True), (0, 4, False), (5999, 4001, True), (6, 4, False)]
)
def test_a_rule_below_its_promise_is_put_on_probation(right: int, wrong: int, put_on: bool) -> None:
    found = said(right, wrong)
    assert len(found) == put_on
    for event in found:
        assert isinstance(event, RulePutOnProbation)
        assert (event.rule_version, event.promised, event.right, event.wrong, event.owner) == (
            2,
            Decimal("0.6"),
            right,
            wrong,
            OWNER,
        )


def test_it_is_said_once_and_taken_back_when_the_promise_is_kept_again() -> None:
    (put_on,) = said(2, 3)
    assert said(2, 4, put_on) == []
    (off,) = said(6, 4, put_on)
    assert isinstance(off, RuleTakenOffProbation)
    assert off.because == "PROMISE_KEPT"
    assert on_probation([put_on]) == {2: put_on}
    assert on_probation([put_on, off]) == {}


def test_another_version_begins_anew() -> None:
    (put_on,) = said(0, 9)
    (off,) = decide(RULE, [put_on], [PROMISE._replace(version=3)], {2: Tally(0, 9)})
    assert isinstance(off, RuleTakenOffProbation)
    assert (off.because, off.rule_version, off.wrong) == ("NOT_IN_FORCE", 2, 9)


def test_versions_of_different_customers_keep_promises_of_their_own() -> None:
    tallies = {2: Tally(9, 1), 3: Tally(1, 9)}
    (put_on,) = decide(RULE, [], [PROMISE, PROMISE._replace(version=3)], tallies)
    assert (type(put_on), put_on.rule_version) == (RulePutOnProbation, 3)


def published(before: list[Event], scope: RuleScope | None = None, **parameters: str) -> RulePublished:
    values = {name: Decimal(value) for name, value in parameters.items()}
    return publish_rule(before, RULE, values, OWNER, today=TODAY, scope=scope)


def test_the_promise_is_published_with_the_rule() -> None:
    assert promises_of([], RULE, TODAY) == [Promise(1, Decimal("0.5"), 20, None)]
    first = published([], promised_precision="0.8", promise_outcomes="3")
    assert promises_of([first], RULE, TODAY) == [Promise(2, Decimal("0.8"), 3, OWNER)]
    second = published([first], RuleScope(value_classes=("A",)), promised_precision="0.9")
    assert promises_of([first, second], RULE, TODAY) == [
        Promise(2, Decimal("0.8"), 3, OWNER),
        Promise(3, Decimal("0.9"), 20, OWNER),
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("promised_precision", "1.01"), ("promise_outcomes", "0"), ("promise_outcomes", "2.5")]
)
def test_a_promise_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(ParametersRefused):
        published([], **{name: value})
