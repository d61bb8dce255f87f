"""The engine gives the same alerts however its items are cut into batches and parts, and however often they are folded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
import pytest

from services.alerts.domain.control import Control
from services.alerts.domain.judging import Saying
from services.alerts.domain.watched_customer import read, write
from services.alerts.engine.buffer import WIDE_TYPES, PartBuffer
from services.alerts.engine.items import Item, item_of
from services.alerts.engine.refold import fold_all
from services.alerts.engine.step import Watched, step
from services.alerts.read_models.watched_customers import BEGINNING
from shared.contracts.credit_grades import GRADES, CreditGrade, CreditGraded
from shared.feed.feed import Start
from tests.unit.alerts.trade import NAMES, Trade, noon

ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2027, 6, 1, tzinfo=UTC)


def graded(
    trade: Trade, day: date, customer: UUID, grade: CreditGrade | None, previous: CreditGrade | None
) -> CreditGrade | None:
    """What a run of the classification tells, which tells changes only."""
    if grade != previous:
        run_id = uuid5(NAMES, f"run {day}")
        on = day - timedelta(days=1)
        told = CreditGraded(
            customer_id=customer, run_id=run_id, standard_version=1, graded_on=on, grade=grade, previous=previous, points=3
        )
        trade.record(told, noon(day))
    return grade


def a_year_of_trade(seed: int, customers: int = 6) -> list[Item]:
    """Customers that buy, owe, pay, dispute and fall silent; go-live, deliveries and a new rule version in between."""
    chance, grading, trade = random.Random(seed), random.Random(seed), Trade()
    grades: dict[UUID, CreditGrade | None] = {}
    who = [uuid5(NAMES, f"{seed} {i}") for i in range(customers)]
    day, live_on = date(2025, 6, 1), date(2026, 1, 10 + chance.randrange(15))
    open_payments: list[tuple[UUID, str]] = []
    claims: list[tuple[UUID, UUID]] = []
    batch_source = chance.random() < 0.5
    if batch_source:
        trade.opened(day, "sales", "branch")
        trade.opened(day, "payments", "bank")
    while day < date(2026, 12, 1):
        day += timedelta(days=1)
        if day == live_on:
            trade.went_live(day)
        if batch_source and day.day % 5 == 0:
            trade.delivered(day, day - timedelta(days=1), "sales", "branch")
            trade.delivered(day, day - timedelta(days=chance.randrange(1, 9)), "payments", "bank")
        if day == date(2026, 7, 1):
            trade.published(day, "silent_beyond_own_rhythm", 2, watch="0.5")
        for i, customer in enumerate(who):
            stopped = day > date(2026, 4, 1) + timedelta(days=60 * i)
            if day.day == 3 + i:
                grades[customer] = graded(trade, day, customer, grading.choice((*GRADES, None)), grades.get(customer))
            if not stopped and chance.random() < 0.08:
                late = chance.choice((0, 0, 0, 3, 20))
                trade.sold(day - timedelta(days=late), customer, at=day, source="branch" if i % 2 else "erp")
            if not stopped and chance.random() < 0.05:
                number = trade.name("n")
                trade.invoiced(day, number, day + timedelta(days=30), customer=customer)
            if chance.random() < (0.01 if stopped else 0.05):
                payment = trade.name("pay")
                trade.paid(day, "100.00", customer=customer, id=payment)
                open_payments.append((customer, payment))
            if open_payments and chance.random() < 0.004:
                owner, payment = open_payments.pop(chance.randrange(len(open_payments)))
                trade.reversed(day, payment, owner)
            if chance.random() < 0.004:
                claims.append((customer, trade.claimed(day, "60.00", customer=customer)))
            if claims and chance.random() < 0.004:
                owner, complaint = claims.pop()
                trade.complaint_closed(day, complaint, owner)
            if chance.random() < 0.003:
                trade.agreed_limit(day, "300.00", customer)
    return trade.sorted()


def whole(items: Sequence[Item]) -> tuple[dict[UUID, Watched], list[Saying]]:
    stepped = step({}, Control(), items, END, ZONE)
    assert not stepped.parked
    return dict(stepped.rows), list(stepped.sayings)


def in_batches(items: Sequence[Item], chance: random.Random) -> tuple[dict[UUID, Watched], list[Saying]]:
    """As the shell does it: only the rows that it would load, states written and read back, timers on the way."""
    rows: dict[UUID, Watched] = {}
    control, said, place = Control(), list[Saying](), 0
    while place < len(items):
        size = chance.choice((1, 1, 2, 7, 40, 400))
        batch = list(items[place : place + size])
        wide = next((i for i, item in enumerate(batch) if item.record.type in WIDE_TYPES), None)
        if wide is not None:
            batch = batch[:wide] or batch[:1]
        place += len(batch)
        through = items[place].record.recorded_at if place < len(items) else END
        touched = {item.record.customer_id for item in batch}
        due = {one for one, row in rows.items() if row.next_due_at is not None and row.next_due_at < through}
        waiting = {one for one, row in rows.items() if row.waiting}
        needed = set(rows) if batch[0].record.type in WIDE_TYPES else touched | due | waiting
        stepped = step({one: rows[one] for one in needed if one in rows}, control, batch, through, ZONE)
        control = stepped.control
        rows |= {one: row._replace(customer=read(write(row.customer))) for one, row in stepped.rows.items()}
        said += stepped.sayings
    return rows, said


def shown(said: Sequence[Saying]) -> list[tuple[str, object]]:
    return sorted((str(one.event_id), one.event) for one in said)


@pytest.mark.parametrize("seed", range(6))
def test_any_cut_into_batches_gives_the_same_alerts_with_the_same_ids(seed: int) -> None:
    """INVARIANT: broken by anything in the core that looks at the batch instead of at the customer's own items."""
    items = a_year_of_trade(seed)
    rows, said = whole(items)
    assert len({one.event.type for one in said}) >= 3, "the story says something"
    assert len({one.event_id for one in said}) == len(said)
    for cut in range(3):
        other_rows, other_said = in_batches(items, random.Random(f"{seed} {cut}"))
        assert shown(other_said) == shown(said)
        assert other_rows == rows


