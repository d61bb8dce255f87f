"""Writing: `append_many` for decisions, `append_facts` for facts in bulk. Each is the transaction's first write and only append."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import compress, repeat
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from shared.contracts.cursor import parse_cursor
from shared.contracts.event import encode
from shared.event_store.events import (
    COVERING_TYPES,
    MAX_BODY_BYTES,
    Append,
    Appended,
    AppendResult,
    CommandRecord,
    Fact,
    Guard,
    NewEvent,
    Stub,
    Verdict,
)
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.telemetry.metrics import APPEND_SECONDS
from shared.telemetry.spans import step


class Unstorable(ValueError):
    """An event larger than 64 KiB as the store writes it, or with the character U+0000, which PostgreSQL cannot hold.

    Nothing was written, and the transaction is at its end.
    """


async def append_many(
    tx: Connection,
    schema: str,
    appends: Sequence[Append],
    *,
    command: CommandRecord | None = None,
    guards: Sequence[Guard] = (),
    skip_existing: bool = False,
) -> Appended:
    """Append to several streams, claim external ids and remember the command's answer: all or nothing, in one round trip.

    An append that expects "new" and finds its stream is skipped with `skip_existing` and answers "exists"; otherwise one
    that does not fit means that nothing is written. The caller commits; on a connection without a transaction the call is one.
    Raises Unstorable; asyncpg.ActiveSQLTransactionError when the transaction has written before; asyncpg.LockNotAvailableError
    after waiting too long (the answer is 503).
    """
    began = time.perf_counter()
    try:
        with step("append"):
            found = await tx.fetchval(
                within(schema, "SELECT {schema}.append_many($1, $2, $3, $4)"),
                _json([_append(one) for one in appends]),
                None if command is None else _json(_command(command)),
                _json([_guard(guard) for guard in guards]),
                skip_existing,
            )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "events_body_size":
            raise Unstorable(f"an event is larger than {MAX_BODY_BYTES} bytes") from None
        raise
    APPEND_SECONDS.labels(schema, "decision").observe(time.perf_counter() - began)
    return _appended(msgspec.json.decode(found))


async def append_facts(tx: Connection, schema: str, facts: Sequence[Fact], stubs: Sequence[Stub] = ()) -> list[Verdict]:
    """Record facts in bulk, up to about 10,000 a call; the answer has one verdict a row.

    "duplicate": the same content is recorded, or stands earlier in the call. "conflict": other content is. "rejected": it
    cannot be stored. "moved": the external id of its stub belongs to another customer by now; look it up and send the row
    again. Stubs are opened only for customers with a recorded fact. Raises as `append_many` does.
    """
    began = time.perf_counter()
    customers = [fact.customer_id for fact in facts]
    sources = [fact.source for fact in facts]
    numbers = _numbers(facts)
    fingerprints = [fact.fingerprint for fact in facts]
    bodies = [_body(fact) for fact in facts]
    streams = sorted({fact.stream for fact in facts})
    with step("append"):
        admitted = await tx.fetchrow(
            within(schema, "SELECT * FROM {schema}.admit_facts($1, $2, $3, $4, $5, $6, $7)"),
            streams,
            customers,
            sources,
            numbers,
            fingerprints,
            [] if None not in bodies and all(len(fact.body) <= _SURELY_FITS for fact in facts) else bodies,
            _json([_stub(stub) for stub in stubs]),
        )
        if admitted is None:
            raise AssertionError("a function without a row")
        verdicts: list[Verdict] = admitted["verdicts"] or []
        if admitted["xid"] is not None:
            recorded = [verdict == "recorded" for verdict in verdicts]
            versions, moments = _numbered(facts, recorded, _Heads(streams, admitted["heads"], admitted["later"]), admitted["at"])
            rows = zip(
                repeat(admitted["gen"]),
                repeat(admitted["xid"]),
                [fact.stream for fact in facts],
                versions,
                [fact.event_id for fact in facts],
                [fact.type for fact in facts],
                customers,
                [fact.part for fact in facts],
                sources,
                numbers,
                fingerprints,
                bodies,
                _metas(facts),
                [fact.occurred_at for fact in facts],
                moments,
            )
            # COPY is read while it is still being sent, and costs the server much less than an INSERT of arrays (decision 0044).
            await tx.copy_records_to_table("events", schema_name=schema, columns=_COPIED, records=compress(rows, recorded))
    APPEND_SECONDS.labels(schema, "facts").observe(time.perf_counter() - began)
    return verdicts


def fact_arguments(facts: Sequence[Fact], stubs: Sequence[Stub]) -> tuple[object, ...]:
    """The arguments of the store's function `append_facts`, in its order."""
    return (
        [fact.stream for fact in facts],
        [fact.event_id for fact in facts],
        [fact.type for fact in facts],
        [fact.customer_id for fact in facts],
        [fact.part for fact in facts],
        [fact.source for fact in facts],
        _numbers(facts),
        [fact.fingerprint for fact in facts],
        [_body(fact) for fact in facts],
        _metas(facts),
        [fact.occurred_at for fact in facts],
        _json([_stub(stub) for stub in stubs]),
    )


