"""Slots under construction, filled from the stores by the hundred thousand: folded in memory, and what is new written by COPY.

Nobody reads such a slot, so its rows are written when many events have gone into them, and a part that is empty is not read. What has to
be parked, or what a column does not take, is not dealt with here: then `Unusual` is raised, nothing of it is written, and whoever
fills the slot does it the consumer's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

import asyncpg

from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import reader_of
from shared.contracts.topics import ALERT_KIND_TOPICS
from shared.feed.scan import END, place_of, rows_below
from shared.postgres.pool import Connection, Pool
from shared.projections.apply import Standing
from shared.projections.copying import weight, write_made
from shared.projections.making import Made, Making, Place, Route
from shared.projections.positions import move
from shared.projections.read_model import ReadModel
from shared.projections.rows import fetch_rows

PIECE = 5_000
"""Rows of a store that are asked for at once."""
WAITING = 20_000
"""Events that wait until the rows that they change are looked for in the slot."""
WRITTEN = 12_000
"""Events of a part after which its rows are written: a transaction stays short, or no tail of the cluster would get on."""
HEAVY = 16_000_000
"""Characters in rows that were read, after which rows are written: they take about ten times as much in memory."""
LANES = 2
_new = tuple.__new__
_KIND_TOPICS = frozenset(ALERT_KIND_TOPICS.values())
# What is not on the disk yet when the server fails is made again: position and rows are lost together. The swap waits for all of it.
_NOT_WAITED_FOR = "SET LOCAL synchronous_commit TO off"

Stops = Mapping[tuple[str, int], Mapping[str, Cursor]]
"""By read model and part, the place on each topic that it may not pass."""


class Unusual(Exception):
    """Something that cannot be folded or written in bulk; the cause says what."""


class Loading:
    """Fills some parts of slots. `read` of each service, then `hand_over`, then `written`. `first_left` is where the first event lies that somebody had to leave."""

    def __init__(self, pool: Pool, schema: str, standings: Mapping[int, Sequence[Standing]], stops: Stops) -> None:
        self.pool, self.schema = pool, schema
        self.records = 0
        self.first_left: dict[str, Cursor] = {}
        self._makings: dict[int, list[Making]] = {}
        for part, its in standings.items():
            if any(one.parked for one in its):
                raise Unusual("something is parked")
            # In one order on every part.
            self._makings[part] = [_making(one, stops) for one in sorted(its, key=lambda one: one.reader.name)]
        self._places: dict[tuple[str, int], Place] = {}
        self._routes: dict[str, dict[int, Route | None]] = {}
        self._limit, self._waiting, self._unwritten, self._heavy = WAITING, 0, 0, 0
        self._writing: asyncio.Task[None] | None = None

    async def read(self, stores: Mapping[str, Pool], service: str, after: Cursor, through: Cursor) -> None:
        """Fold what a store shows of these parts. Raises Unusual, PartLost, or what the database raises."""
        pieces = rows_below(stores[service], service, after, through, sorted(self._makings), PIECE)
        async with aclosing(pieces):
            async for rows in pieces:
                self._take(service, rows)
                if self._waiting >= self._limit:
                    await self._fold()
                if self._heavy > HEAVY:
                    self._limit = PIECE
                if self._heavy > HEAVY or self._unwritten >= WRITTEN * len(self._makings):
                    await self.hand_over()

    async def written(self) -> None:
        """Wait until what was handed over is written. Raises as `read` does."""
        if self._writing is not None:
            await self._writing

    async def settled(self) -> None:
        """Wait until nothing is being written any more. Raises what the writing raises, but Unusual."""
        with suppress(Unusual):
            await self.written()

    async def stop(self) -> None:
        """Write nothing more."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    def _take(self, service: str, rows: Sequence[Any]) -> None:
        routes, before = self._routes, self.records
        try:
            for row in rows:
                gen, xid, pos, stream, version, event_id, type_name, customer_id, part, occurred_at, recorded_at, body = row
                by_part = routes.get(type_name)
                if by_part is None:
                    by_part = routes[type_name] = self._routes_of(type_name)
                route = by_part[part]
                if route is None:
                    continue
                place, cursor = route.place, _new(Cursor, (gen, xid, pos))
                takers = route.takers if place.after < cursor <= place.stop else self._those_who_may(service, route, cursor)
                place.last = cursor
                self.records += 1
                if takers:
                    event = Envelope(
                        route.read(body), type_name, event_id, stream, version, place.topic, place.part, cursor,
                        customer_id, occurred_at, recorded_at,
                    )  # fmt: skip
                    for take in takers:
                        take(event)
        except Exception as error:
            raise Unusual("an event cannot be read or folded") from error
        self._waiting += self.records - before
        self._unwritten += self.records - before

    def _those_who_may(self, service: str, route: Route, cursor: Cursor) -> list[Callable[[Envelope], None]]:
        place = route.place
        if any(cursor > one.stop(place.topic) for one in place.makings):
            self.first_left[service] = min(cursor, self.first_left.get(service, END))
        if not any(one.takes(place.topic, cursor) for one in place.makings):
            self.records -= 1
        its = zip(route.makings, route.takers, strict=True)
        return [take for making, take in its if making.takes(place.topic, cursor)]

    def _routes_of(self, type_name: str) -> dict[int, Route | None]:
        topic, _ = place_of(type_name)
        found: dict[int, Route | None] = {}
        for part, makings in self._makings.items():
            its = [one for one in makings if topic in one.model.topics]
            if its and (topic, part) not in self._places:
                self._places[topic, part] = Place(
                    topic, part, its, max(one.standing.position.cursor(topic) for one in its), min(one.stop(topic) for one in its)
                )
            those = [one for one in its if _wants(one, topic, type_name)]
            takers = [one.taker() for one in those]
            found[part] = Route(self._places[topic, part], reader_of(type_name), those, takers) if its else None
        return found

    async def _fold(self) -> None:
        """Fold what waits for rows of the slot. They are read when what was handed over is written."""
        self._waiting = 0
        if not any(one.waiting for makings in self._makings.values() for one in makings):
            return
        await self.written()
        for makings in zip(*self._makings.values(), strict=True):
            told = [one for one in makings if one.waiting]
            found = await self._rows(told)
            for one in told:
                rows = found.get(one.standing.position.part, {})
                self._heavy += weight(one.model, rows)
                try:
                    one.begin(rows)
                except Exception as error:
                    raise Unusual("an event cannot be folded") from error
                # Whatever is read and written meanwhile is looked after.
                await asyncio.sleep(0)

    async def _rows(self, makings: Sequence[Making]) -> Mapping[int, Mapping[Hashable, Any]]:
        missing = {one.standing.position.part: one.missing for one in makings if one.missing}
        if not missing:
            return {}
        async with self.pool.acquire() as conn:
            return await fetch_rows(conn, self.schema, makings[0].model, makings[0].standing.position.slot, missing)

    async def hand_over(self) -> None:
        """Fold what waits, and begin to write everything that is folded. Raises as `read` does."""
        await self.written()
        await self._fold()
        self._unwritten = self._heavy = 0
        made = {part: [self._taken_from(one) for one in makings] for part, makings in self._makings.items()}
        # Whoever takes events takes them into other rows now.
        self._routes = {}
        self._writing = asyncio.create_task(self._write_parts(made))

    def _taken_from(self, one: Making) -> Made:
        to, part = one.standing.position, one.standing.position.part
        for topic in one.model.topics:
            place = self._places.get((topic, part))
            reached = START if place is None else min(place.last, one.stop(topic))
            if reached > to.cursor(topic):
                to = to.moved(topic, reached, None)
        made = Made(one, to, one.empty, one.rows, one.before)
        one.empty = one.empty and not one.rows
        one.rows, one.before = {}, {}
        return made

    async def _write_parts(self, made: Mapping[int, Sequence[Made]]) -> None:
        lanes = asyncio.Semaphore(LANES)

        async def one_part(works: Sequence[Made]) -> None:
            async with lanes:
                await self._write([one for one in works if one.to is not one.making.standing.position])

        # Each part to its end, whatever becomes of the others: then it is known where all of them stand.
        errors = [one for one in await asyncio.gather(*map(one_part, made.values()), return_exceptions=True) if one is not None]
        for error in sorted(errors, key=lambda one: isinstance(one, Unusual)):
            raise error

    async def _write(self, works: Sequence[Made]) -> None:
        if not works:
            return
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute(_NOT_WAITED_FOR)
            await move(conn, self.schema, [one.to for one in works])
            for one in works:
                if one.rows:
                    await _written(conn, self.schema, one)
        for one in works:
            one.making.standing.position = one.to.saved()


def _making(standing: Standing, stops: Stops) -> Making:
    model, position = standing.reader, standing.position
    assert isinstance(model, ReadModel)
    if model.topics.keys() & _KIND_TOPICS:
        raise Unusual("a topic that repeats events of another one")
    return Making(standing, model, stops.get((model.name, position.part)), empty=not position.cursors)


def _wants(one: Making, topic: str, type_name: str) -> bool:
    interest = one.standing.wants(topic, type_name)
    if interest == "unknown":
        raise Unusual(f"{type_name}: unknown type of a subscribed family")
    return interest == "fold"


async def _written(conn: Connection, schema: str, made: Made) -> None:
    try:
        rows = made.making.grown(made.rows)
        await write_made(conn, schema, made.making.model, made.to, rows, made.before, empty=made.empty)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        raise Unusual("a row that the table does not take") from error
    except (asyncpg.PostgresError, OSError):
        raise
    except Exception as error:
        raise Unusual("a row that cannot be written") from error
