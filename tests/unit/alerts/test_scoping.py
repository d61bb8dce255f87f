"""Versions of a rule for some customers only, and from a later day on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest

from services.alerts.domain.decisions import further_versions, publish_rule, version_in_force, withdraw_rule
from services.alerts.domain.refusals import LiveFromPast, ScopeUnknown
from shared.contracts.alerts import AlertOpened, AlertWorsened, RulePublished, RuleScope
from shared.contracts.cards import Basics, CustomerRegistered, Marks, MarksAssigned, SalespersonAssigned
from shared.contracts.classification import ValueClassChanged
from shared.contracts.event import Event
from tests.unit.alerts.telling import sayings, told
from tests.unit.alerts.trade import BAKER, NAMES, SHOP, Trade, noon

RULE = "overdue_debt"
LIVE = date(2026, 1, 5)
DUE = date(2026, 3, 2)
SOMEBODY = UUID(int=7)
CLASS_A = RuleScope(value_classes=("A",))
NORTH = RuleScope(area_ids=("north",))
NORTHERN_A = RuleScope(value_classes=("A",), area_ids=("north",))


def days(trade: Trade, until: date = DUE + timedelta(days=6)) -> dict[UUID, tuple[int, date]]:
    """By customer, the version that opened the alert, and the day on which its condition was true."""
    return {
        one.event.customer_id: (one.event.finding.rule_version, one.event.finding.true_on)
        for one in sayings(trade, until)
        if isinstance(one.event, AlertOpened) and one.event.finding.rule_id == RULE
    }


def published(
    trade: Trade, version: int, watch_days: int, scope: RuleScope | None = None, live_from: date | None = None, on: date = LIVE
) -> None:
    event = RulePublished(
        rule_id=RULE, version=version, parameters={"watch_days": Decimal(watch_days)}, scope=scope, live_from=live_from
    )
    trade.record(event, noon(on))


def classed(trade: Trade, customer: UUID, value_class: str | None, on: date = LIVE) -> None:
    event = ValueClassChanged(
        customer_id=customer, run_id=uuid5(NAMES, "run"), standard="value-class", standard_version=1, period_from=on, period_to=on,
        value_class=value_class, reason="SALES",
    )  # fmt: skip
    trade.record(event, noon(on))


def registered(trade: Trade, customer: UUID, area: str | None, kind: str = "COMPANY", shop_kind: str | None = None) -> None:
    marks = Marks(shop_kind=shop_kind)
    event = CustomerRegistered(customer_id=customer, basics=Basics(kind=kind, name="A"), marks=marks, area_id=area)
    trade.record(event, noon(LIVE))


def two_debtors() -> Trade:
    trade = Trade()
    trade.went_live(LIVE)
    for customer in (SHOP, BAKER):
        trade.invoiced(DUE - timedelta(days=30), f"A-{customer}", DUE, customer=customer)
    return trade


def test_a_version_for_a_class_judges_its_customers_only() -> None:
    trade = two_debtors()
    classed(trade, SHOP, "A")
    classed(trade, BAKER, "B")
    published(trade, 2, 3, CLASS_A)
    assert days(trade) == {SHOP: (2, DUE + timedelta(days=3))}
    assert days(trade, DUE + timedelta(days=7))[BAKER] == (1, DUE + timedelta(days=7))


@pytest.mark.parametrize(
    ("scope", "fitting"),
    [
        (RuleScope(kinds=("PERSON",)), {BAKER}),
        (RuleScope(shop_kinds=("KIOSK", "MARKET")), {SHOP}),
        (RuleScope(area_ids=("north", "south")), {SHOP, BAKER}),
        (RuleScope(area_ids=("north",), kinds=("PERSON",)), set()),
        (None, {SHOP, BAKER}),
    ],
)
def test_customers_fit_every_list_that_is_given(scope: RuleScope | None, fitting: set[UUID]) -> None:
    trade = two_debtors()
    registered(trade, SHOP, "north", shop_kind="KIOSK")
    registered(trade, BAKER, "south", kind="PERSON")
    published(trade, 2, 3, scope)
    assert days(trade).keys() == fitting


def test_the_version_that_names_most_marks_counts_then_the_newest() -> None:
    trade = two_debtors()
    for customer in (SHOP, BAKER):
        classed(trade, customer, "A")
    registered(trade, SHOP, "north")
    registered(trade, BAKER, "south")
    published(trade, 2, 2, NORTHERN_A)
    published(trade, 3, 3, CLASS_A)
    published(trade, 4, 4)
    assert days(trade) == {SHOP: (2, DUE + timedelta(days=2)), BAKER: (3, DUE + timedelta(days=3))}


def test_who_leaves_a_scope_is_judged_like_everybody() -> None:
    trade = two_debtors()
    classed(trade, SHOP, "A")
    published(trade, 2, 3, CLASS_A)
    classed(trade, SHOP, "B", LIVE + timedelta(days=1))
    assert days(trade) == {}


def test_the_latest_day_of_a_mark_counts_not_the_latest_arrival() -> None:
    def told_of(first: Event, second: Event) -> dict[UUID, tuple[int, date]]:
        trade = two_debtors()
        published(trade, 2, 3, NORTH)
        # Both are recorded on one day; the first said holds from the later one.
        trade.record(first, noon(LIVE + timedelta(days=1)))
        trade.record(second, noon(LIVE))
        return days(trade)

    north = SalespersonAssigned(customer_id=SHOP, area_id="north")
    south = SalespersonAssigned(customer_id=SHOP, area_id="south")
    assert told_of(north, south).keys() == {SHOP} and told_of(south, north) == {}


def test_a_version_begins_on_its_day_without_any_event() -> None:
    trade = two_debtors()
    published(trade, 2, 3, live_from=DUE + timedelta(days=5))
    assert days(trade, DUE + timedelta(days=4)) == {}
    # The condition was true before; that it counts is known from the day on which the version begins.
    said = [one for one in sayings(trade, DUE + timedelta(days=5)) if isinstance(one.event, AlertOpened)]
    assert {one.event.customer_id for one in said} == {SHOP, BAKER}
    assert {one.event.finding.rule_version for one in said if isinstance(one.event, AlertOpened)} == {2}


def test_a_new_version_adopts_open_alerts_and_never_doubles_them() -> None:
    trade = Trade()
    trade.went_live(LIVE)
    trade.invoiced(DUE - timedelta(days=30), "A1", DUE)
    published(trade, 2, 3, on=DUE + timedelta(days=10))
    published(trade, 3, 20, on=DUE + timedelta(days=12))
    until = DUE + timedelta(days=31)
    assert [(what, level) for what, _, level, _ in told(trade, until, RULE)] == [("Opened", "watch"), ("Worsened", "act")]
    worsened = [one.event for one in sayings(trade, until) if isinstance(one.event, AlertWorsened)]
    assert [one.finding.rule_version for one in worsened] == [3]


def test_a_mark_of_the_shop_may_change() -> None:
    trade = two_debtors()
    registered(trade, SHOP, None, shop_kind="KIOSK")
    trade.record(MarksAssigned(customer_id=SHOP, marks=Marks(shop_kind="MARKET")), noon(LIVE + timedelta(days=2)))
    published(trade, 2, 3, RuleScope(shop_kinds=("MARKET",)))
    assert days(trade).keys() == {SHOP}


def test_versions_take_the_place_of_those_of_the_same_scope() -> None:
    log: list[Event] = []

    def publish(watch: int, scope: RuleScope | None = None, live_from: date | None = None) -> None:
        values = {"watch_days": Decimal(watch)}
        log.append(publish_rule(log, RULE, values, SOMEBODY, today=LIVE, scope=scope, live_from=live_from))

    def further() -> list[tuple[int, RuleScope, date | None]]:
        return [(one.parameters.version, one.scope, one.live_from) for one in further_versions(log, RULE)]

    later = LIVE + timedelta(days=9)
    publish(3, CLASS_A)
    publish(4, CLASS_A, later)
    publish(5, NORTH)
    publish(6, None, later)
    assert further() == [(2, CLASS_A, None), (3, CLASS_A, later), (4, NORTH, None), (5, RuleScope(), later)]
    assert [version_in_force(log, RULE, day).version for day in (LIVE, later)] == [1, 5]
    publish(4, CLASS_A)
    publish(6)
    assert further() == [(4, NORTH, None), (6, CLASS_A, None)]
    assert version_in_force(log, RULE, later).version == 7
    log.append(withdraw_rule(log, RULE, NORTH, SOMEBODY))
    assert further() == [(6, CLASS_A, None)]
    with pytest.raises(ScopeUnknown):
        withdraw_rule(log, RULE, NORTH, SOMEBODY)
    with pytest.raises(LiveFromPast):
        publish(3, None, LIVE - timedelta(days=1))
