"""What goes into an event store and what its functions answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from shared.contracts.cards import SourceCompletedThrough, SourceEnded
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event

Expected: TypeAlias = int | Literal["new", "any"]
"""The version that the writer has seen; "new" is 0: no such stream yet."""

Verdict: TypeAlias = Literal["recorded", "duplicate", "conflict", "rejected", "moved"]

COVERING_TYPES = frozenset({SourceCompletedThrough.type, SourceEnded.type})
"""Events that speak about facts recorded before them: recorded later than every fact in the store, also after a step of the clock."""

MAX_BODY_BYTES = 65536

NO_META: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append, its body already sealed. `occurred_at` is aware; `recorded_at` is the store's own affair."""

    event_id: UUID
    event: Event
    occurred_at: datetime
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Append:
    """Events for one stream. No events and a command: a refusal that is remembered."""

    stream: str
    expected: Expected
    customer_id: UUID | None
    part: int
    events: Sequence[NewEvent]


@dataclass(frozen=True, slots=True)
class Guard:
    """A company's own number for a customer. One customer holds it."""

    system: str
    value: str
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A request's idempotency key and its answer, which holds no personal data. `fingerprint`: hash of what was asked."""

    principal: UUID
    route: str
    key: str
    fingerprint: bytes
    status: int
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AppendResult:
    """`version` is the head afterwards; where nothing was written, the actual head. `cursor` is of the append's last event."""

    stream: str
    outcome: Literal["appended", "conflict", "exists"]
    version: int
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Appended:
    """Answer of `append_many`.

    "appended": written, one result an append. "conflict": nothing written, results of those that do not fit. "taken":
    nothing written, `taken` names the guards with the customers that hold them. "replayed": the key was answered before,
    with that status, answer and results. "key_reused": the key was used for something else.
    """

    outcome: Literal["appended", "conflict", "taken", "replayed", "key_reused"]
    results: tuple[AppendResult, ...]
    status: int | None
    answer: dict[str, Any] | None
    taken: tuple[Guard, ...]


class Fact(msgspec.Struct, frozen=True, gc=False):
    """Something that happened, as a source delivers it: one per (source, source_event_id).

    `source` is the delivering system and the kind of fact, "erp/sale". `fingerprint` is a keyed hash of the content before
    sealing, since sealed bodies differ at every retry. `type` and `body` are those of the event, encoded.
    """

    stream: str
    event_id: UUID
    type: str
    customer_id: UUID
    part: int
    source: str
    source_event_id: str
    fingerprint: bytes
    occurred_at: datetime
    body: bytes
    meta: Mapping[str, str] = NO_META


@dataclass(frozen=True, slots=True)
class Stub:
    """The card of a customer not met before: opened with its first recorded fact if the external id is still free."""

    guard: Guard
    append: Append


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request with this key was answered."""

    fingerprint: bytes
    status: int
    answer: dict[str, Any]
    results: tuple[AppendResult, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stream and its head. With `stored` the request was answered before, and no events were read."""

    events: tuple[Envelope, ...]
    version: int
    stored: StoredAnswer | None


class StoredRow(msgspec.Struct, frozen=True, gc=False):
    """An event as the tail reads it, body and meta as JSON text."""

    gen: int
    xid: int
    pos: int
    stream: str
    version: int
    event_id: UUID
    type: str
    customer_id: UUID | None
    part: int
    occurred_at: datetime
    recorded_at: datetime
    body: str
    meta: str

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.gen, self.xid, self.pos)
