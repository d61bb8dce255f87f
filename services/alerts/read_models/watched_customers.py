"""Rows of watched customers and the place of the engine on each part. Written by the engine only, in its one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.alerts.domain.control import Control
from services.alerts.domain.rules import ALL_RULES
from services.alerts.domain.rules.silent_beyond_own_rhythm import CHANNEL
from services.alerts.domain.watched_customer import Watch, WatchedCustomer, read, watch_key, write
from services.alerts.engine.items import MergeKey, parse_merge_key
from services.alerts.engine.step import Watched
from shared.contracts.cursor import START, Cursor
from shared.feed.feed import Start
from shared.postgres.pool import Connection
from shared.projections.positions import PartLost, cursors_from, cursors_text, make_positions
from shared.projections.routing import live_slot

SCHEMA = "alerts"
NAME = "watched_customers"
VERSION = 1
SLOTS = ("a", "b")
FOLD = 4
"""Counts up whenever older rows would have to be folded anew to be what the code makes today: state, rules or their order."""

COLUMNS: Mapping[str, str] = {
    "customer_id": "uuid",
    "state": "bytea",
    "next_due_at": "timestamptz",
    "waiting": "boolean",
    "orders": "integer",
    "last_purchase_on": "date",
    "quiet_since": "date",
    "silence_alert": "uuid",
}

_NAMES = ", ".join(COLUMNS)
_ARGUMENTS = ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(COLUMNS.values(), 2))
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "customer_id")
_UPSERT = """
INSERT INTO alerts.watched_customers_{slot} AS t ({names}, part) SELECT {names}, $1 FROM unnest({arguments}) AS u({names})
ON CONFLICT (customer_id) DO UPDATE SET {changes} WHERE t.part = excluded.part"""
_READ = "SELECT customer_id, state, next_due_at, waiting, quiet_since FROM alerts.watched_customers_{slot} WHERE part = $1"
_DUE = _READ + " AND next_due_at < $2 ORDER BY next_due_at LIMIT $3"
_STOP = """
UPDATE alerts.watched_customers_{slot} SET next_due_at = NULL, waiting = false WHERE part = $1 AND customer_id = ANY($2::uuid[])"""
_NEXT = "SELECT min(next_due_at) FROM alerts.watched_customers_{slot} WHERE part = $1"
_PLACE = """
SELECT p.slot, p.part, p.rev, p.cursors::text, p.offsets::text, p.extra::text
  FROM alerts.routing r JOIN alerts.positions p ON p.read_model = r.read_model AND p.slot = r.live AND p.version = r.version
 WHERE r.read_model = 'watched_customers' AND p.part = ANY($1::int[]) AND p.state = 'live'"""
_MOVE = """
UPDATE alerts.positions SET rev = rev + 1, cursors = $4::jsonb, offsets = $5::jsonb, extra = $6::jsonb
 WHERE read_model = 'watched_customers' AND slot = $1 AND part = $2 AND rev = $3 RETURNING 1"""

BEGINNING = MergeKey(datetime.fromisoformat("0001-01-02T00:00:00+00:00"), "", START)
"""Before every item."""


class Extra(msgspec.Struct, frozen=True, omit_defaults=True):
    """Beside the position: the merge key reached, through when timers have been fired, the control state there, and the
    fold that made the rows."""

    reached: str = str(BEGINNING)
    through: datetime | None = None
    control: Control = Control()
    fold: int = 1


_extra_encoder = msgspec.json.Encoder(decimal_format="string")


@dataclass(frozen=True, slots=True)
class Place:
    """How far the engine is on a part. `starts`: where reading each topic resumes, at the smallest unprocessed place."""

    slot: str
    part: int
    rev: int
    starts: Mapping[str, Start]
    reached: MergeKey
    through: datetime | None
    control: Control
    fold: int = FOLD


async def read_places(conn: Connection, parts: Sequence[int]) -> list[Place]:
    """Places of parts; those never worked on begin before every event."""
    await make_positions(conn, SCHEMA, {NAME: VERSION}, parts)
    return await places_as_they_are(conn, parts)


async def places_as_they_are(conn: Connection, parts: Sequence[int]) -> list[Place]:
    """Places of parts that have one."""
    found = []
    for slot, part, rev, cursors, offsets, extra_text in await conn.fetch(_PLACE, list(parts)):
        known = msgspec.json.decode(offsets, type=dict[str, int])
        extra = msgspec.json.decode(extra_text, type=Extra)
        starts = {topic: Start(cursor, known.get(topic)) for topic, cursor in cursors_from(cursors).items()}
        reached = parse_merge_key(extra.reached)
        fold = FOLD if reached == BEGINNING else extra.fold
        found.append(Place(slot, part, rev, starts, reached, extra.through, extra.control, fold))
    return found


async def move(conn: Connection, place: Place) -> Place:
    """Save a place over the one with its revision. Raises PartLost when another process has moved it."""
    cursors: dict[str, Cursor] = {topic: start.cursor for topic, start in place.starts.items()}
    offsets = {topic: start.offset for topic, start in place.starts.items() if start.offset is not None}
    extra = _extra_encoder.encode(Extra(str(place.reached), place.through, place.control, place.fold)).decode()
    moved = await conn.fetchval(
        _MOVE, place.slot, place.part, place.rev, cursors_text(cursors), msgspec.json.encode(offsets).decode(), extra
    )
    if moved is None:
        raise PartLost(f"alerts, part {place.part}: moved by another")
    return replace(place, rev=place.rev + 1)


StoredRow = tuple[UUID, bytes, datetime | None, bool, date | None]


async def fetch(conn: Connection, place: Place, customers: Collection[UUID]) -> list[StoredRow]:
    """Rows of these customers."""
    return await _rows(conn, _READ + " AND customer_id = ANY($2::uuid[])", place, list(customers))


async def fetch_due(conn: Connection, place: Place, before: datetime, limit: int) -> list[StoredRow]:
    """Rows whose timer is due before a moment, the earliest first."""
    return await _rows(conn, _DUE, place, before, limit)


async def fetch_waiting(conn: Connection, place: Place) -> list[StoredRow]:
    """Rows whose warnings wait for a source's delivery."""
    return await _rows(conn, _READ + " AND waiting", place)


