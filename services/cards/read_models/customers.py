"""Which customers are there? The list of cards, stubs included, erased ones not. Personal fields are carried sealed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    ExternalId,
    ExternalIdLinked,
    Marks,
    MarksAssigned,
    SalespersonAssigned,
    StubOpened,
    TradeReleased,
    TradeRestricted,
    TradeTermsAgreed,
)
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Customer:
    """`basics` and `external_ids` are JSON; `basics` is sealed where it is personal. A stub has none."""

    customer_id: UUID
    stub: bool
    kind: str | None
    name: str | None
    sort_name: str
    basics: str | None
    external_ids: str
    area_id: str | None
    salesperson_id: str | None
    nature: str | None
    shop_kind: str | None
    industry: str | None
    payment_days: int | None
    credit_limit: Decimal | None
    credit_currency: str | None
    agreed_on: date | None
    restriction: str | None
    changed_at: datetime


def sort_name(name: str | None) -> str:
    """A name as it is sorted and searched by prefix: compatibility form, no case."""
    return "" if name is None else unicodedata.normalize("NFKC", name).casefold()


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Customer | None, envelope: Envelope) -> Customer | None:
    event = envelope.event
    match event:
        case CustomerErased():
            return None
        case StubOpened() if row is None:
            row = _blank(event.customer_id, envelope, stub=True)
            row = replace(row, external_ids=_ids((event.external_id,)))
        case CustomerRegistered():
            row = _registered(row or _blank(event.customer_id, envelope, stub=False), event)
    if row is None:
        # Measures of credit control may come before a card or after its erasure: there is nothing to list.
        return None
    return replace(_changed(row, envelope), changed_at=envelope.recorded_at)


def _blank(customer_id: UUID, envelope: Envelope, *, stub: bool) -> Customer:
    return Customer(
        customer_id=customer_id,
        stub=stub,
        kind=None,
        name=None,
        sort_name="",
        basics=None,
        external_ids="[]",
        area_id=None,
        salesperson_id=None,
        nature=None,
        shop_kind=None,
        industry=None,
        payment_days=None,
        credit_limit=None,
        credit_currency=None,
        agreed_on=None,
        restriction=None,
        changed_at=envelope.recorded_at,
    )


def _registered(row: Customer, event: CustomerRegistered) -> Customer:
    row = _with_marks(_with_basics(row, event.basics), event.marks)
    return replace(
        row,
        stub=False,
        external_ids=_ids(event.external_ids),
        area_id=event.area_id,
        salesperson_id=event.salesperson_id,
    )


def _changed(row: Customer, envelope: Envelope) -> Customer:
    event = envelope.event
    match event:
        case BasicsRevised():
            return _with_basics(row, event.basics)
        case MarksAssigned():
            return _with_marks(row, event.marks)
        case SalespersonAssigned():
            return replace(row, area_id=event.area_id, salesperson_id=event.salesperson_id)
        case TradeTermsAgreed():
            limit = event.credit_limit
            return replace(
                row,
                payment_days=event.payment_days,
                credit_limit=None if limit is None else limit.amount,
                credit_currency=None if limit is None else limit.currency,
                agreed_on=event.agreed_on,
            )
        case ExternalIdLinked():
            return replace(row, external_ids=_ids((*external_ids_of(row.external_ids), event.external_id)))
        case TradeRestricted():
            return replace(row, restriction=event.measure)
        case TradeReleased():
            return replace(row, restriction=None)
    return row


def _with_basics(row: Customer, basics: Basics) -> Customer:
    return replace(
        row, kind=basics.kind, name=basics.name, sort_name=sort_name(basics.name), basics=msgspec.json.encode(basics).decode()
    )


def _with_marks(row: Customer, marks: Marks) -> Customer:
    return replace(row, nature=marks.nature, shop_kind=marks.shop_kind, industry=marks.industry)


_external_ids = msgspec.json.Decoder(tuple[ExternalId, ...])


def _ids(found: tuple[ExternalId, ...]) -> str:
    return msgspec.json.encode(found).decode()


def external_ids_of(text: str) -> tuple[ExternalId, ...]:
    return _external_ids.decode(text)


CUSTOMERS = ReadModel(
    name="customers",
    version=1,
    row=Customer,
    columns={
        "customer_id": "uuid",
        "stub": "boolean",
        "kind": "text",
        "name": "text",
        "sort_name": "text",
        "basics": "text",
        "external_ids": "text",
        "area_id": "text",
        "salesperson_id": "text",
        "nature": "text",
        "shop_kind": "text",
        "industry": "text",
        "payment_days": "integer",
        "credit_limit": "numeric",
        "credit_currency": "text",
        "agreed_on": "date",
        "restriction": "text",
        "changed_at": "timestamptz",
    },
    key_column="customer_id",
    topics={
        CARDS_EVENTS: frozenset(
            cls.type
            for cls in (
                StubOpened,
                CustomerRegistered,
                ExternalIdLinked,
                BasicsRevised,
                MarksAssigned,
                SalespersonAssigned,
                TradeTermsAgreed,
                TradeRestricted,
                TradeReleased,
                CustomerErased,
            )
        )
    },
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page of the list is narrowed to; None for any."""

    name_prefix: str | None = None
    area_id: str | None = None
    salesperson_id: str | None = None
    kind: str | None = None
    stub: bool | None = None
    nature: str | None = None
    shop_kind: str | None = None
    industry: str | None = None
    customer_ids: Sequence[UUID] | None = None


_EQUAL = ("area_id", "salesperson_id", "kind", "stub", "nature", "shop_kind", "industry")
_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY sort_name, customer_id LIMIT {limit:d}"


async def page(c: Connection, schema: str, filters: Filters, after: tuple[str, UUID] | None, limit: int) -> list[Customer]:
    """Customers by name, then id, after the given ones; persons and stubs, whose names are not in the list, come first."""
    conditions: list[str] = ["true"]
    values: list[object] = []

    def holds(condition: str, *given: object) -> None:
        places = [f"${len(values) + i + 1}" for i in range(len(given))]
        values.extend(given)
        conditions.append(condition.format(*places))

    for name in _EQUAL:
        wanted = getattr(filters, name)
        if wanted is not None:
            holds(name + " = {}", wanted)
    if filters.name_prefix is not None:
        prefix = sort_name(filters.name_prefix)
        holds("sort_name >= {} AND sort_name < {}", prefix, prefix + "\U0010ffff")
    if filters.customer_ids is not None:
        holds("customer_id = ANY({}::uuid[])", list(filters.customer_ids))
    if after is not None:
        holds("(sort_name, customer_id) > ({}, {})", *after)
    statement = _PAGE.format(
        columns=", ".join(CUSTOMERS.columns),
        table=await live_table(c, schema, CUSTOMERS),
        conditions=" AND ".join(conditions),
        limit=limit,
    )
    return [Customer(**row) for row in await c.fetch(statement, *values)]
