"""What the company expects a customer to buy: stated month by month and currency, held against what it bought. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.refusals import EntryRefused
from shared.contracts.agreements import ExpectationSet
from shared.contracts.event import Event
from shared.contracts.money import Money


class Expectation(NamedTuple):
    """From the month of `from_on` on: net sales a month, a share of the company's net sales as a fraction, or both."""

    from_on: date
    currency: str
    monthly: Decimal | None
    share: Decimal | None


Expectations = Mapping[tuple[str, date], Expectation]
"""By currency and first day of the month from which it holds; neither amount nor share: nothing is expected any more."""
NONE: Expectations = {}


class ExpectationOutOfRange(EntryRefused):
    """The amount is above nothing and in the currency named, the share above nothing and at most all."""


@dataclass(frozen=True, slots=True)
class SetExpectation:
    customer_id: UUID
    currency: str
    from_on: date
    monthly: Money | None
    share: Decimal | None
    decided_by: UUID


def stream_of(customer_id: UUID) -> str:
    return f"expectation-{customer_id}"


def decide(known: Expectations, command: SetExpectation) -> list[Event]:
    """What follows from the command; nothing when it says what is known. Raises ExpectationOutOfRange."""
    monthly, share = command.monthly, command.share
    if monthly is not None and (monthly.currency != command.currency or monthly.amount <= 0):
        raise ExpectationOutOfRange
    if share is not None and not 0 < share <= 1:
        raise ExpectationOutOfRange
    event = ExpectationSet(
        customer_id=command.customer_id,
        currency=command.currency,
        from_on=command.from_on.replace(day=1),
        monthly=monthly,
        share=share,
        decided_by=command.decided_by,
    )
    return [] if evolve(known, event) == known else [event]


def evolve(known: Expectations, event: Event) -> Expectations:
    """The expectations after one more event of their stream."""
    if not isinstance(event, ExpectationSet):
        raise AssertionError(f"unknown event {event!r}")
    from_on = event.from_on.replace(day=1)
    amount = None if event.monthly is None else event.monthly.amount
    one = Expectation(from_on, event.currency, amount, event.share)
    return {**known, (event.currency, from_on): one}


def folded(events: Iterable[Event]) -> Expectations:
    known = NONE
    for event in events:
        known = evolve(known, event)
    return known


def in_month(known: Expectations, currency: str, month: date) -> Expectation | None:
    """What holds in a month, given by any day of it; None: nothing is expected."""
    held = [one for (of, from_on), one in known.items() if of == currency and from_on <= month]
    found = max(held, key=lambda one: one.from_on, default=None)
    return None if found is None or (found.monthly is None and found.share is None) else found


class Met(NamedTuple):
    """A month held against what was expected. `share` is that of the company's net sales; None where the company sold nothing.

    `below`: the amount or the share that was expected has not been reached.
    """

    month: date
    expectation: Expectation
    net: Decimal
    company: Decimal
    share: Decimal | None
    below: bool


def met(expectation: Expectation, month: date, net: Decimal, company: Decimal) -> Met:
    share = net / company if company > 0 else None
    too_little = expectation.monthly is not None and net < expectation.monthly
    too_small = expectation.share is not None and share is not None and share < expectation.share
    return Met(month, expectation, net, company, share, too_little or too_small)
