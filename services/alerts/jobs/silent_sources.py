"""Which feeding systems have stopped delivering, and which deliver again: a warning each, and what the engine waits for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import get_args
from uuid import uuid5

from services.alerts.domain.business_days import business_day
from services.alerts.domain.company_rules import SOURCE_SILENT
from services.alerts.domain.control import Control, source_key
from services.alerts.domain.judging import ALERTS
from services.alerts.domain.rules import ALL_RULES
from services.alerts.domain.signs import Parameters
from services.alerts.domain.source_silence import (
    LATELY_DAYS,
    LOOKED_BACK_DAYS,
    Feeding,
    Quiet,
    delivers_again,
    finding_of,
    judged,
)
from services.alerts.domain.working_days import BUILT_IN, COMPANY, Calendar, calendar_of, calendar_stream
from services.alerts.handlers.deps import SCHEMA
from services.alerts.jobs.company import CompanyJob, Now, Opening, append_beside, end_alert, open_alert, parameters_of
from services.alerts.jobs.declared import declared
from services.alerts.jobs.inhibition import inhibited, released
from services.alerts.read_models.company_alerts import KnownAlert, known_alerts
from services.alerts.read_models.explained import alerts_after, silences_after
from services.alerts.read_models.silent_sources import Said, said_of_sources, source_stream
from services.alerts.read_models.spoken_days import SpokenDay, read_spoken_days, spoken_days
from services.alerts.read_models.watched_customers import places_as_they_are
from shared.contracts.alerts import AlertKind, Reason
from shared.contracts.cards import FactKind
from shared.contracts.company_alerts import Child, SourceFellSilent, SourceSpokeAgain, Subject
from shared.event_store.events import Append, NewEvent
from shared.event_store.load import load

Key = tuple[FactKind, str]
Dismissed = tuple[Key, date, date | None]
"""A source, the day on which it was looked at, and the day of going live as it was known then."""
KINDS: Mapping[str, FactKind] = {kind: kind for kind in get_args(FactKind)}


async def judge_sources(job: CompanyJob, now: Now, dismissed: set[Dismissed]) -> None:
    """Open and end the warnings about sources, and say to the engine what to wait for.

    Before going live nothing is warned of, but the engine must know on the day itself for whom not to conclude anything.
    `dismissed` are sources that were looked at closely today and not warned of. Raises CompanyAlertContested.
    """
    await read_spoken_days(job.pool, job.stores["cards"], now.cursors["cards"])
    parameters = (await parameters_of(job, [SOURCE_SILENT]))[SOURCE_SILENT.id]
    async with job.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        lately = _by_key(await spoken_days(c, now.today - timedelta(days=LATELY_DAYS)), now)
        alerts = {_key_of(one): one for one in await known_alerts(c, SOURCE_SILENT.id, now.at) if not one.alert.ended}
        silent = {_said_key(one): one for one in await said_of_sources(c)}
        places = await places_as_they_are(c, [0])
        calendar = calendar_of([one.event for one in (await load(c, SCHEMA, calendar_stream(COMPANY))).events]) or BUILT_IN
    waited_for = {key: one for key, one in silent.items() if isinstance(one.event, SourceFellSilent)}
    told = alerts if now.live_on is not None else waited_for
    control = places[0].control if places else Control()
    quiet = _quiet(job, _without_batches(lately, control), parameters, now, calendar, control)
    candidates = {key for key in quiet.keys() - told.keys() if (key, now.today, now.live_on) not in dismissed}
    if candidates:
        for key, found in (await _looked_at_closely(job, now, parameters, candidates, calendar)).items():
            await _fell_silent(job, now, parameters, key, found, silent.get(key))
        dismissed |= {(key, now.today, now.live_on) for key in candidates}
    for key, one in waited_for.items():
        days = lately.get(key, [])
        if source_key(*key) not in control.silent and await _declared_since(job, now, key, one):
            await _speaks_again(job, now, key, one, alerts.get(key), _declared_reason(key))
        elif _caught_up(one, days, now, parameters.whole("catch_up_minutes")):
            again = delivers_again(key[1], key[0], max(day.day for day in days))
            await _speaks_again(job, now, key, one, alerts.get(key), again)


async def _declared_since(job: CompanyJob, now: Now, key: Key, said: Said) -> bool:
    """Whether the source has said after its silence how complete it is, so that the engine believes it."""
    if said.recorded_at >= now.at:
        return False
    return source_key(*key) not in (await declared(job.pool, job.stores["cards"])).silent


async def _looked_at_closely(
    job: CompanyJob, now: Now, parameters: Parameters, candidates: Collection[Key], calendar: Calendar
) -> dict[Key, Quiet]:
    """Judged again by what has been declared by now, and with the pauses of earlier years: looked for only where it matters.
    Who was silent long before going live is passed by."""
    control = await declared(job.pool, job.stores["cards"])
    async with job.pool.acquire() as c:
        ever = _by_key(await spoken_days(c, now.today - timedelta(days=LOOKED_BACK_DAYS)), now)
    quiet = _quiet(job, _without_batches(ever, control), parameters, now, calendar, control)
    grace = timedelta(days=parameters.whole("grace_days"))
    return {key: one for key, one in quiet.items() if key in candidates and one.due_on + grace >= (now.live_on or now.today)}


def _without_batches(by_key: dict[Key, list[SpokenDay]], control: Control) -> dict[Key, list[SpokenDay]]:
    """What a source says about itself counts for more than its silence."""
    batches = {key for key, one in control.sources.items() if not one.ended}
    return {key: days for key, days in by_key.items() if source_key(*key) not in batches}


def _by_key(spoken: Sequence[SpokenDay], now: Now) -> dict[Key, list[SpokenDay]]:
    found: dict[Key, list[SpokenDay]] = {}
    for one in spoken:
        # A fact may carry a day that lies ahead.
        if one.day <= now.today:
            found.setdefault((KINDS[one.fact_kind], one.source), []).append(one)
    return found


def _quiet(
    job: CompanyJob,
    by_key: Mapping[Key, list[SpokenDay]],
    parameters: Parameters,
    now: Now,
    calendar: Calendar,
    control: Control,
) -> dict[Key, Quiet]:
    found = {}
    for key, feeding in _feedings(job, by_key, calendar.holidays).items():
        # Of a source that was declared to have ended nothing is expected, unless it went on delivering day by day.
        ended = source_key(*key) in control.sources
        quiet = judged(feeding._replace(others_since=0) if ended else feeding, parameters, now.today)
        if quiet is not None:
            found[key] = quiet
    return found


def _key_of(known: KnownAlert) -> Key:
    return KINDS[known.alert.channel], known.alert.subject.id


def _feedings(job: CompanyJob, by_key: Mapping[Key, list[SpokenDay]], holidays: frozenset[date]) -> dict[Key, Feeding]:
    days_of_all: dict[str, set[date]] = {}
    for (_, source), days in by_key.items():
        days_of_all.setdefault(source, set()).update(one.day for one in days)
    found = {}
    for (kind, source), days in by_key.items():
        spoken = {one.day: business_day(one.first_at, job.zone) for one in days}
        through = max(spoken)
        others = {day for other, theirs in days_of_all.items() if other != source for day in theirs if day > through}
        found[kind, source] = Feeding(source, kind, spoken, len(others), holidays)
    return found


def _said_key(said: Said) -> Key:
    return said.event.fact_kind, said.event.source


def _caught_up(said: Said, days: Sequence[SpokenDay], now: Now, minutes: int) -> bool:
    """It speaks, and had the time that it takes to deliver what it held back; before going live that takes none."""
    if not isinstance(said.event, SourceFellSilent):
        return False
    through = said.event.through
    first: datetime | None = min((one.first_at for one in days if one.day > through), default=None)
    wait = timedelta(minutes=0 if now.live_on is None else minutes)
    return first is not None and first + wait <= now.at


def _declared_reason(key: Key) -> Reason:
    kind, source = key
    return Reason(
        code="DECLARED",
        sentence=f"{source} ({kind}) now says itself through which day it is complete.",
        figures={"source": source, "fact_kind": kind},
    )


async def _fell_silent(job: CompanyJob, now: Now, parameters: Parameters, key: Key, found: Quiet, said: Said | None) -> None:
    kind, source = key
    children, explained = await _explained(job, key, found.through)
    opening = Opening(Subject("source", source), kind, found.through, finding_of(found, parameters), children)
    event = SourceFellSilent(source=source, fact_kind=kind, through=found.through, alert_id=opening.alert_id)
    known = said is not None and said.event == event
    beside = [] if known else [_control(event, said, now)]
    if now.live_on is not None:
        await open_alert(job, now, opening, [*beside, *inhibited(job, now, opening.alert_id, explained, children)])
    elif beside:
        await append_beside(job, beside)


async def _explained(job: CompanyJob, key: Key, through: date) -> tuple[tuple[Child, ...], AlertKind]:
    """Alerts that were opened before it was known that the source had stopped."""
    kind, source = key
    async with job.pool.acquire() as c:
        if kind == "sales":
            return await silences_after(c, through, source), "silence"
        waiting = [rule.id for rule in ALL_RULES if rule.kind == "credit" and kind in rule.waits_for and kind == "payments"]
        return await alerts_after(c, through, waiting), "credit"


async def _speaks_again(job: CompanyJob, now: Now, key: Key, said: Said, known: KnownAlert | None, reason: Reason) -> None:
    kind, source = key
    event = SourceSpokeAgain(source=source, fact_kind=kind, alert_id=None if known is None else known.alert.alert_id)
    beside = [_control(event, said, now)]
    if known is None:
        await append_beside(job, beside)
    else:
        alert = known.alert
        explained: AlertKind = "silence" if kind == "sales" else "credit"
        await end_alert(job, now, known, reason, [*beside, *released(job, now, alert.alert_id, explained, alert.children)])


def _control(event: SourceFellSilent | SourceSpokeAgain, said: Said | None, now: Now) -> Append:
    stream, version = source_stream(event.fact_kind, event.source), 0 if said is None else said.version
    return Append(stream, version or "new", None, 0, [NewEvent(uuid5(ALERTS, f"{stream}/{version}"), event, now.at)])
