"""Back-tests: what was asked, how far they are, and what they found. They are answers only: nothing follows from them.

A back-test goes part by part, each written once, so that one that is taken up again after a crash goes on where it was. What
was found is kept for the latest ten; their summaries stay.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.alerts.engine.past import Known, Rerun
from services.alerts.engine.warned import Piece
from services.alerts.read_models.alerts import ALERTS
from shared.contracts.alerts import RulePublished
from shared.postgres.ddl import statements
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

KEPT = 10
ATTEMPTS = 3


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be run again. Without days the window is chosen by what the log knows."""

    rule_id: str
    variants: dict[str, tuple[RulePublished, ...]]
    first: date | None = None
    last: date | None = None
    known: Known
    lost_after_days: int
    failed_after_days: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """`state`: QUEUED, RUNNING, DONE, FAILED. `plan` is what is run, once it has begun, `through` the moment whose log it reads."""

    backtest_id: UUID
    state: str
    asked: Asked
    plan: Rerun | None
    through: datetime | None
    parts: int
    parts_done: int
    summary: Mapping[str, Any] | None
    problem: str | None
    made_at: datetime
    ended_at: datetime | None


class Queued(NamedTuple):
    """`reused`: the id was used before, for another request."""

    backtest: Backtest
    reused: bool


_COLUMNS = "backtest_id, state, asked, plan, through, parts, parts_done, summary, problem, made_at, ended_at"
_ONE = "SELECT {columns}, fingerprint FROM alerts.backtests WHERE backtest_id = $1".replace("{columns}", _COLUMNS)
_PAGE = "SELECT {columns} FROM alerts.backtests ORDER BY made_at DESC, backtest_id LIMIT $1".replace("{columns}", _COLUMNS)
_NEXT = """
SELECT {columns} FROM alerts.backtests WHERE state IN ('QUEUED', 'RUNNING') ORDER BY made_at, backtest_id LIMIT 1""".replace(
    "{columns}", _COLUMNS
)
_QUEUE = """
INSERT INTO alerts.backtests (backtest_id, principal, fingerprint, asked, parts, made_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (backtest_id) DO NOTHING"""
_BEGIN = """
UPDATE alerts.backtests SET attempts = attempts + 1, state = CASE WHEN attempts >= $2 THEN 'FAILED' ELSE 'RUNNING' END,
       problem = CASE WHEN attempts >= $2 THEN 'BROKE_OFF' END
 WHERE backtest_id = $1 RETURNING state"""
_PLAN = "UPDATE alerts.backtests SET plan = $2, through = $3 WHERE backtest_id = $1"
_KEEP = """
INSERT INTO alerts.backtest_parts (backtest_id, part, piece) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"""
_COUNT = """
UPDATE alerts.backtests SET parts_done = (SELECT count(*) FROM alerts.backtest_parts WHERE backtest_id = $1) WHERE backtest_id = $1"""
_PARTS = "SELECT part FROM alerts.backtest_parts WHERE backtest_id = $1"
_PIECES = "SELECT piece FROM alerts.backtest_parts WHERE backtest_id = $1 ORDER BY part"
_END = "UPDATE alerts.backtests SET state = $2, summary = $3, problem = $4, ended_at = $5 WHERE backtest_id = $1"
_CLEAR = """
DELETE FROM alerts.backtest_parts WHERE backtest_id IN (
    SELECT backtest_id FROM alerts.backtests WHERE state IN ('DONE', 'FAILED') ORDER BY made_at DESC, backtest_id OFFSET $1)"""

_encoder = msgspec.json.Encoder(decimal_format="string")
_asked = msgspec.json.Decoder(Asked)
_plan = msgspec.json.Decoder(Rerun)
_piece = msgspec.json.Decoder(Piece)
_summary = msgspec.json.Decoder(dict[str, Any])


async def queue(
    c: Connection, backtest_id: UUID, asked: Asked, parts: int, at: datetime, principal: UUID, fingerprint: bytes
) -> Queued:
    """Ask for a back-test; asking again with the same id gives the one that is there."""
    await c.execute(_QUEUE, backtest_id, principal, fingerprint, _encoder.encode(asked).decode(), parts, at)
    row = await c.fetchrow(_ONE, backtest_id)
    if row is None:
        raise AssertionError("a queued back-test is there")
    return Queued(_backtest(row), row["fingerprint"] != fingerprint)


