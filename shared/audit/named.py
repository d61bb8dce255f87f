"""Which customers an answer names: read off what leaves, so that no route can forget one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

_ID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IDS = re.compile(_ID)
# A text of an answer may hold JSON of its own, such as the body of a call that was made: its quotes are escaped.
_QUOTE = rb'\\?"'
_IN_JSON = re.compile(
    rb'"customer_id\\?":\\?"%(id)s'
    rb'|"customer\\?":\{\\?"id\\?":\\?"%(id)s'
    rb'|"customer_ids\\?":\[(?:,?%(quote)s%(id)s%(quote)s)+' % {b"id": _ID, b"quote": _QUOTE}
)
_NAME = b"customer_id"
_MARK = b"\xef\xbb\xbf"


class Named:
    """Takes the pieces of one answer in their order.

    INVARIANT: answers name a customer as `customer_id`, as the `id` of a `customer`, or among `customer_ids`; our CSV has a column
    `customer_id`, before which no cell holds a comma, and its pieces end with a line. tests/integration/reach/test_reads.py asks every
    route of every service.
    """

    def __init__(self, media_type: str) -> None:
        self._is_table = media_type.startswith("text/csv")
        self._column: re.Pattern[bytes] | None = None

    def within(self, piece: bytes | memoryview) -> Iterator[UUID]:
        """Customers that a piece names; one may come more than once."""
        if self._is_table:
            yield from self._in_table(bytes(piece))
            return
        for found in _IN_JSON.finditer(piece):
            for one in _IDS.findall(found[0]):
                yield UUID(one.decode())

    def _in_table(self, piece: bytes) -> Iterator[UUID]:
        if self._column is None:
            header = piece.partition(b"\r\n")[0].removeprefix(_MARK).split(b",")
            # Without the column every id counts: too many on record, and none too few.
            before = rb"(?:[^,\n]*,){%d}" % header.index(_NAME) if _NAME in header else rb".*?"
            self._column = re.compile(rb"^" + before + rb"(" + _ID + rb")", re.MULTILINE)
        for found in self._column.finditer(piece):
            yield UUID(found[1].decode())
