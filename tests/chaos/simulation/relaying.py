"""Schedules of the relay: writers that commit in any order, leaders that die and wake up again, a log that loses its tail.

Checked: what a reader keeps of each topic part is what the store holds for it, once and in order, each record linked to the one
before; and below no watermark anything is missing.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
from aiokafka import TopicPartition

from shared.contracts.cards import SourceCompletedThrough, TradeReleased
from shared.contracts.cursor import START, Cursor, TopicPart, part_of
from shared.contracts.envelope import Record, from_headers
from shared.contracts.topics import watermarks_topic
from shared.contracts.transactions import PaymentReceived
from shared.relay.leader import term
from shared.relay.records import places
from shared.relay.watermark import _DRAW
from tests.chaos.simulation.broker import Broker
from tests.chaos.simulation.database import Connection, Database, Statement
from tests.chaos.simulation.loop import Process
from tests.chaos.simulation.standing_in import KAFKA, connect, counts
from tests.chaos.simulation.store import Store, draw
from tests.chaos.simulation.world import World

PARTS = 2
WATERMARKS = TopicPartition(watermarks_topic("cards"), 0)
NAMES = UUID("2f0c7a52-0000-5000-8000-000000000001")
CUSTOMERS = [uuid5(NAMES, str(n)) for n in range(4)]
PART_OF = {customer: part_of(str(customer), PARTS) for customer in CUSTOMERS}
TYPES = (TradeReleased.type, PaymentReceived.type)


class Relaying:
    """A store of cards, its writers and its leaders."""

    def __init__(self, world: World, transactions: int) -> None:
        self.world = world
        self.known: dict[str, Statement] = {_DRAW: draw}
        self.database = Database(world, self.known.__getitem__)
        self.broker = Broker(world, counts(PARTS))
        self.store = Store(self.database, "cards", PARTS)
        self.known.update(self.store.statements())
        self.leader: Process | None = None
        self.lost = False
        self.watermarks_lost_at = 0
        self.to_write = transactions
        self.written = 0
        connect(self.database, self.broker)

    def begin(self, relays: int, writers: int) -> None:
        for n in range(relays):
            self.world.supervise(f"relay {n}", self._relay)
        for n in range(writers):
            self.world.supervise(f"writer {n}", self._write)

    def power_loss(self) -> None:
        """The machine of the broker and of the relays goes down: newest records that were not on disk are gone."""
        self.broker.lose_tail()
        self.watermarks_lost_at = self.broker.log(WATERMARKS).end
        for name in [name for name in self.world.living if name.startswith("relay")]:
            self.world.living[name].kill()

    def all_sent(self) -> bool:
        """Whether everything committed is relayed and a watermark is above it."""
        store = self.store
        if self.written < self.to_write or self.database.running:
            return False
        if not store.log:
            return True
        last = store.log[-1][2]
        if store.cursor != last.cursor or store.watermark is None or store.watermark[0] <= last.recorded_at:
            return False
        # After a loss the next leader has to find out what is missing; its first watermark comes when nothing is.
        told = self.broker.log(WATERMARKS)
        return told.end > self.watermarks_lost_at and f'"cursor":"{last.cursor}"' in told.messages[-1].value.decode()

    async def _relay(self, process: Process) -> None:
        # Who leads is decided by a lock that a stopped holder loses; here by seeing that it is stopped.
        while self.leader is not None and self.leader.alive and self.leader.frozen_until <= self.world.loop.now:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        if self.leader is not None and not self.lost and self.world.chance.random() < 0.5:
            # One failure brings the next: the machine goes down as the new leader begins.
            self.lost = True
            self.world.loop.at(self.world.loop.outside, 0.025 + self.world.chance.random() * 0.05, self.power_loss)
        self.leader = process
        await term(service="cards", dsn="", kafka=KAFKA, now=self.world.wall)

    async def _write(self, process: Process) -> None:
        connection, chance = Connection(self.database, process), self.world.chance
        while self.written < self.to_write:
            self.written += 1
            connection.session.within = True
            await connection.call(lambda: self._put(connection))
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random() * 0.02)
            if chance.random() < 0.15:
                connection.session.end()
            else:
                await connection.call(connection.session.commit)
        await asyncio.Event().wait()

    def _put(self, connection: Connection) -> None:
        chance, store = self.world.chance, self.store
        now = self.world.wall()
        if chance.random() < 0.1:
            connection.session.lock(("cards", "source-erp"))
            store.put(connection.session, "source-erp", 0, None, [(_id(chance), SourceCompletedThrough.type, now, "{}", "{}")])
            return
        customer = self.world.pick(CUSTOMERS)
        stream = f"card-{customer}"
        connection.session.lock(("cards", stream))
        new = [(_id(chance), self.world.pick(TYPES), now, "{}", "{}") for _ in range(self.world.pick((1, 1, 2, 3)))]
        store.put(connection.session, stream, PART_OF[customer], customer, new)

    def check(self) -> None:
        """After everything has come to rest."""
        expected: dict[TopicPart, list[tuple[Cursor, UUID, int]]] = {}
        rows = self.store.events()
        for row in rows:
            for at in places(row, row.body.encode()):
                expected.setdefault(at, []).append((row.cursor, row.event_id, row.version))
        for row_versions in self.store.streams.values():
            if [row.version for row in row_versions] != list(range(1, len(row_versions) + 1)):
                self.world.found("versions have a gap")
        found = {TopicPart(tp.topic, tp.partition): tp for tp in self.broker.logs if tp != WATERMARKS}
        for at in expected.keys() | found.keys():
            kept = self._kept(at, found.get(at))
            if kept != expected.get(at, []):
                self.world.found(f"{at}: the log has {len(kept)} of {len(expected.get(at, []))} events, or others")
        self._check_watermarks(expected, {row.cursor: row.recorded_at for row in rows})

    def _kept(self, at: TopicPart, tp: TopicPartition | None) -> list[tuple[Cursor, UUID, int]]:
        kept: list[tuple[Cursor, UUID, int]] = []
        last = START
        for message in self.broker.log(tp).messages if tp is not None else ():
            record = from_headers(at.topic, at.part, message.offset, message.headers, message.value)
            assert isinstance(record, Record)
            if record.cursor <= last:
                continue
            if record.prev is not None and record.prev > last:
                self.world.found(f"{at}: {record.cursor} follows {record.prev}, which is not there")
            last = record.cursor
            kept.append((record.cursor, record.event_id, record.version))
        return kept

    def _check_watermarks(
        self, expected: dict[TopicPart, list[tuple[Cursor, UUID, int]]], recorded: dict[Cursor, datetime]
    ) -> None:
        for message in self.broker.log(WATERMARKS).messages:
            value = msgspec.json.decode(message.value)
            t = datetime.fromisoformat(value["t"])
            for at, its in expected.items():
                mark = value["topics"].get(at.topic, {}).get(str(at.part))
                reached = START if mark is None else Cursor(*map(int, mark[0].split(".")))
                if any(recorded[cursor] < t and cursor > reached for cursor, _, _ in its):
                    self.world.found(f"{at}: complete through {t:%H:%M:%S.%f} is said at {reached}, and is not")
                    return


def _id(chance: object) -> UUID:
    return UUID(int=chance.getrandbits(128))  # type: ignore[attr-defined]


def relaying(world: World) -> None:
    """One schedule."""
    chance = world.chance
    one = Relaying(world, transactions=2 + world.below(6))
    one.begin(relays=1 + (chance.random() < 0.4), writers=1 + (chance.random() < 0.5))
    if chance.random() < 0.25:
        world.loop.at(world.loop.outside, 0.02 + chance.random() * 0.1, one.power_loss)
    if world.come_to_rest(one.all_sent):
        one.check()