async def backtest_of(c: Connection, backtest_id: UUID) -> Backtest | None:
    row = await c.fetchrow(_ONE, backtest_id)
    return None if row is None else _backtest(row)


async def latest(c: Connection, limit: int) -> list[Backtest]:
    """The newest first."""
    return [_backtest(row) for row in await c.fetch(_PAGE, limit)]


async def next_backtest(c: Connection) -> Backtest | None:
    """The one that was asked for first, of those that are not at their end."""
    row = await c.fetchrow(_NEXT)
    return None if row is None else _backtest(row)


async def begin(c: Connection, backtest_id: UUID) -> bool:
    """Count an attempt; False when there were too many and it has failed."""
    state: str | None = await c.fetchval(_BEGIN, backtest_id, ATTEMPTS)
    return state == "RUNNING"


async def planned(c: Connection, backtest_id: UUID, plan: Rerun, through: datetime) -> None:
    await c.execute(_PLAN, backtest_id, _encoder.encode(plan).decode(), through)


async def parts_there(c: Connection, backtest_id: UUID) -> set[int]:
    return {row["part"] for row in await c.fetch(_PARTS, backtest_id)}


async def keep(c: Connection, backtest_id: UUID, part: int, piece: bytes) -> None:
    """What was found on a part, as it was encoded."""
    await c.execute(_KEEP, backtest_id, part, piece)
    await c.execute(_COUNT, backtest_id)


async def pieces(c: Connection, backtest_id: UUID) -> list[Piece]:
    return [_piece.decode(row["piece"]) for row in await c.fetch(_PIECES, backtest_id)]


async def end(c: Connection, backtest_id: UUID, summary: Mapping[str, Any] | None, problem: str | None, at: datetime) -> None:
    """At its end: with a summary, or with the code of a problem."""
    state, text = ("FAILED", None) if summary is None else ("DONE", _encoder.encode(summary).decode())
    await c.execute(_END, backtest_id, state, text, problem, at)
    await c.execute(_CLEAR, KEPT)


_OUTCOMES = "SELECT alert_id, outcome FROM {table} WHERE alert_id = ANY($1::uuid[]) AND outcome IS NOT NULL"


async def outcomes_of(c: Connection, alert_ids: Collection[UUID]) -> dict[UUID, str]:
    """What persons said of these alerts when they closed them: an alert has the same id whoever computes it."""
    table = await live_table(c, "alerts", ALERTS)
    return {row["alert_id"]: row["outcome"] for row in await c.fetch(_OUTCOMES.format(table=table), list(alert_ids))}


def encoded(piece: Piece) -> bytes:
    return _encoder.encode(piece)


def _backtest(row: Any) -> Backtest:
    return Backtest(
        backtest_id=row["backtest_id"],
        state=row["state"],
        asked=_asked.decode(row["asked"]),
        plan=None if row["plan"] is None else _plan.decode(row["plan"]),
        through=row["through"],
        parts=row["parts"],
        parts_done=row["parts_done"],
        summary=None if row["summary"] is None else _summary.decode(row["summary"]),
        problem=row["problem"],
        made_at=row["made_at"],
        ended_at=row["ended_at"],
    )


def create_tables() -> Sequence[str]:
    """Statements of the migration."""
    return statements(
        """
        CREATE TABLE {schema}.backtests (
            backtest_id uuid PRIMARY KEY,
            principal uuid NOT NULL,
            fingerprint bytea NOT NULL,
            state text NOT NULL DEFAULT 'QUEUED' CHECK (state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED')),
            asked jsonb NOT NULL,
            plan jsonb,
            through timestamptz,
            parts int NOT NULL,
            parts_done int NOT NULL DEFAULT 0,
            attempts int NOT NULL DEFAULT 0,
            summary jsonb,
            problem text,
            made_at timestamptz NOT NULL,
            ended_at timestamptz
        ) WITH (fillfactor = 50);
        CREATE INDEX ON {schema}.backtests (made_at, backtest_id);
        CREATE TABLE {schema}.backtest_parts (
            backtest_id uuid NOT NULL REFERENCES {schema}.backtests,
            part int NOT NULL,
            piece bytea NOT NULL,
            PRIMARY KEY (backtest_id, part)
        );
        GRANT SELECT, INSERT, UPDATE ON {schema}.backtests TO {schema};
        GRANT SELECT, INSERT, DELETE ON {schema}.backtest_parts TO {schema};
        """,
        "alerts",
    )
