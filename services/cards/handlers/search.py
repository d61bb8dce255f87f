"""By what a customer may be found: keyed hashes of what is personal, of the customer, its key persons and its contacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from services.cards.domain.likeness import address_key
from services.cards.handlers.deps import SCHEMA
from services.cards.read_models.customer_search import Sign, forget, replace_hashes
from shared.contracts.cards import Basics, BasicsRevised, CustomerErased, CustomerRegistered
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.postgres.pool import Connection
from shared.privacy.sealing import Sealer
from shared.privacy.search import SearchKind


def hashes_of(sealer: Sealer, basics: Basics) -> Mapping[bytes, Sign]:
    """Hashes of everything by which the customer may be found, and what each is a sign of; `basics` in the clear."""
    found: dict[bytes, Sign] = {}
    for kind, sign, text in _texts(basics):
        if text:
            # What is the customer's own comes first and says more.
            found.setdefault(sealer.search_hash(kind, text, basics.country), sign)
    return found


def _texts(basics: Basics) -> Iterator[tuple[SearchKind, Sign, str | None]]:
    yield "name", "name", basics.person_name
    yield "telephone", "telephone", basics.telephone
    yield "email", "email", basics.email
    yield "address", "address", address_key(basics)
    for person in (basics.owner, basics.manager, basics.legal_representative, *basics.contacts):
        if person is not None:
            # Two customers may well employ people of one name.
            yield "name", "other", person.name
            yield "telephone", "telephone", person.telephone
            yield "email", "email", person.email


def is_newest(at: datetime, card: Iterable[Envelope]) -> bool:
    """Whether basics that hold from this moment are those that stand."""
    return all(one.occurred_at <= at for one in card if isinstance(one.event, CustomerRegistered | BasicsRevised))


async def write_search(c: Connection, sealer: Sealer, customer_id: UUID, events: Iterable[Event], *, is_newest: bool) -> None:
    """Bring what the customer is found by up to date with these new events of its card, still in the clear."""
    basics: Basics | None = None
    for event in events:
        if isinstance(event, CustomerRegistered | BasicsRevised):
            basics = event.basics
        elif isinstance(event, CustomerErased):
            await forget(c, SCHEMA, customer_id)
    if basics is not None and is_newest:
        await replace_hashes(c, SCHEMA, {customer_id: hashes_of(sealer, basics)})
