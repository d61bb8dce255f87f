"""The population is learnt from the store while the service runs, and the next warnings are judged by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.alerts.domain.population_fit import History, fitted
from services.alerts.domain.silence_score import parameters_of
from services.alerts.jobs import populations
from services.alerts.jobs.populations import JobDeps, RefitContested, refit_if_due
from shared.contracts.alerts import PopulationRefitted
from shared.contracts.cards import SourceEnded, SourceOpened
from shared.contracts.transactions import SaleRecorded
from shared.event_store.load import load
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import ZONE, Alerts, ago, cny, control, sales, today
from tests.integration.running import record

CUSTOMERS = 210


def trade(customers: int = CUSTOMERS) -> list[SaleRecorded]:
    """Customers who buy every two or three weeks; every third has left."""
    random = Random(7)
    found = []
    for n in range(customers):
        customer = uuid4()
        back = random.randrange(1, 20) if n % 3 else random.randrange(60, 90)
        while back < 180:
            found.append(
                SaleRecorded(
                    customer_id=customer, source="erp", source_event_id=str(uuid4()), sold_on=ago(back), net=cny("400.00")
                )
            )
            back += random.randrange(10, 25)
    return found


async def sold(alerts: Alerts, known: Sequence[SaleRecorded]) -> None:
    for first in range(0, len(known), 500):
        piece = known[first : first + 500]
        await record(alerts.cards, "cards", [(f"ledger-{one.customer_id}", one.customer_id, one) for one in piece])


def histories(known: Sequence[SaleRecorded]) -> list[History]:
    """As of yesterday, by customer."""
    days: dict[UUID, set[int]] = {}
    for one in known:
        days.setdefault(one.customer_id, set()).add(one.sold_on.toordinal())
    return [History(sorted(days[who]), today().toordinal() - 1) for who in sorted(days)]


async def the_population(alerts: Alerts) -> dict[str, Any]:
    response = await alerts.client.get("/v1/populations")
    assert response.status_code == 200, response.text
    (found,) = response.json()["items"]
    return dict(found)


def job_of(alerts: Alerts) -> JobDeps:
    return JobDeps(alerts.own, alerts.cards, ZONE)


@pytest.fixture
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(populations, "FIRST_LOOK_SECONDS", 0.2)


async def test_the_service_learns_from_its_store_and_the_next_warning_is_judged_by_it(
    looking_often: None, alerts: Alerts
) -> None:
    """The process itself looks, computes elsewhere and appends; before going live it leaves the defaults as they are."""
    assert (await the_population(alerts))["version"] == 0
    known = trade()
    await sold(alerts, known)
    # What has not been relayed yet would be learnt later, as a next version.
    await alerts.caught_up()
    await alerts.go_live()

    async def learnt() -> dict[str, Any] | None:
        found = await the_population(alerts)
        return found if found["version"] else None

    found = await eventually(learnt, timeout=180)
    assert found is not None
    expected = await asyncio.to_thread(fitted, histories(known))
    assert expected is not None
    assert found["version"] == 1
    assert found["parameters"] == {name: str(value) for name, value in parameters_of(expected.population).items()}
    assert found["parameters"] != found["defaults"]
    assert (found["customers"], found["learnt_through"]) == (CUSTOMERS, str(ago(1)))
    assert found["gaps"] == sum(len(one.days) - 1 for one in histories(known))

    silent = uuid4()
    await alerts.ledger(silent, *sales(silent, ago(45)))
    await alerts.caught_up()
    alert = await alerts.the_alert(silent, kind="silence", state="OPEN")
    figures = {name: value for reason in alert["reasons"] for name, value in reason["figures"].items()}
    assert figures["population_version"] == 1

    shown = (await alerts.client.get("/v1/populations/silence")).json()
    assert [one["version"] for one in shown["versions"]] == [1]
    assert (await alerts.client.get("/v1/populations/credit")).json()["code"] == "POPULATION_UNKNOWN"


async def test_nothing_is_learnt_before_going_live_or_while_an_import_is_under_way(alerts: Alerts) -> None:
    """INVARIANT: who has not been loaded yet is not learnt as one who stays away."""
    await sold(alerts, trade())
    await alerts.caught_up()
    await refit_if_due(job_of(alerts))
    assert (await the_population(alerts))["version"] == 0
    await alerts.control(SourceOpened(source="erp", fact_kind="sales"))
    await alerts.go_live()
    await alerts.caught_up()
    await refit_if_due(job_of(alerts))
    assert (await the_population(alerts))["version"] == 0
    await alerts.control(SourceEnded(source="erp", fact_kind="sales"))
    await alerts.caught_up()
    await refit_if_due(job_of(alerts))
    assert (await the_population(alerts))["version"] == 1
    await refit_if_due(job_of(alerts))
    assert (await the_population(alerts))["version"] == 1, "nothing new since"


async def test_the_next_version_follows_the_last_and_two_at_once_make_one(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = trade()
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    await control(
        alerts.own,
        "alerts",
        "population-silence",
        PopulationRefitted(name="silence", version=1, parameters={}, customers=300, gaps=100, fitted_instant=two_days_ago),
    )
    await sold(alerts, known)
    await alerts.go_live()
    await alerts.caught_up()

    async def twin_first(*arguments: Any) -> Any:
        monkeypatch.undo()
        await refit_if_due(job_of(alerts))
        return fitted(histories(known))

    monkeypatch.setattr(populations, "fit_elsewhere", twin_first)
    with pytest.raises(RefitContested):
        await refit_if_due(job_of(alerts))
    loaded = await load(alerts.own, "alerts", "population-silence")
    versions = [one.event.version for one in loaded.events if isinstance(one.event, PopulationRefitted)]
    assert versions == [1, 2]


async def test_a_fit_that_fails_leaves_the_population_as_it_is(alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    await sold(alerts, trade())
    await alerts.go_live()
    await alerts.caught_up()
    monkeypatch.setattr(populations, "FIT_SECONDS", 0.01)
    await refit_if_due(job_of(alerts))
    assert (await the_population(alerts))["version"] == 0
