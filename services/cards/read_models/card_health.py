"""How well is each card kept, and how well does each salesperson keep cards? One row a customer, figures a salesperson.

What depends on today (what is stale) is not stored: rows and figures hold the months in which fields were last seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.cards.domain.completeness import Has, missing, required, wanted
from services.cards.domain.freshness import limit_of, month_of, seen_on
from services.cards.domain.health import NOBODY, NOTHING_KEPT, Keeping
from services.cards.domain.health import evolve as evolve_card
from shared.contracts.card_parts import (
    BusinessStatusRevised,
    CharacteristicsRevised,
    DecisionMakerNamed,
    FieldVerified,
    TradeStatusRevised,
    VerificationRequested,
)
from shared.contracts.cards import (
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    MarksAssigned,
    SalespersonAssigned,
    StubOpened,
    TradeTermsAgreed,
)
from shared.contracts.envelope import Envelope
from shared.contracts.relations import MergedInto, ProspectAdmitted, TradeEnded, TradeStarted
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import InvoiceIssued
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowing
from shared.projections.read_model import ReadModel, Totals
from shared.projections.routing import live_table, live_totals

DELAY, SEEN = "delay", "seen"
"""Measures: `delay/<days>` counts statements, `seen/<months until stale>/<month>` filled fields."""


@dataclass(frozen=True, slots=True)
class CardHealth:
    """`keeping` comes from the card, `invoiced_at` and `invoiced_on` from the ledger: when the first invoice was recorded, and the
    earliest day of one. Everything below them follows from these three.

    `first_traded_at`: when it was first on record that we trade. `missing_then`: what the card had to have by then and had not.
    """

    customer_id: UUID
    keeping: str
    invoiced_at: datetime | None
    invoiced_on: date | None
    listed: bool
    name: str | None
    area_id: str | None
    salesperson_id: str | None
    stage: str
    missing: tuple[str, ...]
    missing_count: int
    first_traded_at: datetime | None
    first_traded_on: date | None
    missing_then: tuple[str, ...]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Keeping)


def keeping_of(row: CardHealth) -> Keeping:
    return _decoder.decode(row.keeping)


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: CardHealth | None, envelope: Envelope) -> CardHealth | None:
    if envelope.customer_id is None:
        return row
    event = envelope.event
    if isinstance(event, InvoiceIssued):
        if row is not None and row.invoiced_on is not None and row.invoiced_at is not None:
            # All but the first of an invoice's customer: nothing is read and nothing written.
            if event.issued_on >= row.invoiced_on and envelope.recorded_at >= row.invoiced_at:
                return row
            at, on = min(row.invoiced_at, envelope.recorded_at), min(row.invoiced_on, event.issued_on)
        else:
            at, on = envelope.recorded_at, event.issued_on
        state = NOTHING_KEPT if row is None else keeping_of(row)
        return _row(envelope.customer_id, state, at, on)
    state = evolve_card(NOTHING_KEPT if row is None else keeping_of(row), envelope)
    at_on = (None, None) if row is None else (row.invoiced_at, row.invoiced_on)
    return _row(envelope.customer_id, state, *at_on)


def _row(customer_id: UUID, state: Keeping, invoiced_at: datetime | None, invoiced_on: date | None) -> CardHealth:
    asked = required(state.kind, state.stage)
    lacking = missing(asked, state.has)
    traded_at = min((moment for moment in (invoiced_at, state.traded_at) if moment is not None), default=None)
    traded_on = min((day for day in (invoiced_on, state.traded_on) if day is not None), default=None)
    then = () if traded_at is None else missing(required(state.kind, "ABOUT_TO_TRADE"), _known_by(state, traded_at))
    listed = (state.registered or state.stub) and not state.gone
    return CardHealth(
        customer_id=customer_id,
        keeping=_encoder.encode(state).decode(),
        invoiced_at=invoiced_at,
        invoiced_on=invoiced_on,
        listed=listed,
        name=state.name,
        area_id=state.area_id,
        salesperson_id=state.salesperson_id,
        stage=state.stage,
        missing=lacking if listed else (),
        missing_count=len(lacking) if listed else 0,
        first_traded_at=traded_at,
        first_traded_on=traded_on,
        missing_then=then if listed else (),
    )


def _known_by(state: Keeping, moment: datetime) -> Has:
    return lambda field: (since := state.known_since.get(field)) is not None and since <= moment


def totals(row: CardHealth) -> Totals:
    """By salesperson: how many cards, how complete, in which months their fields were last seen, and the delays of entries."""
    state = keeping_of(row)
    found: dict[str, dict[str, int]] = {
        whose: {f"{DELAY}/{days}": count for days, count in counts.items()} for whose, counts in state.delays.items()
    }
    if not row.listed:
        return found
    asked = required(state.kind, state.stage)
    figures = found.setdefault(row.salesperson_id or NOBODY, {})
    figures |= {
        "cards": 1,
        "complete": int(not row.missing),
        "required": len(asked),
        "filled": len(asked) - len(row.missing),
        "incomplete_then": int(bool(row.missing_then)),
    }
    for field in (*asked, *wanted(state.kind, state.stage)):
        entry = state.entries.get(field)
        if entry is not None and entry.filled:
            measure = f"{SEEN}/{limit_of(field)}/{month_of(seen_on(entry))}"
            figures[measure] = figures.get(measure, 0) + 1
    return found


CARD_HEALTH = ReadModel(
    name="card_health",
    version=2,
    row=CardHealth,
    columns={
        "customer_id": "uuid",
        "keeping": "text",
        "invoiced_at": "timestamptz",
        "invoiced_on": "date",
        "listed": "boolean",
        "name": "text",
        "area_id": "text",
        "salesperson_id": "text",
        "stage": "text",
        "missing": "text[]",
        "missing_count": "integer",
        "first_traded_at": "timestamptz",
        "first_traded_on": "date",
        "missing_then": "text[]",
    },
    key_column="customer_id",
    topics={
        CARDS_EVENTS: frozenset(
            cls.type
            for cls in (
                StubOpened,
                CustomerRegistered,
                BasicsRevised,
                MarksAssigned,
                SalespersonAssigned,
                TradeTermsAgreed,
                CharacteristicsRevised,
                BusinessStatusRevised,
                TradeStatusRevised,
                DecisionMakerNamed,
                VerificationRequested,
                FieldVerified,
                ProspectAdmitted,
                TradeStarted,
                TradeEnded,
                MergedInto,
                CustomerErased,
            )
        ),
        # Sales come by the hundred thousand; where there are any, an invoice follows.
        CARDS_TRANSACTIONS: frozenset({InvoiceIssued.type}),
    },
    key=key,
    evolve=evolve,
    totals=totals,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any. `missing` names a field, `incomplete_then` cards that lacked something at the first sale."""

    salesperson_id: str | None = None
    area_id: str | None = None
    stage: str | None = None
    missing: str | None = None
    incomplete_then: bool | None = None


