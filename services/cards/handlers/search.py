"""By what a person may be found: keyed hashes of names, telephones and e-mails, of the customer and of its contacts."""

from __future__ import annotations

from collections.abc import Iterator

from shared.contracts.cards import Basics
from shared.privacy.sealing import Sealer
from shared.privacy.search import SearchKind


def hashes_of(sealer: Sealer, basics: Basics) -> set[bytes]:
    """Hashes of everything by which the customer may be found; `basics` in the clear."""
    return {sealer.search_hash(kind, text, basics.country) for kind, text in _texts(basics) if text}


def _texts(basics: Basics) -> Iterator[tuple[SearchKind, str | None]]:
    yield "name", basics.person_name
    yield "telephone", basics.telephone
    yield "email", basics.email
    for contact in basics.contacts:
        yield "name", contact.name
        yield "telephone", contact.telephone
        yield "email", contact.email
