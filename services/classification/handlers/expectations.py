"""Stating what is expected of a customer, and holding it against what it bought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.classification.domain.expectation import (
    Expectations,
    Met,
    SetExpectation,
    decide,
    folded,
    in_month,
    met,
    stream_of,
)
from services.classification.domain.months import months_to
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.entering import Entry, enter
from services.classification.read_models.customer_sales import company_month, one
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey

MONTHS_SHOWN = 12


async def set_expectation(
    deps: Deps, command: SetExpectation, expected: int | None, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Raises Problem as `entering.enter` does."""
    entry = Entry(
        stream_of(command.customer_id),
        CLASSIFICATION_EVENTS,
        command.customer_id,
        lambda events: decide(folded(events), command),
        lambda _: {"customer_id": str(command.customer_id)},
    )
    return await enter(deps, entry, key, meta, expected)


async def known_expectations(c: Connection, customer_id: UUID) -> tuple[Expectations, int]:
    """What was stated of a customer, and the version of the stream, 0 when nothing was."""
    loaded = await load(c, SCHEMA, stream_of(customer_id))
    return folded(envelope.event for envelope in loaded.events), loaded.version


async def performance(
    c: Connection, customer_id: UUID, known: Expectations, today: date, months: int = MONTHS_SHOWN
) -> list[Met]:
    """The last whole months with an expectation, the newest first, each held against the sales known so far."""
    customer = await one(c, SCHEMA, customer_id)
    spans = {} if customer is None else customer.sales
    found = []
    for currency in sorted({currency for currency, _ in known}):
        for month in reversed(months_to(today, months + 1)[:-1]):
            expectation = in_month(known, currency, month)
            if expectation is not None:
                label = month.isoformat()[:7]
                net = sum((one.net for span, one in spans.get(currency, {}).items() if span[:7] == label), Decimal(0))
                found.append(met(expectation, month, net, await company_month(c, SCHEMA, currency, label)))
    return found