@pytest.mark.parametrize("seed", range(3))
def test_customers_in_parts_of_their_own_give_the_same_alerts(seed: int) -> None:
    items = a_year_of_trade(seed)
    _, said = whole(items)
    customers = {item.record.customer_id for item in items} - {None}
    apart: list[Saying] = []
    for customer in customers:
        _, own = whole([item for item in items if item.record.customer_id in (None, customer)])
        apart += own
    assert shown(apart) == shown(said)


@pytest.mark.parametrize("seed", range(3))
def test_a_fold_from_the_beginning_gives_the_rows_that_lie_there(seed: int) -> None:
    items = a_year_of_trade(seed)
    rows, _ = whole(items)
    assert dict(fold_all(items, END, ZONE).rows) == rows


def jittered(items: Sequence[Item], chance: random.Random) -> list[Item]:
    """Recorded up to a minute later than their place in the log says, as between streams whose commits overlap."""
    return [
        item_of(
            msgspec.structs.replace(
                item.record, recorded_at=item.record.recorded_at + timedelta(seconds=chance.choice((0, 0, 5, 60)))
            )
        )
        for item in items
    ]


@pytest.mark.parametrize("seed", range(4))
def test_items_are_taken_in_one_order_whatever_the_interleaving_of_topics_and_doubled_records(seed: int) -> None:
    """INVARIANT: an item is taken only when everything recorded before it, on every topic, has been read."""
    chance = random.Random(seed)
    items = sorted(jittered(a_year_of_trade(seed, customers=3), chance), key=lambda item: item.key)
    by_topic: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda one: one.key.cursor):
        by_topic.setdefault(item.record.topic, []).append(item)
    buffer = PartBuffer({topic: Start() for topic in by_topic}, BEGINNING)
    read_to, taken = dict.fromkeys(by_topic, 0), list[Item]()
    while any(read_to[topic] < len(found) for topic, found in by_topic.items()):
        topic = chance.choice(list(by_topic))
        start, size = read_to[topic], chance.randrange(1, 60)
        again = max(0, start - chance.randrange(5))
        buffer.add(topic, [item.record for item in by_topic[topic][again : start + size]], None)
        read_to[topic] = min(start + size, len(by_topic[topic]))
        # As a watermark says it: what lies further behind may have been recorded earlier than the next one.
        unread = (item.record.recorded_at for t, found in by_topic.items() for item in found[read_to[t] :])
        horizon = min(unread, default=END)
        buffer.ripen(horizon)
        while batch := buffer.take(chance.randrange(1, 30)):
            taken += batch
        if chance.random() < 0.1:
            # A restart: read again from the smallest place that is not taken yet.
            starts = buffer.starts()
            buffer = PartBuffer({t: starts.get(t, Start()) for t in by_topic}, buffer.reached)
            read_to = {
                t: next((i for i, item in enumerate(found) if item.key.cursor > starts.get(t, Start()).cursor), len(found))
                for t, found in by_topic.items()
            }
    assert [item.key for item in taken] == [item.key for item in items]
