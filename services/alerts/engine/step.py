"""The pure core: fold items in their one order, fire timers between them, say what the data make of alerts.

Customers do not touch each other: a customer's alerts are a function of its own items, the control items and the times at
which its timers are due. So live, replay, any batch size and any number of parts give the same alerts with the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain import control as controls
from services.alerts.domain import watched_customer
from services.alerts.domain.business_days import business_day, end_of_day, start_of
from services.alerts.domain.control import Control, terms_of
from services.alerts.domain.judging import Moment, Outlook, Saying, judge
from services.alerts.domain.rules import ALL_RULES
from services.alerts.domain.signs import Rule, Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from services.alerts.engine.items import Item
from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import Envelope, opened
from shared.contracts.event import UndecodableEvent, UnknownEventType

TIMER = "timer@"
"""A customer that was parked by a timer has this and the timer's moment for a topic."""


class Watched(NamedTuple):
    """A customer's row: state, next timer, whether a delivery is waited for, and the line of silence that was passed."""

    customer: WatchedCustomer
    next_due_at: datetime | None = None
    waiting: bool = False
    quiet_since: date | None = None


class Parked(NamedTuple):
    """A customer that could not be folded or judged. The cause names types and fields, never values."""

    customer_id: UUID
    topic: str
    cursor: Cursor
    cause: str


@dataclass(frozen=True, slots=True)
class Stepped:
    """`rows` are the customers that were touched; those parked are not among them."""

    rows: Mapping[UUID, Watched]
    control: Control
    sayings: Sequence[Saying]
    parked: Mapping[UUID, Parked]


Place = tuple[str | datetime, Cursor]
"""The topic and cursor of what a customer was judged for, or the moment of its timer."""


class _Unsolved(NamedTuple):
    """What lies ahead of a customer, none of it before `until`, the end of the day on which it was judged for what is at `place`."""

    outlook: Callable[[], Outlook]
    until: datetime
    place: Place


@dataclass(slots=True)
class _Run:
    """Rows whose customers are in `unsolved` have no timer yet: within a batch most customers are judged again."""

    zone: ZoneInfo
    control: Control
    terms: Terms
    rows: dict[UUID, Watched]
    rules: Sequence[Rule]
    touched: set[UUID] = field(default_factory=set)
    sayings: list[Saying] = field(default_factory=list)
    parked: dict[UUID, Parked] = field(default_factory=dict)
    unsolved: dict[UUID, _Unsolved] = field(default_factory=dict)

    def judge(self, row: Watched, moment: Moment, place: Place) -> None:
        judged = judge(row.customer, self.terms, moment, self.rules)
        customer_id = row.customer.customer_id
        self.rows[customer_id] = Watched(judged.customer)
        self.unsolved[customer_id] = _Unsolved(judged.outlook, end_of_day(moment.at, self.zone), place)
        self.sayings += judged.sayings
        self.touched.add(customer_id)

    def solve_or_park(self, customer_id: UUID) -> bool:
        unsolved = self.unsolved.pop(customer_id, None)
        if unsolved is not None:
            try:
                next_on, waiting, quiet_since = unsolved.outlook()
            except Exception as cause:
                self.park(customer_id, unsolved.place, cause)
                return False
            due = None if next_on is None else start_of(next_on, self.zone)
            self.rows[customer_id] = Watched(self.rows[customer_id].customer, due, waiting, quiet_since)
        return True

    def solve_all(self) -> None:
        for customer_id in list(self.unsolved):
            self.solve_or_park(customer_id)

    def catch_up_or_park(self, customer_id: UUID, before: datetime) -> bool:
        """Fire the timers of one customer that are due before a moment.

        False: the customer is parked, as it was before the timer that could not be judged.
        """
        unsolved = self.unsolved.get(customer_id)
        if unsolved is not None and before <= unsolved.until:
            return True
        if not self.solve_or_park(customer_id):
            return False
        while (due := self.rows[customer_id].next_due_at) is not None and due < before:
            try:
                self.judge(self.rows[customer_id], Moment(due, None), (due, START))
            except Exception as cause:
                self.park(customer_id, (due, START), cause)
                return False
            if not self.solve_or_park(customer_id):
                return False
        return True

    def catch_up_all(self, before: datetime) -> None:
        self.solve_all()
        late = [one for one, row in self.rows.items() if row.next_due_at is not None and row.next_due_at < before]
        for customer_id in late:
            if customer_id not in self.parked:
                self.catch_up_or_park(customer_id, before)

    def park(self, customer_id: UUID, place: Place, cause: Exception) -> None:
        at, cursor = place
        topic = at if isinstance(at, str) else f"{TIMER}{at.isoformat()}"
        self.parked.setdefault(customer_id, Parked(customer_id, topic, cursor, _named(cause)))


