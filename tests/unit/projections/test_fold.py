"""The pure fold: what changes, what is parked, what the totals gain."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from shared.contracts.cards import TradeReleased
from shared.contracts.complaints import ComplaintClosed
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope, Record
from shared.contracts.event import Event, encode
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS, COMPLAINTS_EVENTS
from shared.contracts.transactions import PaymentReceived
from shared.projections.fold import Unread, fold, gain, interest, keyed, read_item, total_gain
from shared.projections.read_model import Growing
from shared.testing.activity import ACTIVITY, CHOKING, NOON, POISON, Activity, key, paid, received

ANNA, BORIS = UUID(int=1), UUID(int=2)
TOPIC = {"TradeReleased": CARDS_EVENTS, "PaymentReceived": CARDS_TRANSACTIONS}
NOTHING: frozenset[str] = frozenset()


def envelope(number: int, customer: UUID, event: Event) -> Envelope:
    topic = TOPIC.get(type(event).__name__, COMPLAINTS_EVENTS)
    return Envelope(event, event.type, uuid4(), f"s-{customer}", number, topic, 3, Cursor(1, 1, number), customer, NOON, NOON)


def folded(events: list[Envelope], before: dict[object, Activity] | None = None, model=ACTIVITY, parked=NOTHING):
    return fold(model, before or {}, keyed(model.key, events, parked).entries, parked)


def test_rows_that_did_not_change_are_not_written() -> None:
    before = folded([envelope(1, ANNA, paid(ANNA, "5.00"))]).changed
    unasked = envelope(2, ANNA, ComplaintClosed(complaint_id=uuid4(), customer_id=ANNA, closed_on=date(2026, 5, 5)))
    assert folded([unasked], before).changed == {}


def test_a_row_folded_to_nothing_is_deleted_and_its_totals_taken_back() -> None:
    complaint = uuid4()
    before = folded([envelope(1, ANNA, received(ANNA, complaint))]).changed
    closed = envelope(2, ANNA, ComplaintClosed(complaint_id=complaint, customer_id=ANNA, closed_on=date(2026, 5, 5)))
    after = folded([closed], before)
    assert after.changed == {ANNA: None}
    assert total_gain(after.gains.values()) == {("all", "customers"): -1, ("complaints 1", "customers"): -1}


def test_totals_gain_the_new_row_minus_the_old_one() -> None:
    before = folded([envelope(1, ANNA, paid(ANNA, "5.00")), envelope(2, BORIS, paid(BORIS, "1.00"))]).changed
    after = folded([envelope(3, ANNA, paid(ANNA, "2.50")), envelope(4, BORIS, received(BORIS, uuid4()))], before)
    assert total_gain(after.gains.values()) == {
        ("all", "paid"): Decimal("2.50"),
        ("complaints 0", "customers"): -1,
        ("complaints 1", "customers"): 1,
    }


def test_a_poisoned_key_keeps_its_row_as_it_was_and_its_later_events_wait() -> None:
    events = [
        envelope(1, ANNA, paid(ANNA, "5.00")),
        envelope(2, ANNA, received(ANNA, uuid4(), POISON)),
        envelope(3, ANNA, paid(ANNA, "6.00")),
        envelope(4, BORIS, paid(BORIS, "7.00")),
    ]
    after = folded(events, model=CHOKING)
    assert {row.customer_id: row.paid for row in after.changed.values() if row} == {ANNA: Decimal("5.00"), BORIS: Decimal("7.00")}
    assert after.parked[str(ANNA)].cursor == Cursor(1, 1, 2)
    assert list(after.parked) == [str(ANNA)]


def test_a_row_that_grows_is_folded_as_another_is_and_poison_leaves_it_as_it_was() -> None:
    """What grew until the poison is thrown away; the events before it are folded again, one by one."""

    def add(grown: list[Activity | None], event: Envelope) -> None:
        grown[0] = CHOKING.evolve(grown[0], event)

    model = replace(CHOKING, growing=Growing(lambda row: [row], add, lambda grown: grown[0]))
    before = folded([envelope(1, ANNA, paid(ANNA, "5.00"))]).changed
    events = [
        envelope(2, ANNA, paid(ANNA, "1.00")),
        envelope(3, ANNA, received(ANNA, uuid4(), POISON)),
        envelope(4, BORIS, paid(BORIS, "7.00")),
        envelope(5, ANNA, paid(ANNA, "6.00")),
        envelope(6, BORIS, paid(BORIS, "0.50")),
    ]
    assert folded(events, before, model) == folded(events, before, CHOKING)
    assert folded(events, before, model, frozenset({str(BORIS)})) == folded(events, before, CHOKING, frozenset({str(BORIS)}))
    assert list(folded(events, before, model).parked) == [str(ANNA)]


def test_a_key_that_is_parked_already_is_not_folded() -> None:
    after = folded([envelope(1, ANNA, paid(ANNA, "5.00"))], parked=frozenset({str(ANNA)}))
    assert after.changed == {} and after.parked == {}


def test_an_unreadable_body_parks_the_customer_from_there_on() -> None:
    bad = Record(
        CARDS_TRANSACTIONS, 3, 9, Cursor(1, 1, 2), None, uuid4(), PaymentReceived.type, "ledger-x", 2, ANNA, NOON, NOON, b'{"a'
    )
    unread = read_item(bad, "fold")
    assert isinstance(unread, Unread)
    events = [
        envelope(1, ANNA, paid(ANNA, "1.00")),
        unread,
        envelope(3, ANNA, paid(ANNA, "2.00")),
        envelope(4, BORIS, paid(BORIS, "3.00")),
    ]
    found = keyed(key, events, NOTHING)
    assert [number for _, one in found.entries for number in [one.version]] == [1, 4]
    assert list(found.parked) == [f"customer:{ANNA}"]


def test_a_key_function_that_fails_parks_the_customer() -> None:
    def choosy(event: Envelope) -> UUID:
        raise LookupError(str(event.customer_id))

    found = keyed(choosy, [envelope(1, ANNA, paid(ANNA, "1.00")), envelope(2, ANNA, paid(ANNA, "1.00"))], NOTHING)
    assert found.entries == []
    [parked] = found.parked.values()
    assert parked.cause.startswith("LookupError in choosy, line")
    assert str(ANNA) not in parked.cause


def test_totals_that_fail_park_the_key() -> None:
    def failing(row: Activity) -> dict[str, dict[str, int]]:
        raise ZeroDivisionError

    after = folded([envelope(1, ANNA, paid(ANNA, "5.00"))], model=replace(ACTIVITY, totals=failing))
    assert after.changed == {} and after.gains == {}
    assert list(after.parked) == [str(ANNA)]


def test_a_row_of_another_key_parks_the_key() -> None:
    model = replace(ACTIVITY, evolve=lambda row, event: replace(ACTIVITY.evolve(row, event), customer_id=BORIS))
    after = folded([envelope(1, ANNA, paid(ANNA, "5.00"))], model=model)
    assert after.changed == {} and list(after.parked) == [str(ANNA)]


@pytest.mark.parametrize(
    ("type_name", "expected"),
    [
        (PaymentReceived.type, "fold"),
        ("regulars.cards.payment-received.v9", "unknown"),
        ("regulars.cards.payment-reversed.v1", "skip"),
        ("regulars.cards.never-heard-of.v1", "skip"),
        ("nonsense", "skip"),
    ],
)
def test_only_unknown_majors_of_a_subscribed_family_are_not_skipped(type_name: str, expected: str) -> None:
    assert interest(frozenset({PaymentReceived.type}), type_name) == expected


def test_any_batches_and_any_interleaving_of_topics_give_the_same_rows() -> None:
    chance = random.Random(7)
    complaints = [uuid4() for _ in range(5)]
    by_topic: list[list[Event]] = [
        [paid(ANNA, f"{n}.25") for n in range(1, 9)],
        [TradeReleased(customer_id=ANNA) for _ in range(4)],
        [received(ANNA, one) for one in complaints]
        + [ComplaintClosed(complaint_id=one, customer_id=ANNA, closed_on=date(2026, 5, 5)) for one in complaints[:3]],
    ]
    outcomes = set()
    for _ in range(20):
        queues = [list(events) for events in by_topic]
        mixed: list[Envelope] = []
        while any(queues):
            queue = chance.choice([queue for queue in queues if queue])
            mixed.append(envelope(len(mixed) + 1, ANNA, queue.pop(0)))
        rows: dict[object, Activity] = {}
        sums: dict[tuple[str, str], object] = {}
        while mixed:
            size = chance.randint(1, len(mixed))
            done = folded(mixed[:size], rows)
            rows.update({k: row for k, row in done.changed.items() if row})
            for slot, amount in total_gain(done.gains.values()).items():
                sums[slot] = sums.get(slot, 0) + amount
            mixed = mixed[size:]
        assert {slot: amount for slot, amount in sums.items() if amount} == gain(ACTIVITY.totals, None, rows[ANNA])
        outcomes.add(rows[ANNA])
    assert len(outcomes) == 1


def test_a_body_is_opened_as_it_was_encoded() -> None:
    event = paid(ANNA, "5.00")
    record = Record(
        CARDS_TRANSACTIONS, 3, 9, Cursor(1, 1, 2), None, uuid4(), event.type, "ledger-x", 2, ANNA, NOON, NOON, encode(event)
    )
    item = read_item(record, "fold")
    assert isinstance(item, Envelope) and item.event == event