_COPIED = (
    *("gen", "xid", "stream", "version", "event_id", "type", "customer_id", "part", "source", "source_event_id"),
    *("fingerprint", "body", "meta", "occurred_at", "recorded_at"),
)
_SURELY_FITS = MAX_BODY_BYTES * 2 // 3
"""Bytes of a body that is not too large either with the spaces that the table writes into it."""
_encoder = msgspec.json.Encoder(decimal_format="string")
_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def _has_zero(json: bytes) -> bool:
    # JSON writes U+0000 as an escape; the quick test is for the escape's digits, the exact one for an escape that is one.
    return b"u0000" in json and _ZERO.search(json) is not None


class _Heads(NamedTuple):
    """Of each stream the version that it has reached, and how many microseconds after the append's time its next event is recorded."""

    streams: Sequence[str]
    versions: Sequence[int]
    later: Sequence[int]


def _numbered(facts: Sequence[Fact], recorded: Sequence[bool], heads: _Heads, at: datetime) -> tuple[list[int], list[datetime]]:
    """Version and moment of each fact; those of facts that are not recorded leave no hole and mean nothing."""
    place = {stream: n for n, stream in enumerate(heads.streams)}
    reached, later = list(heads.versions), list(heads.later)
    versions, moments = [], []
    for fact, new in zip(facts, recorded, strict=True):
        n = place[fact.stream]
        versions.append(reached[n] + 1)
        moments.append(at + timedelta(microseconds=later[n]) if later[n] else at)
        if new:
            reached[n] += 1
            later[n] += 1
    return versions, moments


def _numbers(facts: Sequence[Fact]) -> list[str]:
    return [fact.source_event_id.replace("\0", "") for fact in facts]


def _metas(facts: Sequence[Fact]) -> list[str]:
    # The facts of one call mostly share one object.
    written: dict[int, str] = {}
    for fact in facts:
        if id(fact.meta) not in written:
            written[id(fact.meta)] = _json(fact.meta) if fact.meta else "{}"
    return [written[id(fact.meta)] for fact in facts]


def _body(fact: Fact) -> str | None:
    body = fact.body
    unfit = len(body) > MAX_BODY_BYTES or _has_zero(body) or "\0" in fact.source_event_id
    return None if unfit else body.decode()


def storable(new: NewEvent) -> bool:
    """Whether the store takes an event of this size. As its personal fields are sealed, it is larger than what was sent."""
    return len(encode(new.event)) <= MAX_BODY_BYTES


def _event(new: NewEvent) -> dict[str, Any]:
    body = encode(new.event)
    if len(body) > MAX_BODY_BYTES:
        raise Unstorable(f"{new.event.type}: larger than {MAX_BODY_BYTES} bytes")
    if new.occurred_at.tzinfo is None:
        raise ValueError("occurred_at is naive")
    return {
        "id": new.event_id,
        "type": new.event.type,
        "at": new.occurred_at,
        "floor": new.event.type in COVERING_TYPES,
        "meta": dict(new.meta),
        "body": msgspec.Raw(body),
    }


def _append(append: Append) -> dict[str, Any]:
    expected = {"new": 0, "any": None}[append.expected] if isinstance(append.expected, str) else append.expected
    return {
        "stream": append.stream,
        "expected": expected,
        "customer": append.customer_id,
        "part": append.part,
        "events": [_event(new) for new in append.events],
    }


def _command(command: CommandRecord) -> dict[str, Any]:
    return {
        "principal": command.principal,
        "route": command.route,
        "key": command.key,
        "fingerprint": command.fingerprint.hex(),
        "status": command.status,
        "answer": command.answer,
    }


def _guard(guard: Guard) -> dict[str, Any]:
    return {"system": guard.system, "value": guard.value, "customer": guard.customer_id}


def _stub(stub: Stub) -> dict[str, Any]:
    return {**_append(stub.append), **_guard(stub.guard)}


def _json(value: object) -> str:
    json = _encoder.encode(value)
    if _has_zero(json):
        raise Unstorable("a text contains U+0000")
    return json.decode()


def _appended(found: dict[str, Any]) -> Appended:
    return Appended(
        outcome=found["outcome"],
        results=results_of(found.get("results") or ()),
        status=found.get("status"),
        answer=found.get("answer"),
        taken=tuple(Guard(one["system"], one["value"], UUID(one["customer"])) for one in found.get("taken") or ()),
    )


def results_of(found: Sequence[dict[str, Any]]) -> tuple[AppendResult, ...]:
    """Results as the functions of the store write them."""
    return tuple(_result(one) for one in found)


def _result(one: dict[str, Any]) -> AppendResult:
    cursor = one.get("cursor")
    return AppendResult(one["stream"], one["outcome"], one["version"], None if cursor is None else parse_cursor(cursor))
