"""Warnings about the company, one process at a time: what the rules need in common, and what is appended.

Everything is judged as of the lowest watermark, never by a clock. Ids follow from what an event is about, and an alert's
stream is appended to at the version that was read, so that a run that dies is done again without doubling anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.alerts.domain.business_days import business_day
from services.alerts.domain.company_alert import CompanyAlert, company_alert_id, company_stream
from services.alerts.domain.company_rules import CompanyRule, company_rule_stream, parameters_in_force
from services.alerts.domain.decisions import GO_LIVE_STREAM
from services.alerts.domain.signs import Parameters
from services.alerts.engine.items import FOLDED_TYPES
from services.alerts.handlers.deps import SCHEMA
from services.alerts.read_models.company_alerts import KnownAlert, version_of
from services.alerts.read_models.watched_customers import NAME as WATCHED
from services.alerts.read_models.watched_customers import next_timer, places_as_they_are
from shared.contracts.alerts import Finding, Reason, WentLive
from shared.contracts.company_alerts import (
    Child,
    CompanyAlertChanged,
    CompanyAlertEnded,
    CompanyAlertEvent,
    CompanyAlertOpened,
    Subject,
)
from shared.contracts.cursor import Cursor, part_of
from shared.contracts.topics import CARDS_TRANSACTIONS, COMPLAINT_TYPES, COMPLAINTS_EVENTS, TRANSACTION_TYPES
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.event_store.load import load, load_many
from shared.feed.scan import read_watermark
from shared.postgres.pool import Pool
from shared.projections.reached import last_of_parts, reached
from shared.projections.read_model import ReadModel


class CompanyAlertContested(Exception):
    """Somebody was faster at a stream: a person, or another process that judges as well. Nothing was appended."""


@dataclass(frozen=True, slots=True)
class CompanyJob:
    """`stores` says by service where its published view is read. `zone` is the company's."""

    pool: Pool
    stores: Mapping[str, Pool]
    zone: ZoneInfo
    parts: int


@dataclass(frozen=True, slots=True)
class Now:
    """The moment through which every service is complete, the places in their stores up to there, and the day of going live."""

    at: datetime
    today: date
    live_on: date | None
    cursors: Mapping[str, Cursor]


async def now_of(job: CompanyJob) -> Now | None:
    """None while a service has not said how far it is."""
    marks = {}
    for service, pool in job.stores.items():
        async with pool.acquire() as c:
            marks[service] = await read_watermark(c, service)
    known = {service: mark for service, mark in marks.items() if mark is not None}
    async with job.pool.acquire() as c:
        live = [one.event for one in (await load(c, SCHEMA, GO_LIVE_STREAM)).events]
    live_on = next((event.live_on for event in live if isinstance(event, WentLive)), None)
    if len(known) < len(marks):
        return None
    at = min(mark.t for mark in known.values())
    return Now(at, business_day(at, job.zone), live_on, {service: mark.cursor for service, mark in known.items()})


async def folded(job: CompanyJob, now: Now, model: ReadModel[Any]) -> bool:
    """Whether everything that was recorded before `now` is in the rows of a read model."""
    return await _reached_by(job, now, model.name, model.topics)


async def judged(job: CompanyJob, now: Now) -> bool:
    """Whether the engine has taken everything that was recorded before `now`, the going live and what was due by then included."""
    async with job.pool.acquire() as c:
        places = await places_as_they_are(c, range(job.parts))
        due = [await next_timer(c, place) for place in places]
    if len(places) < job.parts or any(place.control.live_on is None for place in places):
        return False
    if any(one is not None and one < now.at for one in due):
        return False
    topics = {CARDS_TRANSACTIONS: TRANSACTION_TYPES & FOLDED_TYPES, COMPLAINTS_EVENTS: COMPLAINT_TYPES & FOLDED_TYPES}
    return await _reached_by(job, now, WATCHED, topics)


async def _reached_by(job: CompanyJob, now: Now, name: str, topics: Mapping[str, Collection[str]]) -> bool:
    async with job.pool.acquire() as c:
        for topic, types in topics.items():
            service = topic.split(".")[1]
            there = await reached(c, SCHEMA, name, topic)
            async with job.stores[service].acquire() as store:
                last = await last_of_parts(store, service, types, job.parts, now.cursors[service])
            if any(part not in there or there[part] < cursor for part, cursor in last.items()):
                return False
    return True


async def parameters_of(job: CompanyJob, rules: Sequence[CompanyRule]) -> Mapping[str, Parameters]:
    """The parameters in force, by rule."""
    async with job.pool.acquire() as c:
        streams = await load_many(c, SCHEMA, [company_rule_stream(rule.id) for rule in rules])
    before = {rule.id: streams.get(company_rule_stream(rule.id)) for rule in rules}
    return {
        rule.id: parameters_in_force(rule, [] if loaded is None else [envelope.event for envelope in loaded.events])
        for rule in rules
        for loaded in (before[rule.id],)
    }


@dataclass(frozen=True, slots=True)
class Opening:
    """A warning that the data open."""

    subject: Subject
    channel: str
    began_on: date
    finding: Finding
    children: tuple[Child, ...] = ()

    @property
    def alert_id(self) -> UUID:
        return company_alert_id(self.finding.rule_id, self.subject, self.channel, self.began_on)


async def open_alert(job: CompanyJob, now: Now, opening: Opening, beside: Sequence[Append] = ()) -> bool:
    """Append the opening, with what goes along with it. False: this spell was over before, and is not opened again."""
    alert_id = opening.alert_id
    async with job.pool.acquire() as c:
        if await version_of(c, alert_id):
            return False
    event = CompanyAlertOpened(
        alert_id=alert_id,
        subject=opening.subject,
        channel=opening.channel,
        began_on=opening.began_on,
        finding=opening.finding,
        children=opening.children,
    )
    await _append(job, alert_id, 0, event, now, beside)
    return True


async def change_alert(
    job: CompanyJob, now: Now, known: KnownAlert, finding: Finding, children: tuple[Child, ...], beside: Sequence[Append] = ()
) -> None:
    """Append what became worse, or who belongs to it now."""
    alert = known.alert
    event = CompanyAlertChanged(alert_id=alert.alert_id, subject=alert.subject, finding=finding, children=children)
    await _append(job, alert.alert_id, known.version, event, now, beside)


async def end_alert(job: CompanyJob, now: Now, known: KnownAlert, reason: Reason, beside: Sequence[Append] = ()) -> None:
    """Append the end."""
    alert: CompanyAlert = known.alert
    event = CompanyAlertEnded(alert_id=alert.alert_id, subject=alert.subject, reasons=(reason,), true_on=now.today)
    await _append(job, alert.alert_id, known.version, event, now, beside)


async def append_beside(job: CompanyJob, appends: Sequence[Append]) -> None:
    """Append what goes with no warning. Raises CompanyAlertContested."""
    async with job.pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, appends)
    if done.outcome != "appended":
        raise CompanyAlertContested(f"{appends[0].stream}: {done.outcome}")


async def _append(
    job: CompanyJob, alert_id: UUID, version: int, event: CompanyAlertEvent, now: Now, beside: Sequence[Append]
) -> None:
    stream = company_stream(alert_id)
    new = NewEvent(uuid5(alert_id, f"{event.type}/{version}"), event, now.at)
    await append_beside(job, [Append(stream, version or "new", None, part_of(stream, job.parts), [new]), *beside])
