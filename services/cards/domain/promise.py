"""What was promised, by the customer or by us, until it is kept, broken or waived. Pure.

A promise to pay (PAY) by the customer is a day on which money is expected; one by us is a rebate or a refund that we owe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Literal
from uuid import UUID

from services.cards.domain import refusals
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import PromiseBroken, PromiseKept, PromiseMade, PromiseWaived
from shared.contracts.transactions import InvoiceRef

By = Literal["CUSTOMER", "COMPANY"]
PromiseKind = Literal["PAY", "DELIVER", "CALL_BACK", "REPAIR", "SUPPORT", "OTHER"]


@dataclass(frozen=True, slots=True)
class NotMade:
    """Nobody has promised anything."""


@dataclass(frozen=True, slots=True)
class Pending:
    """It waits to be kept, also after its day."""

    promise_id: UUID
    customer_id: UUID
    made_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Ended:
    """Kept, broken or waived, for ever: what is agreed anew is a promise of its own."""


Promise = NotMade | Pending | Ended


@dataclass(frozen=True, slots=True)
class MakePromise:
    promise_id: UUID
    customer_id: UUID
    made_by: By
    kind: PromiseKind
    made_on: date
    due_on: date
    today: date
    amount: Money | None = None
    invoices: tuple[InvoiceRef, ...] = ()
    text: str | None = None
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class EndPromise:
    """Base of what ends a promise, on a business day."""

    on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class KeepPromise(EndPromise):
    """It was done; after its day it was kept late."""


@dataclass(frozen=True, slots=True)
class BreakPromise(EndPromise):
    """Its day has passed and it was not done."""


@dataclass(frozen=True, slots=True)
class WaivePromise(EndPromise):
    """The other side no longer asks for it."""


PromiseCommand = MakePromise | EndPromise


def promise_stream(promise_id: UUID) -> str:
    return f"promise-{promise_id}"


def decide(state: Promise, command: PromiseCommand) -> list[Event]:
    """What follows from the command. Raises a CardRefused."""
    match state, command:
        case NotMade(), MakePromise():
            return [_made(command)]
        case NotMade(), _:
            raise refusals.PromiseUnknown
        case Ended(), _:
            raise refusals.PromiseHasEnded
        case Pending(), EndPromise():
            return [_ended(state, command)]
    raise AssertionError(f"no case for {type(state).__name__} and {type(command).__name__}")


def _made(command: MakePromise) -> PromiseMade:
    if command.made_on > command.today:
        raise refusals.DayInFuture
    if command.due_on < command.made_on:
        raise refusals.DueBeforeMade
    if command.kind == "PAY" and command.amount is None:
        raise refusals.PaymentWithoutAmount
    if command.kind != "PAY" and command.invoices:
        raise refusals.InvoicesWithoutPayment
    return PromiseMade(
        promise_id=command.promise_id,
        customer_id=command.customer_id,
        made_by=command.made_by,
        kind=command.kind,
        made_on=command.made_on,
        due_on=command.due_on,
        amount=command.amount,
        invoices=command.invoices,
        text=command.text,
        decided_by=command.decided_by,
    )


def _ended(state: Pending, command: EndPromise) -> Event:
    if command.on > command.today:
        raise refusals.DayInFuture
    if command.on < state.made_on:
        raise refusals.BeforeMade
    match command:
        case KeepPromise():
            return PromiseKept(
                promise_id=state.promise_id, customer_id=state.customer_id, kept_on=command.on, decided_by=command.decided_by
            )
        case BreakPromise():
            if command.on <= state.due_on:
                raise refusals.PromiseNotDue
            return PromiseBroken(
                promise_id=state.promise_id, customer_id=state.customer_id, broken_on=command.on, decided_by=command.decided_by
            )
        case WaivePromise():
            return PromiseWaived(
                promise_id=state.promise_id, customer_id=state.customer_id, waived_on=command.on, decided_by=command.decided_by
            )
    raise AssertionError(f"no end of a promise: {type(command).__name__}")


def evolve(state: Promise, event: Event) -> Promise:
    """The promise after the event."""
    match event:
        case PromiseMade():
            return Pending(event.promise_id, event.customer_id, event.made_on, event.due_on)
        case PromiseKept() | PromiseBroken() | PromiseWaived():
            return Ended()
    return state


def state_of(events: Iterable[Event]) -> Promise:
    start: Promise = NotMade()
    return reduce(evolve, events, start)
