"""What do credit grades rest on? One row a customer who ever had an invoice, terms, a report or a warning, each from its own topic.

What depends on a day (open, overdue, disputed, late) is not stored: it is computed from the row when a run asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from services.classification.domain.credit_figures import Report
from shared.contracts.account_columns import account_of, text_after
from shared.contracts.alerts import AlertClosed, AlertOpened
from shared.contracts.card_parts import TradeStatusRevised
from shared.contracts.cards import TradeTermsAgreed
from shared.contracts.claims import Claims
from shared.contracts.credit_grades import LOWERED_RULE_ID, RAISED_RULE_ID
from shared.contracts.envelope import Envelope
from shared.contracts.open_items import apply, apply_claim
from shared.contracts.relations import MergedInto
from shared.contracts.topics import (
    ALERTS_EVENTS,
    CARDS_EVENTS,
    CARDS_TRANSACTIONS,
    COMPLAINT_TYPES,
    COMPLAINTS_EVENTS,
    TRANSACTION_TYPES,
)
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

KEPT_WARNINGS = 20


class Warnings(msgspec.Struct, frozen=True, omit_defaults=True):
    """`ended`: warnings about credit that proved true, with the moment at which they were closed, the latest last. `left_out`: open
    ones that a grade has raised."""

    ended: tuple[tuple[UUID, datetime], ...] = ()
    left_out: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditStanding:
    """`account` comes from the ledger, `claims` from complaints, `warnings` from alerts, the rest from the card; each only from there.

    Of two terms, and of two reports of agencies, those of the later day stand.
    """

    customer_id: UUID
    account: str
    claims: str
    warnings: str
    credit_limit: Decimal | None
    credit_currency: str | None
    terms_since: datetime | None
    report: Report | None
    reported_at: datetime | None
    observed_on: date | None
    lead_id: UUID | None


_encoder = msgspec.json.Encoder(decimal_format="string")
_claims = msgspec.json.Decoder(Claims)
_warnings = msgspec.json.Decoder(Warnings)


def claims_in(text: str) -> Claims:
    return _claims.decode(text)


def warnings_in(text: str) -> Warnings:
    return _warnings.decode(text)


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: CreditStanding | None, envelope: Envelope) -> CreditStanding | None:
    if envelope.customer_id is None:
        return row
    row = row or CreditStanding(envelope.customer_id, "{}", "{}", "{}", None, None, None, None, None, None, None)
    event = envelope.event
    if envelope.topic == CARDS_TRANSACTIONS:
        account = apply(account_of(row.account), event, envelope.recorded_at.date())
        return replace(row, account=text_after(row.account, account))
    if envelope.topic == COMPLAINTS_EVENTS:
        return replace(row, claims=_text(apply_claim(claims_in(row.claims), event)))
    match event:
        case AlertOpened() if event.kind == "credit" and event.finding.rule_id in (RAISED_RULE_ID, LOWERED_RULE_ID):
            known = warnings_in(row.warnings)
            return replace(row, warnings=_text(Warnings(known.ended, (*known.left_out, event.alert_id))))
        case AlertClosed() if event.kind == "credit":
            return replace(row, warnings=_text(_closed(warnings_in(row.warnings), event, envelope.occurred_at)))
        case TradeTermsAgreed() if row.terms_since is None or row.terms_since <= envelope.occurred_at:
            limit = event.credit_limit
            return replace(
                row,
                credit_limit=None if limit is None else limit.amount,
                credit_currency=None if limit is None else limit.currency,
                terms_since=envelope.occurred_at,
            )
        case TradeStatusRevised() if event.provenance.source == "AGENCY" and event.stated.credit_status is not None:
            if row.reported_at is not None and row.reported_at > envelope.occurred_at:
                return row
            said = event.stated.credit_status
            return replace(row, report=said, reported_at=envelope.occurred_at, observed_on=event.provenance.observed_on)
        case MergedInto():
            return replace(row, lead_id=event.lead_id)
    return row


def _closed(known: Warnings, event: AlertClosed, at: datetime) -> Warnings:
    left_out = tuple(one for one in known.left_out if one != event.alert_id)
    others = tuple(one for one in known.ended if one[0] != event.alert_id)
    if event.alert_id in known.left_out or event.outcome not in ("TRUE", "TOO_LATE"):
        return Warnings(others, left_out)
    return Warnings((*others, (event.alert_id, at))[-KEPT_WARNINGS:], left_out)


def _text(value: object) -> str:
    return _encoder.encode(value).decode()


CREDIT_STANDINGS = ReadModel(
    name="credit_standings",
    version=1,
    row=CreditStanding,
    columns={
        "customer_id": "uuid",
        "account": "text",
        "claims": "text",
        "warnings": "text",
        "credit_limit": "numeric",
        "credit_currency": "text",
        "terms_since": "timestamptz",
        "report": "text",
        "reported_at": "timestamptz",
        "observed_on": "date",
        "lead_id": "uuid",
    },
    key_column="customer_id",
    topics={
        # Sales and returns make no debt: they would only be read and thrown away.
        CARDS_TRANSACTIONS: TRANSACTION_TYPES - {SaleRecorded.type, GoodsReturned.type},
        CARDS_EVENTS: frozenset({TradeTermsAgreed.type, TradeStatusRevised.type, MergedInto.type}),
        COMPLAINTS_EVENTS: COMPLAINT_TYPES,
        ALERTS_EVENTS: frozenset({AlertOpened.type, AlertClosed.type}),
    },
    key=key,
    evolve=evolve,
)

_COLUMNS = ", ".join(CREDIT_STANDINGS.columns)
_KNOWN = "SELECT EXISTS (SELECT FROM {table} WHERE customer_id = $1)"
# Merged cards stand beside the one that leads them.
_ALL = "SELECT {columns} FROM {table} ORDER BY coalesce(lead_id, customer_id), lead_id NULLS FIRST, customer_id"

# All cards of the customers up to the one with the last row.
_BEHIND = """
WITH piece AS (SELECT coalesce(lead_id, customer_id) AS lead FROM {table} WHERE $1::uuid IS NULL OR coalesce(lead_id, customer_id) > $1
                ORDER BY 1 LIMIT $2)