_COLUMNS = ", ".join(CARD_HEALTH.columns)
_CONDITIONS = {
    "salesperson_id": "salesperson_id = {}",
    "area_id": "area_id = {}",
    "stage": "stage = {}",
    "missing": "{} = ANY(missing)",
    "incomplete_then": "(cardinality(missing_then) > 0) = {}",
}
_ONE = "SELECT {columns} FROM {table} WHERE customer_id = $1 AND listed"
_PAGE = """SELECT {columns} FROM {table} WHERE listed AND {conditions}
 ORDER BY missing_count DESC, customer_id DESC LIMIT {limit:d}"""
_FIGURES = (
    "SELECT group_key, measure, sum(value)::bigint AS value FROM {table} WHERE {condition} GROUP BY 1, 2 HAVING sum(value) <> 0"
)


def _read(found: Any) -> CardHealth:
    return CardHealth(**{**found, "missing": tuple(found["missing"]), "missing_then": tuple(found["missing_then"])})


async def one(c: Connection, schema: str, customer_id: UUID) -> CardHealth | None:
    """None where there is no card, or none any more."""
    row = await c.fetchrow(_ONE.format(columns=_COLUMNS, table=await live_table(c, schema, CARD_HEALTH)), customer_id)
    return None if row is None else _read(row)


async def page(c: Connection, schema: str, filters: Filters, after: tuple[int, UUID] | None, limit: int) -> Sequence[CardHealth]:
    """Cards with the most missing first."""
    where = Conditions()
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("missing_count, customer_id", after, descending=True)
    table = await live_table(c, schema, CARD_HEALTH)
    statement = _PAGE.format(columns=_COLUMNS, table=table, conditions=where.sql, limit=limit)
    return [_read(row) for row in await c.fetch(statement, *where.values)]


async def figures(c: Connection, schema: str, salesperson_id: str | None) -> Mapping[str, Mapping[str, int]]:
    """Measures as in `totals`, by salesperson; of one of them, or of all."""
    if narrowing() is not None:
        return _summed(await _everybody(c, schema), salesperson_id)
    table = await live_totals(c, schema, CARD_HEALTH)
    given = () if salesperson_id is None else (salesperson_id,)
    statement = _FIGURES.format(table=table, condition="group_key = $1" if given else "true")
    found: dict[str, dict[str, int]] = {}
    for row in await c.fetch(statement, *given):
        found.setdefault(row["group_key"], {})[row["measure"]] = row["value"]
    return found


_ALL = "SELECT {columns} FROM {table}"


async def _everybody(c: Connection, schema: str) -> Sequence[CardHealth]:
    """All cards that the request may see."""
    statement = _ALL.format(columns=_COLUMNS, table=await live_table(c, schema, CARD_HEALTH))
    return [_read(row) for row in await c.fetch(statement)]


def _summed(rows: Iterable[CardHealth], salesperson_id: str | None) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for whose, measures in totals(row).items():
            if salesperson_id in (None, whose):
                found.setdefault(whose, Counter()).update({name: int(value) for name, value in measures.items()})
    return found
