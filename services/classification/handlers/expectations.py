"""Stating what is expected of a customer, and holding it against what it bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.classification.domain.expectation import (
    ExpectationRefused,
    Expectations,
    Met,
    SetExpectation,
    decide,
    folded,
    in_month,
    met,
    stream_of,
)
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import EXPECTATION_OUT_OF_RANGE
from services.classification.read_models.customer_sales import company_month, one, spans_of
from shared.contracts.cursor import TopicPart, part_of
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

MONTHS_SHOWN = 12


async def set_expectation(
    deps: Deps, command: SetExpectation, expected: int | None, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Raises Problem: CUSTOMER_UNKNOWN, VERSION_STALE when `expected` is not the version, 422 for a key used otherwise."""
    stream = stream_of(command.customer_id)
    part = part_of(str(command.customer_id), deps.parts)

    def place(results: Sequence[AppendResult], _stored: Mapping[str, Any]) -> str | None:
        cursors = [result.cursor for result in results if result.cursor is not None]
        return position_token(TopicPart(CLASSIFICATION_EVENTS, part), cursors[-1]) if cursors else None

    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        customer = await one(c, SCHEMA, command.customer_id)
    if loaded.stored is not None:
        return repeated(loaded.stored, key, place)
    if customer is None:
        raise Problem("CUSTOMER_UNKNOWN")
    if expected is not None and loaded.version != expected:
        raise Problem("VERSION_STALE")
    new = []
    try:
        decided = decide(folded(envelope.event for envelope in loaded.events), command)
        new = [NewEvent(key.new_id(n), event, deps.now(), meta) for n, event in enumerate(decided)]
        answer = Answer(200, {"customer_id": str(command.customer_id)}, version=loaded.version + len(new))
    except ExpectationRefused:
        answer = Answer.of(Problem(EXPECTATION_OUT_OF_RANGE))
    record = remembered(key, answer)
    async with deps.pool.acquire() as c, c.transaction():
        append = Append(stream, loaded.version or "new", command.customer_id, part, new)
        done = await append_many(c, SCHEMA, [append], command=record)
    told = concluded(done, answer, record, key, place)
    if told is None:
        raise Problem("VERSION_STALE")
    return told


async def known_expectations(c: Connection, customer_id: UUID) -> tuple[Expectations, int]:
    """What was stated of a customer, and the version of the stream, 0 when nothing was."""
    loaded = await load(c, SCHEMA, stream_of(customer_id))
    return folded(envelope.event for envelope in loaded.events), loaded.version


async def performance(
    c: Connection, customer_id: UUID, known: Expectations, today: date, months: int = MONTHS_SHOWN
) -> list[Met]:
    """The last whole months with an expectation, the newest first, each held against the sales known so far."""
    customer = await one(c, SCHEMA, customer_id)
    spans = {} if customer is None else spans_of(customer)
    found = []
    for currency in sorted({currency for currency, _ in known}):
        for month in _months_before(today, months):
            expectation = in_month(known, currency, month)
            if expectation is not None:
                label = month.isoformat()[:7]
                net = sum((one.net for span, one in spans.get(currency, {}).items() if span[:7] == label), Decimal(0))
                found.append(met(expectation, month, net, await company_month(c, SCHEMA, currency, label)))
    return found


def _months_before(today: date, months: int) -> list[date]:
    number = today.year * 12 + today.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in range(1, months + 1)]