def step(
    rows: Mapping[UUID, Watched],
    control: Control,
    items: Sequence[Item],
    through: datetime,
    zone: ZoneInfo,
    *,
    parked: Set[UUID] = frozenset(),
    rules: Sequence[Rule] = ALL_RULES,
) -> Stepped:
    """Take the items, which are in order, and fire all timers due before `through`.

    `rows` holds every customer of the part that an item concerns or whose timer is due before `through`; for items that
    judge all customers anew, all of them, and for a source's delivery those that wait. Customers in `parked` are left alone.
    """
    run = _Run(zone, control, terms_of(control, zone), {one: row for one, row in rows.items() if one not in parked}, rules)
    for item in items:
        customer_id = item.record.customer_id
        if customer_id is None:
            _control(run, item)
        elif customer_id not in parked and customer_id not in run.parked:
            _fact(run, item, customer_id)
    run.catch_up_all(through)
    return Stepped({one: run.rows[one] for one in run.touched}, run.control, run.sayings, run.parked)


def _fact(run: _Run, item: Item, customer_id: UUID) -> None:
    record = item.record
    if customer_id not in run.rows:
        run.rows[customer_id] = Watched(WatchedCustomer(customer_id))
    live = run.control.live_on is not None
    if live and not run.catch_up_or_park(customer_id, record.recorded_at):
        return
    before = run.rows[customer_id]
    try:
        customer = watched_customer.evolve(before.customer, opened(record), business_day(record.recorded_at, run.zone))
        after = Watched(customer, before.next_due_at, before.waiting, before.quiet_since)
        if live:
            run.judge(after, Moment(record.recorded_at, record.event_id), (record.topic, record.cursor))
        else:
            run.rows[customer_id] = after
            run.touched.add(customer_id)
    except Exception as cause:
        run.park(customer_id, (record.topic, record.cursor), cause)


def _control(run: _Run, item: Item) -> None:
    envelope: Envelope = opened(item.record)
    at = envelope.recorded_at
    if run.control.live_on is not None:
        run.catch_up_all(at)
    changed = controls.evolve(run.control, envelope.event, envelope.event_id)
    if changed == run.control:
        return
    run.control, run.terms = changed, terms_of(changed, run.zone)
    everyone = isinstance(envelope.event, controls.JUDGE_ALL)
    if changed.live_on is None or not (everyone or isinstance(envelope.event, controls.JUDGE_WAITING)):
        return
    moment = Moment(at, envelope.event_id, envelope.event_id if everyone else None)
    for customer_id, row in list(run.rows.items()):
        if customer_id in run.parked or not (everyone or row.waiting):
            continue
        try:
            run.judge(row, moment, (item.record.topic, item.record.cursor))
        except Exception as cause:
            run.park(customer_id, (item.record.topic, item.record.cursor), cause)


def _named(cause: Exception) -> str:
    # Messages of other errors may repeat what was in the event.
    return (
        f"{type(cause).__name__}: {cause}" if isinstance(cause, UndecodableEvent | UnknownEventType) else type(cause).__name__
    )[:500]
