"""Names and numbers of customers, as alerts show and find them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from services.alerts.read_models.customers import Customer, evolve
from shared.contracts.cards import Basics, BasicsRevised, CustomerRegistered, ExternalId
from shared.contracts.event import Event
from tests.unit.cards.telling import CUSTOMER, told


def after(events: Sequence[tuple[Event, int]]) -> Customer:
    """The row after these events, each with the day of May from which it holds."""
    row: Customer | None = None
    for envelope, (_, day) in zip(told([event for event, _ in events]), events, strict=True):
        row = evolve(row, msgspec.structs.replace(envelope, occurred_at=datetime(2026, 5, day, tzinfo=UTC)))
    assert row is not None
    return row


def renamed(name: str) -> BasicsRevised:
    return BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name=name))


REGISTERED = CustomerRegistered(
    customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"), external_ids=(ExternalId("erp", "K-1"),)
)


@pytest.mark.parametrize(
    ("days", "name"), [((9, 5), "second"), ((5, 9), "third"), ((9, 9), "third")], ids=["late", "in order", "one day"]
)
def test_the_name_of_the_later_day_stands(days: tuple[int, int], name: str) -> None:
    row = after([(REGISTERED, 1), (renamed("second"), days[0]), (renamed("third"), days[1])])
    assert (row.name, row.external_ids) == (name, ("erp/K-1",))
    assert row.customer_id == UUID(int=7)
