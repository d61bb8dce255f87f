"""Which mutes are there, why, and until when?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.alerts.domain.muting import Mute
from shared.contracts.alert_steps import MuteEnded, MuteMatcher, MuteSet
from shared.contracts.envelope import Envelope
from shared.contracts.topics import ALERTS_CONTROL
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class MuteRow:
    """`matcher` is JSON. `until` is its last day; `ended_at` when somebody ended it before."""

    mute_id: UUID
    matcher: str
    reason: str
    until: date
    set_by: UUID
    set_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None


_encoder = msgspec.json.Encoder()
_matcher = msgspec.json.Decoder(MuteMatcher)


def key(envelope: Envelope) -> UUID | None:
    mute_id: UUID | None = getattr(envelope.event, "mute_id", None)
    return mute_id


def evolve(row: MuteRow | None, envelope: Envelope) -> MuteRow | None:
    match envelope.event:
        case MuteSet() as event:
            matcher = _encoder.encode(event.matcher).decode()
            return MuteRow(event.mute_id, matcher, event.reason, event.until, event.set_by, envelope.occurred_at, None, None)
        case MuteEnded(ended_by=by) if row is not None:
            return replace(row, ended_at=envelope.occurred_at, ended_by=by)
    return row


MUTES = ReadModel(
    name="mutes",
    version=1,
    row=MuteRow,
    columns={
        "mute_id": "uuid",
        "matcher": "text",
        "reason": "text",
        "until": "date",
        "set_by": "uuid",
        "set_at": "timestamptz",
        "ended_at": "timestamptz",
        "ended_by": "uuid",
    },
    key_column="mute_id",
    topics={ALERTS_CONTROL: frozenset(cls.type for cls in (MuteSet, MuteEnded))},
    key=key,
    evolve=evolve,
)

_COLUMNS = ", ".join(MUTES.columns)
_HOLDING = "SELECT {columns} FROM {table} WHERE ended_at IS NULL AND until >= $1"
_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY set_at DESC, mute_id DESC LIMIT {limit:d}"


def mute_of(row: MuteRow) -> Mute:
    return Mute(row.mute_id, _matcher.decode(row.matcher), row.reason, row.until, row.set_by, row.ended_at is not None)


async def mutes_on(c: Connection, day: date) -> list[Mute]:
    """Mutes that hold on a day."""
    rows = await c.fetch(_HOLDING.format(columns=_COLUMNS, table=await live_table(c, "alerts", MUTES)), day)
    return [mute_of(MuteRow(*row)) for row in rows]


async def page(
    c: Connection, holding: bool | None, today: date, after: tuple[datetime, UUID] | None, limit: int
) -> list[MuteRow]:
    """Mutes, the latest set first, after the given one."""
    where = Conditions()
    if holding is not None:
        where.add(f"{'' if holding else 'NOT '}(ended_at IS NULL AND until >= {{}})", today)
    where.behind("set_at, mute_id", after, descending=True)
    table = await live_table(c, "alerts", MUTES)
    statement = _PAGE.format(columns=_COLUMNS, table=table, conditions=where.sql, limit=limit)
    return [MuteRow(*row) for row in await c.fetch(statement, *where.values)]
