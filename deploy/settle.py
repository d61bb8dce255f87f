"""Whether everything that is recorded has reached everything that is computed from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

import asyncpg

from shared.contracts.cursor import START, Cursor
from shared.contracts.topics import SERVICES, TOPICS, main_topic
from shared.postgres.schema import within
from shared.projections.positions import cursors_from
from shared.projections.reaction import Reaction
from shared.projections.read_model import ReadModel
from shared.projections.standings import follower_name

_HEADS = """
SELECT DISTINCT ON (type, part) type, part, gen, xid, pos FROM {schema}.events ORDER BY type, part, gen DESC, xid DESC, pos DESC"""
_LAST = "SELECT gen, xid, pos FROM {schema}.events ORDER BY gen DESC, xid DESC, pos DESC LIMIT 1"
# Of a read model those of the slot that is shown: workers of an older version may go on with the other one. Reactions have no slots.
_POSITIONS = """
SELECT p.read_model, p.part, p.cursors::text FROM {schema}.positions p LEFT JOIN {schema}.routing r ON r.read_model = p.read_model
 WHERE p.state = 'live' AND p.slot = coalesce(r.live, p.slot)"""
# Alerts whose sides have not been asked yet; what is due on a later day is not behind.
_UNASKED = """
SELECT count(*) FROM (SELECT 'a' AS slot, look_on FROM {schema}.alerts_a UNION ALL SELECT 'b', look_on FROM {schema}.alerts_b) AS one
 WHERE look_on = $1 AND slot = (SELECT live FROM {schema}.routing WHERE read_model = 'alerts')"""
_PARKED = "SELECT count(*) FROM {schema}.parked"
_ONE_PART = frozenset(topic.name for topic in TOPICS if topic.one_part)
_ENGINE = "watched_customers"


Reader = ReadModel[Any] | Reaction


class NotSettled(Exception):
    """What was recorded did not arrive everywhere in time. The message says what lags."""


def readers_of(service: str) -> Sequence[Reader]:
    """Read models and reactions of a service."""
    models: Sequence[Reader] = import_module(f"services.{service}.read_models").READ_MODELS
    try:
        reactions: Sequence[Reader] = import_module(f"services.{service}.reactions").REACTIONS
    except ModuleNotFoundError:
        reactions = ()
    return [*models, *reactions]


@dataclass
class Lag:
    """What lies between the stores and what is computed: per reader, the number of parts that are behind, or of alerts."""

    behind: dict[str, int] = field(default_factory=dict)
    parked: int = 0

    def __bool__(self) -> bool:
        return bool(self.behind)


class Place(NamedTuple):
    """One type of event on one part of a store."""

    type: str
    part: int


class Watch:
    """Looks at an installation through one connection; heads are read again only when a store has grown."""

    def __init__(self, conn: asyncpg.Connection[asyncpg.Record], parts: int) -> None:
        self._conn = conn
        self._parts = parts
        self._heads: dict[str, tuple[asyncpg.Record | None, dict[Place, Cursor]]] = {}

    async def lag(self) -> Lag:
        """What is behind at this moment."""
        found = Lag()
        heads: dict[Place, Cursor] = {}
        for service in SERVICES:
            heads |= await self._head(service)
            found.parked += await self._conn.fetchval(within(service, _PARKED))
        for service in SERVICES:
            reached = {
                (row["read_model"], row["part"]): cursors_from(row["cursors"])
                for row in await self._conn.fetch(within(service, _POSITIONS))
            }
            for reader in readers_of(service):
                if late := {place.part for place, head in heads.items() if _behind(reader, reached, place, place.part, head)}:
                    found.behind[f"{service} {reader.name}"] = len(late)
            if service == "alerts":
                engine = import_module("services.alerts.engine.items").FOLDED_TYPES
                if late := {part for place, head in heads.items() for part in self._engine_behind(engine, reached, place, head)}:
                    found.behind["alerts engine"] = len(late)
                at_once = import_module("services.alerts.domain.due").AT_ONCE
                if unasked := await self._conn.fetchval(within(service, _UNASKED), at_once):
                    found.behind["alerts procedure"] = unasked
        return found

    def _engine_behind(
        self, types: Set[str], reached: Mapping[tuple[str, int], Mapping[str, Cursor]], place: Place, head: Cursor
    ) -> list[int]:
        # What is on a control topic is an item of every part.
        topic = main_topic(place.type)
        parts = range(self._parts) if topic in _ONE_PART else [place.part]
        return [p for p in parts if place.type in types and reached.get((_ENGINE, p), {}).get(topic, START) < head]

    async def _head(self, service: str) -> dict[Place, Cursor]:
        last = await self._conn.fetchrow(within(service, _LAST))
        known = self._heads.get(service)
        if known is not None and known[0] == last:
            return known[1]
        rows = await self._conn.fetch(within(service, _HEADS))
        heads = {Place(row["type"], row["part"]): Cursor(row["gen"], row["xid"], row["pos"]) for row in rows}
        self._heads[service] = (last, heads)
        return heads


def _behind(
    reader: Reader, reached: Mapping[tuple[str, int], Mapping[str, Cursor]], place: Place, part: int, head: Cursor
) -> bool:
    topic = main_topic(place.type)
    return place.type in reader.topics.get(topic, ()) and reached.get((follower_name(reader), part), {}).get(topic, START) < head


async def settled(dsn: str, parts: int, patience: float) -> Lag:
    """Wait until nothing is behind, twice in a row. Raises NotSettled after `patience` seconds."""
    conn = await asyncpg.connect(dsn)
    try:
        watch, deadline, quiet = Watch(conn, parts), time.monotonic() + patience, 0
        while True:
            lag = await watch.lag()
            quiet = 0 if lag else quiet + 1
            if quiet == 2:
                return lag
            if time.monotonic() > deadline:
                said = ", ".join(f"{name} ({many})" for name, many in sorted(lag.behind.items()))
                raise NotSettled(f"still behind after {patience:.0f} s: {said}")
            await asyncio.sleep(0.25)
    finally:
        await conn.close()
