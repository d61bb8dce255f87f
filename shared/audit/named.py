"""Which customers an answer names: read off what leaves, so that no route can forget one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

_ID = rb"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_IN_JSON = re.compile(rb'"customer_id":"' + _ID + rb'"')
_IN_CSV = re.compile(rb"^" + _ID + rb",", re.MULTILINE)


def customers_in(body: bytes | memoryview, media_type: str) -> Iterator[UUID]:
    """Ids under `customer_id` in our JSON and event streams, in the first column of our CSV; one may come more than once.

    INVARIANT: answers name a customer under no other name. tests/integration/cards/test_reads.py asks every route.
    """
    pattern = _IN_CSV if media_type.startswith("text/csv") else _IN_JSON
    for found in pattern.finditer(body):
        yield UUID(found[1].decode())