SELECT {columns} FROM {table} WHERE ($1::uuid IS NULL OR coalesce(lead_id, customer_id) > $1)
   AND coalesce(lead_id, customer_id) <= (SELECT lead FROM piece ORDER BY lead DESC LIMIT 1)
 ORDER BY coalesce(lead_id, customer_id), lead_id NULLS FIRST, customer_id"""


async def all_standings(c: Connection, schema: str, pieces: int = 500) -> AsyncIterator[list[CreditStanding]]:
    """All rows, those of one customer's cards one behind the other and the leading one first. Inside the caller's transaction."""
    cursor = await c.cursor(_ALL.format(columns=_COLUMNS, table=await live_table(c, schema, CREDIT_STANDINGS)))
    while rows := await cursor.fetch(pieces):
        yield [CreditStanding(**row) for row in rows]


async def standings_behind(c: Connection, schema: str, lead_id: UUID | None, limit: int) -> list[CreditStanding]:
    """As all_standings, of the customers behind one: whole customers, about `limit` rows; none where there are no more."""
    table = await live_table(c, schema, CREDIT_STANDINGS)
    rows = await c.fetch(_BEHIND.format(columns=_COLUMNS, table=table), lead_id, limit)
    return [CreditStanding(**row) for row in rows]


async def is_known(c: Connection, schema: str, customer_id: UUID) -> bool:
    """Whether anything that bears on credit was ever heard of the customer."""
    return bool(await c.fetchval(_KNOWN.format(table=await live_table(c, schema, CREDIT_STANDINGS)), customer_id))
