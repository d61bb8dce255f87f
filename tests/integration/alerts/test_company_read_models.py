"""Rows about the company's sources, marks and warnings: folded doubled and split, and as the stores say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import pytest

from services.alerts.domain.watched_customer import WatchedCustomer
from services.alerts.engine.step import Watched
from services.alerts.read_models.alerts import ALERTS
from services.alerts.read_models.common_marks import COMMON_MARKS, marked_customers
from services.alerts.read_models.company_alerts import COMPANY_ALERTS, CompanyFilters, company_page
from services.alerts.read_models.watched_customers import columns_of, read_places, upsert
from shared.contracts.alerts import AlertOpened, Finding
from shared.contracts.company_alerts import (
    CompanyAlertAcknowledged,
    CompanyAlertChanged,
    CompanyAlertClosed,
    CompanyAlertEnded,
    CompanyAlertOpened,
    Subject,
)
from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from shared.contracts.cursor import part_of
from shared.contracts.event import Event
from shared.postgres.pool import Pool
from shared.testing.databases import Database
from tests.integration.alerts.conftest import ago, today
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

PoolOf = Callable[[Database, str], Awaitable[Pool]]
FINDING = Finding(rule_id="common_cause", rule_version=1, level="act", true_on=ago(0), reasons=())


def complained(customer: UUID, random: Random) -> list[tuple[str, UUID, Event]]:
    found: list[tuple[str, UUID, Event]] = []
    for n in range(4):
        complaint = uuid4()
        received = ComplaintReceived(
            complaint_id=complaint,
            customer_id=customer,
            kind="QUALITY",
            channel="WEB",
            received_on=ago(random.randrange(30)),
            article=f"A-{n}" if n else None,
        )
        found.append((f"complaint-{complaint}", customer, received))
        if random.random() < 0.4:
            withdrawn = ComplaintWithdrawn(complaint_id=complaint, customer_id=customer, withdrawn_on=today())
            found.append((f"complaint-{complaint}", customer, withdrawn))
    return found


def warned(alert_id: UUID, person: UUID) -> list[Event]:
    subject = Subject("area", "NORTH")
    return [
        CompanyAlertOpened(alert_id=alert_id, subject=subject, channel="silence", began_on=ago(3), finding=FINDING),
        CompanyAlertAcknowledged(alert_id=alert_id, subject=subject, acknowledged_by=person, next_check_on=ago(-3)),
        CompanyAlertChanged(alert_id=alert_id, subject=subject, finding=FINDING),
        CompanyAlertClosed(alert_id=alert_id, subject=subject, outcome="TRUE", cause="RIVAL", closed_by=person),
        CompanyAlertEnded(alert_id=alert_id, subject=subject, reasons=(), true_on=ago(0)),
    ]


@pytest.mark.parametrize("seed", [1, 2])
async def test_twice_told_and_split_they_are_what_the_stores_say(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    pools = {service: await pool_of(database, service) for service in ("cards", "complaints", "alerts")}
    customers = [uuid4() for _ in range(6)]
    for customer in customers:
        await record(pools["complaints"], "complaints", complained(customer, random))
    alerts = [uuid4() for _ in range(4)]
    for alert_id in alerts:
        events = warned(alert_id, uuid4())[: random.randint(1, 5)]
        await record(pools["alerts"], "alerts", [(f"company-alert-{alert_id}", None, event) for event in events])
    models = (COMMON_MARKS, COMPANY_ALERTS)
    await follow_to_the_end(pools["alerts"], "alerts", pools, models, seed)
    assert await assert_as_the_stores_say(pools["alerts"], "alerts", pools, models) >= len(customers) + len(alerts)
    async with pools["alerts"].acquire() as c:
        listed = await company_page(c, CompanyFilters(subject_id="NORTH"), None, 10)
        assert {row.alert_id for row in listed} == set(alerts)
        assert all(row.opened_at < datetime.now(UTC) for row in listed)
        # The engine has not run: nobody is watched yet.
        assert await marked_customers(c) == []


async def test_a_deadline_that_the_company_missed_is_no_warning_that_customers_may_have_in_common(
    database: Database, pool_of: PoolOf
) -> None:
    pool = await pool_of(database, "alerts")
    customer, burst = uuid4(), uuid4()
    # The burst first: of two the later one would be taken.
    for alert_id, rule in ((burst, "complaint_burst"), (uuid4(), "complaint_deadline_missed")):
        finding = Finding(rule_id=rule, rule_version=1, level="act", true_on=ago(0), reasons=())
        opened = AlertOpened(alert_id=alert_id, customer_id=customer, kind="complaints", channel=rule, finding=finding)
        await record(pool, "alerts", [(f"alert-{alert_id}", customer, opened)])
    await follow_to_the_end(pool, "alerts", {"alerts": pool}, (ALERTS,), 1)
    async with pool.acquire() as c:
        (place,) = await read_places(c, [part_of(str(customer))])
        await upsert(c, place, columns_of([Watched(WatchedCustomer(customer))]))
        await c.execute(f"UPDATE alerts.watched_customers_{place.slot} SET orders = 1")
        [marked] = await marked_customers(c)
    assert marked.complaint_alert == burst
