"""Sales as facts ready to be appended, the same ones for the same numbers."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.cards.domain.identity import fact_id, ledger_stream
from services.cards.handlers.facts import start_of_day
from shared.contracts.cursor import PARTS, part_of
from shared.contracts.event import encode
from shared.contracts.money import Money
from shared.contracts.transactions import SaleLine, SaleRecorded
from shared.event_store.events import Fact

_FIRST = date(2025, 11, 1)


def sale_facts(rows: int, customers: int = 10_000, seed: int = 1) -> list[Fact]:
    """Sales of a year, one article each, in the order of their days."""
    dice = random.Random(seed)
    zone = ZoneInfo("UTC")
    ids = [UUID(int=dice.getrandbits(128), version=4) for _ in range(customers)]
    facts = []
    for n in range(rows):
        customer = ids[dice.randrange(customers)]
        day = _FIRST + timedelta(days=n * 365 // rows)
        net = Money(Decimal(dice.randint(100, 999_999)) / 100, "CNY")
        line = SaleLine(article=f"A-{dice.randrange(500)}", quantity=Decimal(dice.randint(1, 40)), net=net.amount)
        number = f"S-{seed}-{n}"
        event = SaleRecorded(
            customer_id=customer,
            source="erp",
            source_event_id=number,
            sold_on=day,
            net=net,
            lines=(line,),
            order_number=f"O-{n}",
        )
        facts.append(
            Fact(
                stream=ledger_stream(customer),
                event_id=fact_id("erp", "sale", number),
                type=event.type,
                customer_id=customer,
                part=part_of(str(customer), PARTS),
                source="erp/sale",
                source_event_id=number,
                fingerprint=dice.randbytes(32),
                occurred_at=start_of_day(day, zone),
                body=encode(event),
            )
        )
    return facts
