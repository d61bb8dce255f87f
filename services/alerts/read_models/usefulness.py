"""What was each warning of a rule worth? One row an alert that the data opened; figures of a rule are taken over its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.alerts.domain.at_stake import larger
from shared.contracts.alert_steps import AlertRouted
from shared.contracts.alerts import (
    AlertClosed,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    MeasureDecided,
)
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.topics import ALERTS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

NO_MONEY = "[]"


@dataclass(frozen=True, slots=True)
class Warned:
    """`rule_version` opened it. `recovered`: the data say that it is over; `measured`: somebody had decided a measure before.

    `came_true_on`: the day of what it warned of, where that was said. `at_stake` is JSON, amounts by currency: as found when
    the sides were asked, and at the end as a person has said.
    """

    alert_id: UUID
    rule_id: str
    rule_version: int
    opened_at: datetime
    recovered: bool
    measured: bool
    outcome: str | None
    came_true_on: date | None
    at_stake: str


_encoder = msgspec.json.Encoder(decimal_format="string")
_stakes = msgspec.json.Decoder(tuple[Money, ...])


def key(envelope: Envelope) -> UUID | None:
    alert_id: UUID | None = getattr(envelope.event, "alert_id", None)
    return alert_id


def evolve(row: Warned | None, envelope: Envelope) -> Warned | None:
    event = envelope.event
    if isinstance(event, AlertOpened):
        finding = event.finding
        return Warned(
            event.alert_id, finding.rule_id, finding.rule_version, envelope.occurred_at, False, False, None, None, NO_MONEY
        )
    if row is None:
        return None
    match event:
        case AlertWorsened() | AlertReopened():
            return replace(row, recovered=False, outcome=None, came_true_on=None)
        case AlertRouted():
            return replace(row, at_stake=_money(larger(_stakes.decode(row.at_stake), event.at_stake)))
        case AlertRecovered():
            return replace(row, recovered=True)
        case MeasureDecided():
            return replace(row, measured=True)
        case AlertClosed():
            stake = _money(event.at_stake) if event.at_stake else row.at_stake
            return replace(row, outcome=event.outcome, came_true_on=event.came_true_on, at_stake=stake)
    return row


def _money(amounts: Sequence[Money]) -> str:
    return _encoder.encode(amounts).decode()


FOLDED = (AlertOpened, AlertRouted, AlertWorsened, AlertReopened, AlertRecovered, MeasureDecided, AlertClosed)

USEFULNESS = ReadModel(
    name="usefulness",
    version=1,
    row=Warned,
    columns={
        "alert_id": "uuid",
        "rule_id": "text",
        "rule_version": "integer",
        "opened_at": "timestamptz",
        "recovered": "boolean",
        "measured": "boolean",
        "outcome": "text",
        "came_true_on": "date",
        "at_stake": "text",
    },
    key_column="alert_id",
    topics={ALERTS_EVENTS: frozenset(cls.type for cls in FOLDED)},
    key=key,
    evolve=evolve,
)


class Worth(NamedTuple):
    """Counts of the alerts that one version of a rule opened. `itself`: recovered before anybody decided a measure.

    `lead_days`: the median, over the `lead_known` true ones of which it is known when they came true.
    """

    version: int
    opened: int
    open: int
    true: int
    false: int
    too_late: int
    duplicate: int
    recovered: int
    itself: int
    lead_days: Decimal | None
    lead_known: int


class Stake(NamedTuple):
    """Money that was at stake in the alerts of one version, by outcome; None: not closed."""

    version: int
    outcome: str | None
    currency: str
    amount: Decimal


_WORTH = """
SELECT rule_version, count(*), count(*) FILTER (WHERE outcome IS NULL), count(*) FILTER (WHERE outcome = 'TRUE'),
       count(*) FILTER (WHERE outcome = 'FALSE'), count(*) FILTER (WHERE outcome = 'TOO_LATE'),
       count(*) FILTER (WHERE outcome = 'DUPLICATE'), count(*) FILTER (WHERE outcome = 'RECOVERED'),
       count(*) FILTER (WHERE recovered AND NOT measured),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY lead)::numeric, count(lead)
  FROM (SELECT *, CASE WHEN outcome = 'TRUE' THEN came_true_on - (opened_at AT TIME ZONE $2)::date END AS lead
          FROM {table} WHERE rule_id = $1) w
 GROUP BY rule_version ORDER BY rule_version DESC"""
_STAKES = """
SELECT w.rule_version, w.outcome, s.currency, sum(s.amount)
  FROM {table} w CROSS JOIN LATERAL jsonb_to_recordset(w.at_stake::jsonb) s(amount numeric, currency text)
 WHERE w.rule_id = $1 GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2 NULLS FIRST, 3"""


async def worth_of(c: Connection, rule_id: str, zone: str) -> tuple[list[Worth], list[Stake]]:
    """Figures of a rule by version, the newest first. `zone` is the company's: days are days there."""
    table = await live_table(c, "alerts", USEFULNESS)
    worth = [Worth(*row) for row in await c.fetch(_WORTH.format(table=table), rule_id, zone)]
    return worth, [Stake(*row) for row in await c.fetch(_STAKES.format(table=table), rule_id)]