async def fetch_all(conn: Connection, place: Place) -> list[StoredRow]:
    return await _rows(conn, _READ, place)


async def next_timer(conn: Connection, place: Place) -> datetime | None:
    found: datetime | None = await conn.fetchval(_NEXT.format(slot=place.slot), place.part)
    return found


async def _rows(conn: Connection, sql: str, place: Place, *arguments: object) -> list[StoredRow]:
    return [tuple(row) for row in await conn.fetch(sql.format(slot=place.slot), place.part, *arguments)]


_WATCHED = "SELECT customer_id, state FROM alerts.watched_customers_{slot} WHERE customer_id = ANY($1::uuid[])"


async def watched(conn: Connection, customers: Collection[UUID]) -> dict[UUID, WatchedCustomer]:
    """What the engine remembers of these customers, as far as it has come."""
    rows = await conn.fetch(_WATCHED.format(slot=await live_slot(conn, SCHEMA, NAME)), list(customers))
    return {row["customer_id"]: read(row["state"]) for row in rows}


def row_of(stored: StoredRow) -> Watched:
    """Raises msgspec.ValidationError when the state cannot be read."""
    _, state, next_due_at, waiting, quiet_since = stored
    return Watched(read(state), next_due_at, waiting, quiet_since)


def columns_of(rows: Collection[Watched]) -> list[Sequence[object]]:
    """Values of all columns, one sequence a column."""
    return list(zip(*(_values(row) for row in rows), strict=True))


async def upsert(conn: Connection, place: Place, columns: Sequence[Sequence[object]]) -> None:
    """Write rows. Raises PartLost when a row belongs to another part."""
    if columns:
        status = await conn.execute(
            _UPSERT.format(slot=place.slot, names=_NAMES, arguments=_ARGUMENTS, changes=_CHANGES), place.part, *columns
        )
        if int(status.rpartition(" ")[2]) != len(columns[0]):
            raise PartLost(f"alerts, part {place.part}: a customer's row belongs to another part")


async def stop_timers(conn: Connection, place: Place, parked: Collection[UUID]) -> None:
    """Parked customers wait for a retry, not for their timers: due for ever, these would keep the part from going on."""
    if parked:
        await conn.execute(_STOP.format(slot=place.slot), place.part, list(parked))


_SILENCE_RULES = tuple(rule.id for rule in ALL_RULES if rule.kind == "silence")


def _values(row: Watched) -> tuple[object, ...]:
    customer: WatchedCustomer = row.customer
    purchases = customer.purchases
    spells = [customer.watches.get(watch_key(rule_id, CHANNEL), Watch()).open for rule_id in _SILENCE_RULES]
    return (
        customer.customer_id,
        write(customer),
        row.next_due_at,
        row.waiting,
        0 if purchases is None else purchases.count,
        None if purchases is None else purchases.last_on,
        row.quiet_since,
        next((spell.alert_id for spell in spells if spell is not None), None),
    )


def create_tables() -> list[str]:
    """Statements of the migration: both slots, the indexes of the engine and of the dormant list, rights, routing."""
    columns = ", ".join(
        f"{name} {kind}{' PRIMARY KEY' if name == 'customer_id' else ''}{' NOT NULL' if name in ('state', 'waiting', 'orders') else ''}"
        for name, kind in COLUMNS.items()
    )
    statements = []
    for slot in SLOTS:
        table = f"alerts.watched_customers_{slot}"
        statements += [
            f"CREATE TABLE {table} ({columns}, part smallint NOT NULL) WITH (fillfactor = 80)",
            f"CREATE INDEX ON {table} (part, next_due_at)",
            f"CREATE INDEX ON {table} (part) WHERE waiting",
            f"CREATE INDEX ON {table} (last_purchase_on, customer_id) WHERE quiet_since IS NOT NULL",
            f"CREATE INDEX ON {table} (customer_id) WHERE orders = 0",
            f"GRANT SELECT, INSERT, UPDATE ON {table} TO alerts",
            f"GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON {table} TO alerts_rebuild",
        ]
    routing = "INSERT INTO alerts.routing (read_model, live, version) VALUES ('watched_customers', 'a', 1) ON CONFLICT DO NOTHING"
    return [*statements, routing]
