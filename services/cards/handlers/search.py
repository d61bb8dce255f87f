"""By what a customer may be found: keyed hashes of what is personal, of the customer, its key persons and its contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.cards.domain.likeness import address_key
from services.cards.read_models.customer_search import Sign
from shared.contracts.cards import Basics
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
