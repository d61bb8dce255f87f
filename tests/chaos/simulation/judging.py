"""Schedules of the alerts engine: topics that come late against each other, records twice, workers that die, are stopped and change.

Checked: the alerts are those that one fold over the whole sequence gives, with the same ids, said once and at the same moments, none
early because a topic was late; and the customers' rows are those of that fold.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from aiokafka import TopicPartition

from services.alerts.domain.control import Control
from services.alerts.engine.items import item_of
from services.alerts.engine.run import watch
from services.alerts.engine.step import step
from services.alerts.read_models import watched_customers as rows
from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.envelope import Record, headers
from shared.contracts.topics import watermarks_topic
from shared.feed.kafka import KafkaFeed
from shared.relay.state import Mark
from shared.relay.watermark import record_value
from shared.testing.following import GivenParts
from tests.chaos.simulation.broker import Broker
from tests.chaos.simulation.database import Database, Pool, Session, Statement
from tests.chaos.simulation.loop import Process
from tests.chaos.simulation.relaying import CUSTOMERS, PART_OF, PARTS
from tests.chaos.simulation.standing_in import KAFKA, connect, counts
from tests.chaos.simulation.store import Store
from tests.chaos.simulation.tables import NOWHERE, SLOT, parking_statements, position_statements
from tests.chaos.simulation.world import World
from tests.unit.alerts.trade import Trade

ZONE = ZoneInfo("Asia/Shanghai")
SERVICES = ("cards", "complaints", "classification", "alerts")
STORIES = 60
FIRST = date(2026, 1, 5)
END = datetime(2026, 8, 1, tzinfo=UTC)
LATE = 0.3
TABLE = f"alerts.{rows.NAME}_{SLOT}"


class Told(NamedTuple):
    """A record, and as what it is sent."""

    record: Record
    at: TopicPartition
    key: bytes
    headers: Any


class Story(NamedTuple):
    """Records of each service in commit order, and what one fold over all of them comes to.

    `ends`: of each part the text that its position has once it has been judged to the last record.
    """

    records: Mapping[str, Sequence[Told]]
    said: Mapping[str, Sequence[UUID]]
    rows: Mapping[UUID, tuple[object, ...]]
    ends: Mapping[tuple[str, str, int], str]


@lru_cache(maxsize=STORIES)
def story(number: int) -> Story:
    """Customers who buy, owe and pay or do not, over half a year; go-live and a new version of a rule in between."""
    chance, trade, day = random.Random(f"story {number}"), Trade(), FIRST
    who = CUSTOMERS[: chance.choice((2, 3))]
    owing: list[tuple[UUID, str]] = []
    live_at = chance.randrange(6)
    for n in range(chance.randrange(6, 14)):
        day += timedelta(days=chance.choice((0, 1, 4, 9, 20)))
        customer = chance.choice(who)
        if n == live_at:
            trade.went_live(day)
        elif n == live_at + 4 and chance.random() < 0.3:
            trade.published(day, "overdue_debt", 2, watch_days="3")
        what = chance.random()
        if what < 0.4:
            number_of_invoice = trade.name("n")
            trade.invoiced(day, number_of_invoice, day + timedelta(days=chance.choice((1, 5, 15))), customer=customer)
            owing.append((customer, number_of_invoice))
        elif what < 0.7 and owing:
            owner, its = owing.pop(chance.randrange(len(owing)))
            trade.paid(day, "100.00", its, customer=owner)
        elif what < 0.8:
            trade.claimed(day, "60.00", customer=customer)
        else:
            trade.sold(day, customer)
    records: dict[str, list[Told]] = {service: [] for service in SERVICES}
    before: dict[TopicPart, Cursor] = {}
    found = [msgspec.structs.replace(item.record, part=_part(item.record)) for item in trade.sorted()]
    for record in _committed_out_of_order(found, chance):
        at = TopicPart(record.topic, record.part)
        records[record.topic.split(".", 2)[1]].append(_told(msgspec.structs.replace(record, prev=before.get(at))))
        before[at] = record.cursor
    said: dict[str, list[UUID]] = {}
    end_rows: dict[UUID, tuple[object, ...]] = {}
    ends: dict[tuple[str, str, int], str] = {}
    for part in range(PARTS):
        own = sorted((item_of(r) for r in found if r.customer_id is None or r.part == part), key=lambda item: item.key)
        stepped = step({}, Control(), own, END, ZONE)
        assert not stepped.parked
        for one in stepped.sayings:
            said.setdefault(f"alert-{one.event.alert_id}", []).append(one.event_id)
        end_rows |= {customer: rows._values(row) for customer, row in stepped.rows.items()}
        if own:
            ends[rows.NAME, SLOT, part] = f'"{own[-1].key}"'
    return Story(records, said, end_rows, ends)


def _told(record: Record) -> Told:
    key = record.stream if record.customer_id is None else str(record.customer_id)
    return Told(record, TopicPartition(record.topic, record.part), key.encode(), headers(record, 1, {}))


def _part(record: Record) -> int:
    return 0 if record.customer_id is None else PART_OF[record.customer_id]


def _committed_out_of_order(found: list[Record], chance: random.Random) -> list[Record]:
    """In commit order, which for different streams may not be the order of recording: neighbours may have changed places."""
    for i in range(len(found) - 1):
        one, other = found[i], found[i + 1]
        of_one_service = one.topic.split(".", 2)[1] == other.topic.split(".", 2)[1]
        if of_one_service and one.customer_id != other.customer_id and chance.random() < 0.3:
            found[i] = msgspec.structs.replace(one, cursor=other.cursor)
            found[i + 1] = msgspec.structs.replace(other, cursor=one.cursor)
    return sorted(found, key=lambda record: record.cursor)


class Judging:
    """Topics of four services, each with its own delay, and the workers that judge."""

    def __init__(self, world: World, told: Story) -> None:
        self.world, self.told = world, told
        self.known: dict[str, Statement] = dict(statements())
        self.database = Database(world, self.known.__getitem__)
        self.broker = Broker(world, counts(PARTS))
        self.alerts = Store(self.database, "alerts", PARTS)
        self.known.update(self.alerts.statements())
        self.members: dict[str, GivenParts] = {}
        self.to_send = 0
        connect(self.database, self.broker)

    def begin(self, workers: int) -> None:
        everything = frozenset(range(PARTS))
        at_odds = self.world.chance.random() < 0.3
        for n in range(workers):
            name = f"worker {n}"
            self.members[name] = GivenParts(everything if n == 0 or at_odds else ())
            self.world.supervise(name, self._work(name))

    def _work(self, name: str) -> Callable[[Process], Any]:
        async def main(process: Process) -> None:
            held = self.members[name] = GivenParts(self.members[name].parts)
            pool: Any = Pool(self.database, process)
            await watch(pool=pool, feed=KafkaFeed(KAFKA, name), membership=held, zone=ZONE, stores={})

        return main

    def fill(self) -> None:
        """Each service sends at its own pace; after some records, and at the end, a watermark."""
        for service in SERVICES:
            self._fill(service, self.told.records[service])

    def _fill(self, service: str, records: Sequence[Told]) -> None:
        chance, loop = self.world.chance, self.world.loop
        when = chance.random() * (LATE if chance.random() < 0.3 else 0.01)
        for k, told in enumerate(records):
            back = 1 + self.world.below(3) if chance.random() < 0.15 else 0
            for again in records[max(0, k - back) : k + 1]:
                when += chance.random() * 0.004
                self._later(when, self._send, again)
            if chance.random() < 0.4:
                rest = [other.record.recorded_at for other in records[k + 1 :]]
                self._later(when, self._watermark, service, min(rest, default=told.record.recorded_at), records[: k + 1])
        self._later(when + 0.005, self._watermark, service, END, records)
        if chance.random() < 0.3:
            # A zombie's watermark, older than the last.
            loop.at(loop.outside, when + 0.05, self._watermark, service, datetime(2026, 1, 1, tzinfo=UTC), [])
            self.to_send += 1

    def _later(self, when: float, what: Callable[..., None], *arguments: Any) -> None:
        self.to_send += 1
        self.world.loop.at(self.world.loop.outside, when, what, *arguments)

    def _send(self, told: Told) -> None:
        self.to_send -= 1
        self.broker.log(told.at).append(told.key, told.record.body, told.headers)
        self.broker.arrived()

    def _watermark(self, service: str, t: datetime, sent: Sequence[Told]) -> None:
        self.to_send -= 1
        newest = {told.at: told.record.cursor for told in sent}
        marks = {TopicPart(*at): Mark(cursor, self.broker.log(at).end) for at, cursor in newest.items()}
        value = record_value(t, sent[-1].record.cursor if sent else START, marks)
        self.broker.log(TopicPartition(watermarks_topic(service), 0)).append(service.encode(), value, [])
        self.broker.arrived()

    def rebalance(self) -> None:
        names = list(self.members)
        owner = {part: self.world.pick(names) for part in range(PARTS)}
        for name in names:
            process = self.world.living.get(name)
            before, self.world.loop.current = self.world.loop.current, process or self.world.loop.outside
            self.members[name].give(frozenset(part for part, its in owner.items() if its == name))
            self.world.loop.current = before

    def all_judged(self) -> bool:
        if self.to_send:
            return False
        table = self.database.table("alerts.positions")
        for follower, end in self.told.ends.items():
            place = table.get(follower)
            if place is None or end not in place.extra:
                return False
        return all(row[2] is None or row[2] >= END for row in self.database.table(TABLE).values())

    def check(self) -> None:
        said = {stream: [row.event_id for row in its] for stream, its in self.alerts.streams.items()}
        if said != self.told.said:
            early = {stream for stream in said if stream not in self.told.said}
            late = {stream for stream in self.told.said if stream not in said}
            self.world.found(f"alerts: {len(early)} should not be, {len(late)} are missing, of {len(self.told.said)}")
        stored = {customer: row[:-1] for customer, row in self.database.table(TABLE).items()}
        if stored != self.told.rows:
            self.world.found("rows of customers are not those of the fold")


@lru_cache(maxsize=1)
def statements() -> Mapping[str, Statement]:
    """Of what the engine keeps."""

    def place(s: Session, a: tuple[Any, ...]) -> list[Any]:
        return [
            (slot, part, one.rev, one.cursors, one.offsets, one.extra)
            for (name, slot, part), one in s.rows("alerts.positions").items()
            if name == rows.NAME and part in a[0]
        ]

    compared = "AND rev = $3" in rows._MOVE

    def move(s: Session, a: tuple[Any, ...]) -> list[Any]:
        slot, part, rev, cursors, offsets, extra = a
        key = (rows.NAME, slot, part)
        s.lock(("alerts.positions", key))
        one = s.read("alerts.positions", key) or NOWHERE
        if compared and one.rev != rev:
            return []
        s.write("alerts.positions", key, one._replace(rev=one.rev + 1, cursors=cursors, offsets=offsets, extra=extra))
        return [(1,)]

    def upsert(s: Session, a: tuple[Any, ...]) -> int:
        count = 0
        for row in zip(*a[1:], strict=True):
            before = s.read(TABLE, row[0])
            if before is None or before[-1] == a[0]:
                s.write(TABLE, row[0], (*row, a[0]))
                count += 1
        return count

    def read(wanted: Callable[[Any, tuple[Any, ...]], bool]) -> Statement:
        def found(s: Session, a: tuple[Any, ...]) -> list[Any]:
            return [(*row[:4], row[6]) for row in s.rows(TABLE).values() if row[-1] == a[0] and wanted(row, a)]

        return found

    def due(s: Session, a: tuple[Any, ...]) -> list[Any]:
        found = read(lambda row, a: row[2] is not None and row[2] < a[1])(s, a)
        return sorted(found, key=lambda row: row[2])[: a[2]]

    def next_due(s: Session, a: tuple[Any, ...]) -> list[Any]:
        return [(min((row[2] for row in s.rows(TABLE).values() if row[-1] == a[0] and row[2] is not None), default=None),)]

    def text(sql: str) -> str:
        return sql.format(slot=SLOT, names=rows._NAMES, arguments=rows._ARGUMENTS, changes=rows._CHANGES)

    return {
        **position_statements("alerts", {rows.NAME: rows.VERSION}),
        **parking_statements("alerts"),
        rows._PLACE: place,
        rows._MOVE: move,
        text(rows._UPSERT): upsert,
        text(rows._READ): read(lambda row, a: True),
        text(rows._READ + " AND customer_id = ANY($2::uuid[])"): read(lambda row, a: row[0] in a[1]),
        text(rows._READ + " AND waiting"): read(lambda row, a: row[3]),
        text(rows._DUE): due,
        text(rows._NEXT): next_due,
    }


def judging(world: World) -> None:
    """One schedule."""
    chance, loop = world.chance, world.loop
    one = Judging(world, story(world.below(STORIES)))
    one.begin(workers=1 + (chance.random() < 0.5))
    one.fill()
    for _ in range(world.pick((0, 0, 1, 2))):
        loop.at(loop.outside, chance.random() * 0.3, one.rebalance)
    loop.at(loop.outside, LATE + 0.2, one.rebalance)
    if world.come_to_rest(one.all_judged):
        one.check()
