"""Which customers there are, remembered: an external id is never given to another customer, and no card ever goes away."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from services.cards.read_models.customer_lookup import known, owners
from shared.contracts.cards import ExternalId
from shared.postgres.pool import Connection

_MOST = 200_000


class KnownCustomers:
    """Bounded memory of what was found; what was not found is always looked up again, since it may be there by now."""

    def __init__(self, schema: str, most: int = _MOST) -> None:
        self._schema = schema
        self._most = most
        self._owners: OrderedDict[ExternalId, UUID] = OrderedDict()
        self._cards: OrderedDict[UUID, None] = OrderedDict()

    def owner(self, external: ExternalId) -> UUID | None:
        return self._owners.get(external)

    def has_card(self, customer: UUID) -> bool:
        return customer in self._cards

    async def look_up(self, c: Connection, externals: Iterable[ExternalId], customers: Iterable[UUID]) -> None:
        """Learn about those that are not remembered yet. No statement is sent when all are."""
        new_ids = {external for external in externals if external not in self._owners}
        new_cards = {customer for customer in customers if customer not in self._cards}
        if new_ids:
            self.learn(await owners(c, self._schema, new_ids))
        if new_cards:
            self._cards.update(dict.fromkeys(await known(c, self._schema, new_cards)))
            self._trim()

    def learn(self, found: dict[ExternalId, UUID]) -> None:
        """Remember owners that were read from, or committed to, the store."""
        self._owners.update(found)
        self._cards.update(dict.fromkeys(found.values()))
        self._trim()

    def _trim(self) -> None:
        while len(self._owners) > self._most:
            self._owners.popitem(last=False)
        while len(self._cards) > self._most:
            self._cards.popitem(last=False)
