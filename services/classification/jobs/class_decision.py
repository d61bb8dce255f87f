"""What a run of value classes decides: everybody ranked on one snapshot, the findings kept, and the changes that are to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple
from uuid import UUID

import msgspec
import numpy as np

from services.classification.domain.ranking import Column, Ranked, ranked
from services.classification.domain.standard import NAME
from services.classification.domain.value_class import Standard
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.read_models import findings, run_changes, runs
from services.classification.read_models.class_columns import (
    ByCustomer,
    ClassColumns,
    held_classes,
    joined,
    keep_ranked,
    net_sales,
)
from services.classification.read_models.customer_sales import busiest_currency
from services.classification.read_models.decisions import heads
from services.classification.read_models.findings import Finding, Found, finding
from services.classification.read_models.run_changes import Change, text_of
from services.classification.read_models.runs import Run
from shared.contracts.classification import ValueClass, ValueClassChanged
from shared.contracts.money import Money, decimals

_KEPT_AT_ONCE = 2000
_SECONDS = 120
"""For ten million rows on a busy machine. Nobody waits for a transaction that writes nothing."""
_PATIENT = f"SET LOCAL statement_timeout = '{_SECONDS}s'; SET LOCAL transaction_timeout = '{_SECONDS}s'"
_CLASSES: tuple[ValueClass | None, ...] = (None, "A", "B", "C", "C")


class _Moved(NamedTuple):
    """Who is to be told; `found` is None for who had a class and bought nothing in the period."""

    customer_id: UUID
    previous: ValueClass | None
    found: Finding | None


async def decide(deps: Deps, run: Run) -> None:
    """Rank all customers on one snapshot, and keep what was found and what has changed, before the first change is told."""
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        await c.execute(_PATIENT)
        currency = run.currency or await busiest_currency(c, SCHEMA, run.period_from, run.period_to)
        unit = Decimal(1).scaleb(0 if currency is None else -decimals(currency))
        bought = net_sales(c, SCHEMA, run.period_from, run.period_to, currency, unit, _SECONDS)
        net, held = await asyncio.gather(bought, _held(deps))
    columns = await asyncio.to_thread(joined, net, held)
    standard = Standard(run.standard_version, run.a_below, run.b_below, margin=run.margin)
    # Half a second for a million, in which the other loops of the process go on.
    found = await asyncio.to_thread(ranked, columns.net, columns.held, standard)
    changed = np.flatnonzero(found.given != found.held)
    decided = replace(
        run,
        currency=currency,
        unit=unit,
        total=found.total * unit,
        customers=len(found.who),
        changed=len(changed) + len(found.gone),
    )
    async with deps.pool.acquire() as c:
        await run_changes.start_deciding(c, SCHEMA, "value_class", run.run_id)
        await findings.forget(c, SCHEMA, run.run_id)
    async with deps.pool.acquire() as one, deps.pool.acquire() as other:
        await keep_ranked((one, other), SCHEMA, run.run_id, columns.customers, found)
    moved = chain(_risen_and_fallen(decided, columns, found, changed), _gone(columns, found))
    while piece := list(islice(moved, _KEPT_AT_ONCE)):
        async with deps.pool.acquire() as c:
            versions = await heads(c, SCHEMA, [one.customer_id for one in piece])
            changes = [Change(one.customer_id, versions[one.customer_id], text_of(_event(decided, one))) for one in piece]
            await run_changes.keep(c, SCHEMA, "value_class", run.run_id, changes)
    async with deps.pool.acquire() as c:
        await runs.decided(c, SCHEMA, decided, deps.now())


async def _held(deps: Deps) -> ByCustomer:
    # A snapshot of its own: only runs change classes, and this is the one that runs.
    async with deps.pool.acquire() as c, c.transaction(readonly=True):
        await c.execute(_PATIENT)
        return await held_classes(c, SCHEMA, _SECONDS)


def _risen_and_fallen(run: Run, columns: ClassColumns, found: Ranked, changed: Column) -> Iterator[_Moved]:
    for rank in changed:
        place = found.who[rank]
        row = Found(
            customer_id=UUID(bytes=columns.customers[place].tobytes()),
            net=int(found.net[rank]),
            before=int(found.before[rank]),
            value_class=_CLASSES[found.given[rank]] or "C",
            by_margin=bool(found.by_margin[rank]),
            to_next=int(found.to_next[rank]),
            to_fall=int(found.to_fall[rank]),
            rank=int(rank) + 1,
        )
        yield _Moved(row.customer_id, _CLASSES[found.held[rank]], finding(run, row))


def _gone(columns: ClassColumns, found: Ranked) -> Iterator[_Moved]:
    for place in found.gone:
        yield _Moved(UUID(bytes=columns.customers[place].tobytes()), _CLASSES[columns.held[place]], None)


def _event(run: Run, moved: _Moved) -> ValueClassChanged:
    found = moved.found
    about = ValueClassChanged(
        customer_id=moved.customer_id,
        run_id=run.run_id,
        standard=NAME,
        standard_version=run.standard_version,
        period_from=run.period_from,
        period_to=run.period_to,
        previous=moved.previous,
        reason="NO_SALES",
    )
    if found is None or run.currency is None:
        return about
    return msgspec.structs.replace(
        about,
        value_class=found.value_class,
        net=Money(found.net, run.currency),
        share=found.share,
        cumulated_share=found.cumulated_share,
        rank=found.rank,
        to_next=found.to_next,
        reason=found.reason,
    )
