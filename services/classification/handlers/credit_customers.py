"""Customers as their credit is judged: merged cards together, under the card that leads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from services.classification.domain.credit_figures import CreditFigures, known_on, owed_on
from services.classification.handlers.deps import SCHEMA
from services.classification.read_models.credit_standings import (
    CreditStanding,
    all_standings,
    claims_in,
    standings_behind,
    warnings_in,
)
from shared.contracts.account_columns import account_of
from shared.contracts.credit_grades import CreditStandardPublished
from shared.contracts.money import Money
from shared.postgres.pool import Connection

Cards = tuple[UUID, Sequence[CreditStanding]]
"""A customer by its leading card, and the standings of all its cards."""


async def customers_behind(c: Connection, lead_id: UUID | None, limit: int) -> list[Cards]:
    """Customers behind the one with this leading card, by its id: about as many as `limit`."""
    return [(lead, list(cards)) for lead, cards in groupby(await standings_behind(c, SCHEMA, lead_id, limit), key=_lead)]


async def standings_by_customer(c: Connection) -> AsyncIterator[list[Cards]]:
    """All customers, in pieces. Inside the caller's transaction, whose snapshot it shows."""
    carried: list[CreditStanding] = []
    async for piece in all_standings(c, SCHEMA):
        rows = [*carried, *piece]
        # The cards of the last customer may go on in the next piece.
        last = _lead(rows[-1])
        carried = [row for row in rows if _lead(row) == last]
        yield [(lead, list(cards)) for lead, cards in groupby((row for row in rows if _lead(row) != last), key=_lead)]
    if carried:
        yield [(_lead(carried[0]), carried)]


def _lead(row: CreditStanding) -> UUID:
    return row.lead_id or row.customer_id


def figures_of(
    customer_id: UUID, cards: Sequence[CreditStanding], day: date, standard: CreditStandardPublished, zone: ZoneInfo
) -> CreditFigures:
    """Terms and report are those of the leading card; ledger and warnings are of all. `zone` is the company's."""
    own = next((row for row in cards if row.customer_id == customer_id), None)
    accounts = [(account_of(row.account), claims_in(row.claims)) for row in cards]
    ended = {one: at.astimezone(zone).date() for row in cards for one, at in warnings_in(row.warnings).ended}
    limit = None
    if own is not None and own.credit_limit is not None and own.credit_currency is not None:
        limit = Money(own.credit_limit, own.credit_currency)
    reported_on = _reported_on(own, zone)
    known = own is not None and reported_on is not None and reported_on <= day
    return CreditFigures(
        day=day,
        owed=owed_on(accounts, day, standard.period_days),
        known_on=known_on(accounts),
        limit=limit,
        true_warnings=sum(1 for on in ended.values() if 0 <= (day - on).days < standard.period_days),
        report=own.report if own is not None and known else None,
        reported_on=reported_on if known else None,
    )


def _reported_on(own: CreditStanding | None, zone: ZoneInfo) -> date | None:
    if own is None or own.reported_at is None:
        return None
    return own.observed_on or own.reported_at.astimezone(zone).date()
