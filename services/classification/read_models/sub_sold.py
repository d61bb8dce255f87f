"""What do dealers sell to their sub-dealers? One row a sub-dealer, dealer, day, currency and article. None of it is our trade."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.sold import NO_ARTICLE
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.contracts.transactions import SubSaleReported
from shared.projections.sums import summed


class SubSold(NamedTuple):
    """What is sold to a sub-dealer, who is the customer; `net` is in `currency`. What a sale comes to beyond its lines has no article."""

    dealer_id: UUID
    day: date
    currency: str
    article: str
    quantity: Decimal
    net: Decimal


def split(envelope: Envelope) -> Sequence[SubSold]:
    sale = envelope.event
    if not isinstance(sale, SubSaleReported):
        return ()
    place = (sale.dealer_id, sale.sold_on, sale.net.currency)
    found = [SubSold(*place, line.article, line.quantity, line.net) for line in sale.lines]
    rest = sale.net.amount - sum((line.net for line in sale.lines), Decimal(0))
    if rest or not found:
        found.append(SubSold(*place, NO_ARTICLE, Decimal(0), rest))
    return found


SUB_SOLD = summed(
    name="sub_sold",
    version=1,
    columns={
        "customer_id": "uuid",
        "dealer_id": "uuid",
        "day": "date",
        "currency": "text",
        "article": "text",
        "quantity": "numeric",
        "net": "numeric",
    },
    added=("quantity", "net"),
    topics={CARDS_TRANSACTIONS: frozenset({SubSaleReported.type})},
    split=split,
)
