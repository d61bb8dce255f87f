"""The read models fed by the worst feed are those that the stores give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.alerts.read_models import READ_MODELS
from shared.contracts.alert_steps import (
    AlertEscalated,
    AlertInhibited,
    AlertMuted,
    AlertRouted,
    AlertUninhibited,
    AlertUnmuted,
    MeasureTaken,
    MeasureVerified,
    MuteEnded,
    MuteMatcher,
    MuteSet,
    SideAsked,
)
from shared.contracts.alerts import (
    AlertAcknowledged,
    AlertClosed,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    CauseRecorded,
    Finding,
    MeasureDecided,
    NoteAdded,
)
from shared.contracts.cards import Basics, CustomerRegistered, SalespersonAssigned
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.organisation import AreaDefined, SuperiorNamed
from shared.contracts.topics import SERVICES
from shared.postgres.pool import Pool
from shared.testing.databases import Database
from tests.integration.alerts.conftest import control
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

PoolOf = Callable[[Database, str], Awaitable[Pool]]
DAY = date(2026, 3, 2)
MUTES = [UUID(int=n) for n in range(3)]


def story(random: Random, customer: UUID, alert: UUID) -> list[Event]:
    """An alert, and then anything, in any order."""
    about: dict[str, Any] = {"alert_id": alert, "customer_id": customer, "kind": random.choice(("credit", "silence"))}
    person = uuid4()

    def finding() -> Finding:
        level: Any = random.choice(("watch", "act", "stop"))
        return Finding(rule_id="overdue_debt", rule_version=1, level=level, true_on=DAY, reasons=())

    def on() -> date:
        return DAY + timedelta(days=random.randrange(40))

    measure, other = uuid4(), uuid4()
    makers: list[Callable[[], Event]] = [
        lambda: AlertWorsened(**about, finding=finding()),
        lambda: AlertRecovered(**about, reasons=(), true_on=on()),
        lambda: AlertReopened(**about, finding=finding()),
        lambda: AlertAcknowledged(
            **about, acknowledged_by=person, next_check_on=on(), side=random.choice((None, "CREDIT", "SUPERIOR"))
        ),
        lambda: CauseRecorded(**about, cause="CASH_SHORTAGE", recorded_by=person),
        lambda: MeasureDecided(
            **about,
            measure=random.choice(("HOLD", "VISIT", "RELEASE")),
            decided_by=person,
            measure_id=random.choice((None, measure)),
            due_on=on(),
        ),
        lambda: MeasureTaken(**about, measure_id=measure, taken_on=on(), taken_by=person, verify_on=on()),
        lambda: MeasureVerified(**about, measure_id=measure, worked=random.random() < 0.5, verified_on=on(), reasons=()),
        lambda: NoteAdded(**about, note="sealed", added_by=person),
        lambda: AlertClosed(**about, outcome="TRUE", cause="CASH_SHORTAGE", closed_by=person),
        lambda: AlertRouted(
            **about,
            level="act",
            sides=(SideAsked(side="CREDIT", persons=("E-30",)), SideAsked(side="SUPERIOR", persons=(random.choice("AB"),))),
            routed_on=DAY,
            acknowledge_by=on(),
            cause_by=on(),
            measure_by=on(),
            standard_version=0,
            at_stake=(Money(Decimal(random.randrange(1, 1000)), random.choice(("CNY", "JPY"))),),
        ),
        lambda: AlertEscalated(
            **about, step=random.choice(("ACKNOWLEDGE", "CHECK", "CAUSE")), due_on=on(), rank=1, to=("E-01",), sides=("CREDIT",)
        ),
        lambda: AlertMuted(**about, mute_id=random.choice(MUTES), reason="Stocktaking", until=on()),
        lambda: AlertUnmuted(**about, mute_id=random.choice(MUTES)),
        lambda: AlertInhibited(**about, by_alert_id=other, because=random.choice(("SAME_CUSTOMER", "COMMON_CAUSE"))),
        lambda: AlertUninhibited(**about, by_alert_id=other),
    ]
    opened = AlertOpened(**about, channel="CNY", finding=finding())
    return [opened, *(random.choice(makers)() for _ in range(random.randrange(25)))]


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "alerts")
    customers = [uuid4() for _ in range(10)]
    for customer in customers:
        known = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin"), area_id="EAST")
        moved = SalespersonAssigned(customer_id=customer, area_id="EAST", salesperson_id=random.choice(("E-12", "E-13")))
        await record(cards, "cards", [(f"card-{customer}", customer, event) for event in (known, moved)])
    organisation = [
        AreaDefined(area_id="CN", name="China"),
        AreaDefined(area_id="EAST", name="East", parent_id="CN"),
        *(
            SuperiorNamed(area_id=random.choice(("CN", "EAST")), superior_id=f"E-{n}", since=DAY + timedelta(days=n))
            for n in range(5)
        ),
    ]
    await record(cards, "cards", [("organisation-company", None, event) for event in organisation])
    for _ in range(25):
        customer, alert = random.choice(customers), uuid4()
        await record(own, "alerts", [(f"alert-{alert}", customer, event) for event in story(random, customer, alert)])
    for mute in MUTES:
        told: list[Event] = [
            MuteSet(mute_id=mute, matcher=MuteMatcher(kinds=("credit",)), reason="Stocktaking", until=DAY, set_by=uuid4()),
            MuteEnded(mute_id=mute, ended_by=uuid4()),
        ]
        await control(own, "alerts", f"mute-{mute}", *told[: random.randint(1, 2)])
    stores = dict.fromkeys(SERVICES, own)
    await follow_to_the_end(own, "alerts", stores, READ_MODELS, seed)
    assert await assert_as_the_stores_say(own, "alerts", stores, READ_MODELS) >= 25 + 10 + 2 + 3
