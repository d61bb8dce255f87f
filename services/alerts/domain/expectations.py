"""What the company expects a customer to buy, month by month and currency."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from services.alerts.domain.turnover import month_of
from shared.contracts.agreements import ExpectationSet

KEPT = 12


class Expected(msgspec.Struct, frozen=True, array_like=True):
    """From the month `number` on (as in Month of the turnover) so much a month; None: nothing is expected."""

    number: int
    monthly: Decimal | None
    event_id: UUID


def expected(before: tuple[Expected, ...], event: ExpectationSet, event_id: UUID) -> tuple[Expected, ...]:
    """One statement more; of two about one month the later in the stream stands."""
    amount = None if event.monthly is None else event.monthly.amount
    one = Expected(month_of(event.from_on), amount, event_id)
    found = sorted([*(other for other in before if other.number != one.number), one], key=lambda each: each.number)
    return tuple(found[-KEPT:])


def expectation_in(entries: tuple[Expected, ...], month: int) -> Expected | None:
    """What holds in a month; None where nothing was ever said of it, or nothing is expected."""
    found = next((one for one in reversed(entries) if one.number <= month), None)
    return None if found is None or found.monthly is None else found
