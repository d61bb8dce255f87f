"""Alerts of customers that a warning about the company explains: they ask nobody while it goes on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from services.alerts.domain.judging import stream_of
from services.alerts.jobs.company import CompanyJob, Now
from shared.contracts.alert_steps import AlertInhibited, AlertUninhibited
from shared.contracts.alerts import AlertEvent, AlertKind
from shared.contracts.company_alerts import Child
from shared.contracts.cursor import part_of
from shared.event_store.events import Append, NewEvent

COMMON_CAUSE = "COMMON_CAUSE"


def inhibited(job: CompanyJob, now: Now, by: UUID, kind: AlertKind, children: Iterable[Child]) -> list[Append]:
    return [
        _append(
            job,
            now,
            AlertInhibited(alert_id=one.alert_id, customer_id=one.customer_id, kind=kind, by_alert_id=by, because=COMMON_CAUSE),
            f"inhibited/{by}",
        )
        for one in children
    ]


def released(job: CompanyJob, now: Now, by: UUID, kind: AlertKind, children: Iterable[Child]) -> list[Append]:
    return [
        _append(
            job,
            now,
            AlertUninhibited(alert_id=one.alert_id, customer_id=one.customer_id, kind=kind, by_alert_id=by),
            f"released/{by}",
        )
        for one in children
    ]


def _append(job: CompanyJob, now: Now, event: AlertEvent, name: str) -> Append:
    # Whatever else happens to the alert meanwhile does not stand in the way.
    new = NewEvent(uuid5(event.alert_id, name), event, now.at)
    return Append(stream_of(event.alert_id), "any", event.customer_id, part_of(str(event.customer_id), job.parts), [new])
