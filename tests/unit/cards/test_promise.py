"""Promises: given what was promised, when somebody says what became of it, then this follows or is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.cards.domain import investment, refusals
from services.cards.domain.investment import RecordInvestment
from services.cards.domain.promise import (
    BreakPromise,
    EndPromise,
    KeepPromise,
    MakePromise,
    PromiseCommand,
    WaivePromise,
    decide,
    state_of,
)
from services.cards.read_models.promises import PROMISES, PromiseRow, folded
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded, PromiseBroken, PromiseKept, PromiseMade, PromiseWaived
from shared.contracts.transactions import InvoiceRef
from tests.unit.cards.telling import CUSTOMER, told

PROMISE, PERSON = UUID(int=11), UUID(int=12)
TODAY = date(2026, 7, 1)
DUE = TODAY + timedelta(days=7)
CNY = Money(Decimal("500.00"), "CNY")
MAKE = MakePromise(PROMISE, CUSTOMER, "CUSTOMER", "PAY", TODAY, DUE, TODAY, CNY, (InvoiceRef("erp", "1"),), "soon", PERSON)
MADE = PromiseMade(
    promise_id=PROMISE,
    customer_id=CUSTOMER,
    made_by="CUSTOMER",
    kind="PAY",
    made_on=TODAY,
    due_on=DUE,
    amount=CNY,
    invoices=(InvoiceRef("erp", "1"),),
    text="soon",
    decided_by=PERSON,
)
KEPT = PromiseKept(promise_id=PROMISE, customer_id=CUSTOMER, kept_on=DUE, decided_by=PERSON)
BROKEN = PromiseBroken(promise_id=PROMISE, customer_id=CUSTOMER, broken_on=DUE + timedelta(days=1), decided_by=PERSON)
WAIVED = PromiseWaived(promise_id=PROMISE, customer_id=CUSTOMER, waived_on=TODAY, decided_by=PERSON)


def then(command: PromiseCommand, *given: Event) -> list[Event]:
    return decide(state_of(given), command)


def on(end: type[EndPromise], day: date) -> EndPromise:
    return end(day, DUE + timedelta(days=30), PERSON)


def test_a_promise_is_made_with_everything_that_was_said() -> None:
    assert then(MAKE) == [MADE]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"made_on": TODAY + timedelta(days=1)}, refusals.DayInFuture),
        ({"due_on": TODAY - timedelta(days=1)}, refusals.DueBeforeMade),
        ({"amount": None}, refusals.PaymentWithoutAmount),
        ({"kind": "DELIVER"}, refusals.InvoicesWithoutPayment),
    ],
)
def test_a_promise_that_cannot_be_meant_is_refused(changed: dict[str, object], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        then(replace(MAKE, **changed))  # type: ignore[arg-type]
    assert then(replace(MAKE, made_on=TODAY, due_on=TODAY))


def test_it_is_kept_broken_or_waived_on_a_day() -> None:
    assert then(on(KeepPromise, DUE), MADE) == [KEPT]
    assert then(on(BreakPromise, DUE + timedelta(days=1)), MADE) == [BROKEN]
    assert then(on(WaivePromise, TODAY), MADE) == [WAIVED]


def test_it_is_broken_only_after_its_day() -> None:
    with pytest.raises(refusals.PromiseNotDue):
        then(on(BreakPromise, DUE), MADE)


@pytest.mark.parametrize("end", [KeepPromise, BreakPromise, WaivePromise])
def test_it_ends_neither_before_it_was_made_nor_in_the_future(end: type[EndPromise]) -> None:
    with pytest.raises(refusals.BeforeMade):
        then(on(end, TODAY - timedelta(days=1)), MADE)
    with pytest.raises(refusals.DayInFuture):
        then(end(DUE + timedelta(days=31), DUE + timedelta(days=30)), MADE)


@pytest.mark.parametrize("ended", [KEPT, BROKEN, WAIVED])
def test_what_has_ended_stays_ended(ended: Event) -> None:
    with pytest.raises(refusals.PromiseHasEnded):
        then(on(KeepPromise, DUE), MADE, ended)


def test_what_was_never_promised_cannot_be_kept() -> None:
    with pytest.raises(refusals.PromiseUnknown):
        then(on(KeepPromise, DUE))


def test_the_row_says_what_became_of_it_and_carries_no_words() -> None:
    row = folded(told([MADE, KEPT]))
    assert row == PromiseRow(
        promise_id=PROMISE,
        customer_id=CUSTOMER,
        made_by="CUSTOMER",
        kind="PAY",
        made_on=TODAY,
        due_on=DUE,
        amount=Decimal("500.00"),
        currency="CNY",
        invoices='[{"source":"erp","number":"1"}]',
        state="KEPT",
        ended_on=DUE,
        version=2,
    )
    assert [folded(told([MADE, end])).state for end in (BROKEN, WAIVED)] == ["BROKEN", "WAIVED"]  # type: ignore[union-attr]
    assert {PROMISES.key(envelope) for envelope in told([MADE, KEPT])} == {PROMISE}


SPENT = RecordInvestment(PROMISE, CUSTOMER, "VISIT", TODAY, TODAY, CNY, Decimal(3), "at the fair", PERSON)


def test_an_investment_is_money_or_hours() -> None:
    assert investment.decide(SPENT) == [
        InvestmentRecorded(
            customer_id=CUSTOMER,
            investment_id=PROMISE,
            kind="VISIT",
            spent_on=TODAY,
            cost=CNY,
            hours=Decimal(3),
            note="at the fair",
            decided_by=PERSON,
        )
    ]
    assert investment.decide(replace(SPENT, cost=None)) and investment.decide(replace(SPENT, hours=None))
    with pytest.raises(refusals.NothingInvested):
        investment.decide(replace(SPENT, cost=None, hours=None))
    with pytest.raises(refusals.DayInFuture):
        investment.decide(replace(SPENT, spent_on=TODAY + timedelta(days=1)))
