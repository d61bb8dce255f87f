"""Schedules of the consumer: a log in which records stand twice, workers that die, are stopped, and lose and win parts meanwhile.

Checked: rows, sums and totals are the fold of the events, each once and in order; what is parked is parked at its event and folds
when it is asked for; each event is answered once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from aiokafka import TopicPartition

from shared.contracts.cards import TradeReleased
from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import Envelope
from shared.contracts.event import encode
from shared.contracts.money import Money
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import PaymentReceived
from shared.event_store.events import Append, NewEvent, StoredRow
from shared.feed.kafka import KafkaFeed
from shared.projections import parking
from shared.projections.reaction import Reaction
from shared.projections.read_model import ReadModel
from shared.projections.runner import consume
from shared.projections.standings import follower_name
from shared.projections.sums import summed
from shared.relay.records import pack
from shared.relay.state import Mark
from shared.relay.watermark import record_value
from shared.testing.following import GivenParts
from tests.chaos.simulation.broker import Broker, records_of
from tests.chaos.simulation.database import Database, Pool, Session, Statement
from tests.chaos.simulation.loop import Process
from tests.chaos.simulation.relaying import CUSTOMERS, NAMES, PART_OF, PARTS
from tests.chaos.simulation.standing_in import KAFKA, connect, counts
from tests.chaos.simulation.store import GEN, MICRO, Store
from tests.chaos.simulation.tables import SLOT, model_statements, parking_statements, position_statements
from tests.chaos.simulation.world import BEGIN, World

SCHEMA = "complaints"
HISTORIES = 200
TOPICS = {CARDS_EVENTS: frozenset({TradeReleased.type}), CARDS_TRANSACTIONS: frozenset({PaymentReceived.type})}
POISONED: set[UUID] = set()
"""Events that the read model cannot fold at present."""


@dataclass(frozen=True, slots=True)
class Met:
    """Which events of a customer were folded, in the order in which they were, by topic; repeats show."""

    customer_id: UUID
    on_card: str
    paid: str


def _met(row: Met | None, envelope: Envelope) -> Met:
    if envelope.event_id in POISONED:
        raise ValueError("poison")
    row = row or Met(envelope.customer_id or UUID(int=0), "", "")
    if envelope.topic == CARDS_EVENTS:
        return Met(row.customer_id, f"{row.on_card} {envelope.version}", row.paid)
    return Met(row.customer_id, row.on_card, f"{row.paid} {envelope.version}")


MET = ReadModel(
    name="met",
    version=1,
    row=Met,
    columns={"customer_id": "uuid", "on_card": "text", "paid": "text"},
    key_column="customer_id",
    topics=TOPICS,
    key=lambda envelope: envelope.customer_id,
    evolve=_met,
    totals=lambda row: {"all": {"events": len(row.on_card.split()) + len(row.paid.split())}},
)
PAID = summed(
    name="paid",
    version=1,
    columns={"customer_id": "uuid", "currency": "text", "amount": "numeric"},
    added=("amount",),
    topics={CARDS_TRANSACTIONS: TOPICS[CARDS_TRANSACTIONS]},
    split=lambda envelope: [(envelope.event.amount.currency, envelope.event.amount.amount)],
)


@cache
def _answer_id(event_id: UUID) -> UUID:
    return uuid5(event_id, "answer")


def _answer(envelope: Envelope) -> Sequence[Append]:
    answer = NewEvent(_answer_id(envelope.event_id), TradeReleased(customer_id=envelope.customer_id), envelope.occurred_at)
    return [Append(f"card-{envelope.customer_id}", "any", envelope.customer_id, envelope.part, [answer])]


ANSWERED = Reaction("answered", {CARDS_EVENTS: TOPICS[CARDS_EVENTS]}, _answer)
MODELS = (MET, PAID)


class Folded(NamedTuple):
    """The fold of all events of a history, by rules of its own."""

    met: Mapping[UUID, tuple[UUID, str, str]]
    paid: Mapping[tuple[UUID, str], Decimal]
    answers: Sequence[UUID]


class History(NamedTuple):
    """Events of a store, each as the record that the relay makes of it, and what they come to.

    `ends`: of each follower and part the text that its position has once it stands at the last record of a topic.
    """

    rows: Sequence[StoredRow]
    records: Mapping[TopicPart, Sequence[tuple[Cursor, tuple[Any, ...]]]]
    ends: Sequence[tuple[tuple[str, str, int], str]]
    folded: Folded


@lru_cache(maxsize=HISTORIES)
def history(number: int) -> History:
    """The same number is the same history. Customers share a place in it with others, and transactions hold several events."""
    chance = random.Random(f"history {number}")
    rows: list[StoredRow] = []
    versions: dict[str, int] = {}
    xid = 100
    for pos in range(1, chance.randrange(4, 14)):
        xid += chance.choice((0, 1, 1, 2))
        customer = chance.choice(CUSTOMERS)
        event = (
            TradeReleased(customer_id=customer)
            if chance.random() < 0.5
            else PaymentReceived(
                customer_id=customer,
                source="erp",
                source_event_id=str(pos),
                received_on=BEGIN.date(),
                amount=Money(Decimal(2**pos), "CNY"),
            )
        )
        stream = f"{'card' if isinstance(event, TradeReleased) else 'ledger'}-{customer}"
        versions[stream] = versions.get(stream, 0) + 1
        event_id = uuid5(NAMES, f"{number} {pos}")
        at = BEGIN + pos * MICRO
        body = encode(event).decode()
        rows.append(
            StoredRow(
                GEN, xid, pos, stream, versions[stream], event_id, event.type, customer, PART_OF[customer], at, at, body, "{}"
            )
        )
    packed = pack(rows, {}, 1, 1)
    cursors = {at: [row.cursor for row in rows if _place(row) == at] for at in packed}
    records = {at: list(zip(cursors[at], (records_of(one)[0] for one in out.batches), strict=True)) for at, out in packed.items()}
    ends = [
        ((follower_name(reader), SLOT, at.part), f'"{at.topic}":"{its[-1]}"')
        for at, its in cursors.items()
        for reader in (*MODELS, ANSWERED)
        if at.topic in reader.topics
    ]
    return History(rows, records, ends, _folded(rows))


def _folded(rows: Sequence[StoredRow]) -> Folded:
    met: dict[UUID, tuple[UUID, str, str]] = {}
    paid: dict[tuple[UUID, str], Decimal] = {}
    answers: list[UUID] = []
    for row in rows:
        assert row.customer_id is not None
        customer, on_card, paid_with = met.get(row.customer_id) or (row.customer_id, "", "")
        if row.type == TradeReleased.type:
            met[customer] = (customer, f"{on_card} {row.version}", paid_with)
            answers.append(_answer_id(row.event_id))
        else:
            met[customer] = (customer, on_card, f"{paid_with} {row.version}")
            paid[customer, "CNY"] = paid.get((customer, "CNY"), Decimal(0)) + Decimal(2**row.pos)
    return Folded(met, paid, sorted(answers))


def _place(row: StoredRow) -> TopicPart:
    return TopicPart(CARDS_EVENTS if row.type == TradeReleased.type else CARDS_TRANSACTIONS, row.part)


class Following:
    """A topic, what fills it, and those who follow it."""

    def __init__(self, world: World, told: History, database: Database | None = None, broker: Broker | None = None) -> None:
        self.world, self.told = world, told
        self.known: dict[str, Statement] = {}
        self.database = database or Database(world, self.known.__getitem__)
        self.broker = broker or Broker(world, counts(PARTS))
        self.answers = Store(self.database, SCHEMA, PARTS)
        self.source = Store(self.database, "cards", PARTS)
        for row in told.rows:
            self.source.log.append((row.xid, row.pos, row))
            self.database.last_xid = max(self.database.last_xid, row.xid)
        self.known |= statements()
        self.known |= {**self.answers.statements(), **self.source.statements()}
        self.members: dict[str, GivenParts] = {}
        self.sent: dict[TopicPart, int] = dict.fromkeys(told.records, 0)
        connect(self.database, self.broker)

    def begin(self, workers: int) -> None:
        everything = frozenset(range(PARTS))
        # The first holds all; a further one wins parts later, or believes from the start that it holds them too.
        at_odds = self.world.chance.random() < 0.3
        for n in range(workers):
            name = f"worker {n}"
            self.members[name] = GivenParts(everything if n == 0 or at_odds else ())
            self.world.supervise(name, self._work(name))

    def _work(self, name: str) -> Callable[[Process], Any]:
        async def main(process: Process) -> None:
            held = self.members[name] = GivenParts(self.members[name].parts)
            pool = Pool(self.database, process)
            await consume(
                pool=pool,  # type: ignore[arg-type]
                schema=SCHEMA,
                feed=KafkaFeed(KAFKA, name),
                membership=held,
                models=MODELS,
                reactions=(ANSWERED,),
                stores={"cards": pool},  # type: ignore[dict-item]
            )

        return main

    def fill(self) -> None:
        """Let the records arrive, in their order on each topic part, some of them again; watermarks after them."""
        chance = self.world.chance
        for at, records in self.told.records.items():
            when = chance.random() * 0.03
            for i in range(len(records)):
                back = 1 + self.world.below(3) if chance.random() < 0.4 else 0
                for k in range(max(0, i - back), i + 1):
                    when += chance.random() * 0.006
                    self.world.loop.at(self.world.loop.outside, when, self._send, at, k)
        self.world.loop.at(self.world.loop.outside, 0.2, self._watermark)

    def _send(self, at: TopicPart, number: int) -> None:
        # A log that has lost its tail is sent again from where it ends, as the relay does it.
        sent = self.sent[at]
        for k in range(min(sent, number), number + 1):
            self.broker.log(TopicPartition(at.topic, at.part)).append(*self.told.records[at][k][1])
        self.sent[at] = max(sent, number + 1)
        self.broker.arrived()

    def _watermark(self) -> None:
        marks = {}
        for at, records in self.told.records.items():
            for k in range(self.sent[at], len(records)):
                self._send(at, k)
            end = self.broker.log(TopicPartition(at.topic, at.part)).end
            marks[at] = Mark(records[-1][0], end)
        last = self.told.rows[-1]
        value = record_value(self.world.wall(), last.cursor, marks)
        self.broker.log(TopicPartition("regulars.cards.watermarks.v1", 0)).append(b"cards", value, [])
        self.broker.arrived()

    def lose_tail(self) -> None:
        """The log loses its newest records and grows again, from there, under the same offsets."""
        for at, records in self.told.records.items():
            log = self.broker.log(TopicPartition(at.topic, at.part))
            del log.messages[self.world.below(len(log.messages) + 1) :]
            cursors = {cursor: k for k, (cursor, _) in enumerate(records)}
            last = log.messages[-1].headers if log.messages else None
            place = None if last is None else dict(last)["cursor"].decode()
            self.sent[at] = 0 if place is None else cursors[Cursor(*map(int, place.split(".")))] + 1
            # It may have grown beyond the old end before anybody looks: the same offsets are other records then.
            if self.sent[at] < len(records) and self.world.chance.random() < 0.9:
                self._send(at, self.sent[at] + self.world.below(len(records) - self.sent[at]))

    def rebalance(self) -> None:
        """Parts change hands; the one who held them learns of it at another moment than the one who gets them."""
        chance, loop = self.world.chance, self.world.loop
        names = list(self.members)
        owner = {part: self.world.pick(names) for part in range(PARTS)}
        for name in names:
            parts = frozenset(part for part, its in owner.items() if its == name)
            loop.at(loop.outside, chance.random() * 0.02, lambda name=name, parts=parts: self._give(name, parts))

    def _give(self, name: str, parts: frozenset[int]) -> None:
        process = self.world.living.get(name)
        if process is not None and process.frozen_until > self.world.loop.now:
            # One who is stopped learns of it when he goes on.
            self.world.loop.at(self.world.loop.outside, process.frozen_until - self.world.loop.now, self._give, name, parts)
            return
        before, self.world.loop.current = self.world.loop.current, process or self.world.loop.outside
        self.members[name].give(parts)
        self.world.loop.current = before

    def everything_folded(self) -> bool:
        """Whether every follower stands at the last event of each topic part."""
        if any(self.sent[at] < len(records) for at, records in self.told.records.items()):
            return False
        table = self.database.table(f"{SCHEMA}.positions")
        for follower, end in self.told.ends:
            place = table.get(follower)
            if place is None or end not in place.cursors:
                return False
        return True

    def check(self, parked: Mapping[UUID, StoredRow]) -> None:
        """Rows are the fold. `parked`: customers with the event that cannot be folded."""
        met, paid, answers = self.told.folded
        table = self.database.table
        rows = {key: row[:-1] for key, row in table(f"{SCHEMA}.met_{SLOT}").items()}
        for customer, one in met.items():
            if customer in parked:
                continue
            if rows.get(customer) != one:
                self.world.found(f"a row is {rows.get(customer)}, and by the events {one}")
        if any((row[0], row[-1]) != (key, PART_OF[key]) for key, row in table(f"{SCHEMA}.met_{SLOT}").items()):
            self.world.found("a row stands in another part")
        sums = {key: row[2] for key, row in table(f"{SCHEMA}.paid_{SLOT}").items()}
        if sums != paid:
            self.world.found(f"sums are {sums}, and by the events {paid}")
        totals: dict[tuple[str, int, str], int] = {}
        for customer, row in rows.items():
            slot = ("all", PART_OF[customer], "events")
            totals[slot] = totals.get(slot, 0) + len(row[1].split()) + len(row[2].split())
        if table(f"{SCHEMA}.met_totals_{SLOT}") != totals:
            self.world.found(f"totals are {table(f'{SCHEMA}.met_totals_{SLOT}')}, and by the rows {totals}")
        if sorted(row.event_id for row in self.answers.events()) != answers:
            self.world.found("an event was not answered, or twice")
        found = {UUID(key): one.cursor for (name, _, key), one in table(f"{SCHEMA}.parked").items() if name == "met"}
        if found.keys() != parked.keys():
            self.world.found(f"parked are {found}, and should be {list(parked)}")


@lru_cache(maxsize=1)
def statements() -> Mapping[str, Statement]:
    """Of everything that does not belong to one schedule."""
    found = position_statements(SCHEMA, {model.name: model.version for model in MODELS}) | parking_statements(SCHEMA)
    for model in MODELS:
        found |= model_statements(SCHEMA, model)
    return found


def following(world: World) -> None:
    """One schedule."""
    chance, loop = world.chance, world.loop
    told = history(world.below(HISTORIES))
    one = Following(world, told)
    POISONED.clear()
    poison = world.pick(told.rows) if chance.random() < 0.25 else None
    if poison is not None:
        POISONED.add(poison.event_id)
    one.begin(workers=1 + (chance.random() < 0.5))
    one.fill()
    for _ in range(world.pick((0, 0, 1, 2, 3))):
        loop.at(loop.outside, chance.random() * 0.15, one.rebalance)
    if chance.random() < 0.6:
        loop.at(loop.outside, 0.03 + chance.random() * 0.12, one.lose_tail)
    loop.at(loop.outside, 0.25, one.rebalance)
    if not world.come_to_rest(lambda: loop.now > 0.3 and one.everything_folded()):
        return
    waiting = {} if poison is None else {poison.customer_id: poison}
    one.check(waiting)
    if poison is not None and chance.random() < 0.5 and not world.violations:
        POISONED.clear()
        operator = Session(one.database, loop.outside)
        one.known[parking._RETRY.format(schema=SCHEMA)](operator, (None, None))
        operator.commit()
        if world.come_to_rest(lambda: not one.database.table(f"{SCHEMA}.parked")):
            one.check({})
