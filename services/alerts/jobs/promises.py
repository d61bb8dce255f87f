"""Rules that do not keep their promise are put on probation, and taken off again when they do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from services.alerts.domain.business_days import business_day
from services.alerts.domain.company_alert import company_stream
from services.alerts.domain.decisions import promises_of, rule_stream
from services.alerts.domain.promise import RIGHT, WRONG, Tally, decide, on_probation, probation_stream
from services.alerts.domain.rules import ALL_RULES
from services.alerts.domain.signs import Rule
from services.alerts.handlers.deps import SCHEMA
from services.alerts.read_models.usefulness import FOLDED, Warned, evolve, key
from shared.contracts.alerts import Finding, Reason
from shared.contracts.company_alerts import CompanyAlertEnded, CompanyAlertOpened, Subject
from shared.contracts.cursor import START, Cursor, part_of
from shared.contracts.envelope import opened
from shared.contracts.usefulness import ProbationEvent, RulePutOnProbation
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.event_store.load import load_many
from shared.feed.scan import Watermark, read_watermark, scan
from shared.postgres.pool import Pool

LOOK_SECONDS = 5.0
PIECE = 5000
PROBATION = UUID("6c0d4f4e-0d3b-5a86-9a5e-5f9b3f7b7c11")
"""Namespace of the ids of what is said about promises."""
RULE_ID = "rule_below_its_promise"
_TYPES = [cls.type for cls in FOLDED]
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ledger:
    """What the events of alerts up to a place of the log come to: every alert's outcome. Kept while the process leads."""

    through: Cursor = START
    alerts: dict[UUID, Warned] = field(default_factory=dict)

    def tallies(self) -> Mapping[str, Mapping[int, Tally]]:
        """By rule and version."""
        found: dict[str, dict[int, Tally]] = {}
        for one in self.alerts.values():
            versions = found.setdefault(one.rule_id, {})
            right, wrong = versions.get(one.rule_version, Tally())
            versions[one.rule_version] = Tally(right + (one.outcome in RIGHT), wrong + (one.outcome in WRONG))
        return found


async def watch_promises(pool: Pool, zone: ZoneInfo, parts: int) -> None:
    """Look at the promises of all rules, for ever. Any error ends the process."""
    ledger = Ledger()
    while True:
        await look(pool, ledger, zone, parts)
        await asyncio.sleep(LOOK_SECONDS)


async def look(pool: Pool, ledger: Ledger, zone: ZoneInfo, parts: int) -> None:
    """Bring the ledger to the watermark, so that nothing behind it is missing, and say what has changed about promises."""
    async with pool.acquire() as c:
        watermark = await read_watermark(c, SCHEMA)
    if watermark is None:
        return
    await _read(pool, ledger, watermark)
    streams = [name for rule in ALL_RULES for name in (rule_stream(rule.id), probation_stream(rule.id))]
    async with pool.acquire() as c:
        loaded = await load_many(c, SCHEMA, streams)
    before = {name: [one.event for one in each.events] for name, each in loaded.items()}
    tallies = ledger.tallies()
    today = business_day(watermark.t, zone)
    appends: list[Append] = []
    for rule in ALL_RULES:
        stream = probation_stream(rule.id)
        promises = promises_of(before.get(rule_stream(rule.id), ()), rule.id, today)
        said = before.get(stream, [])
        standing = on_probation(said)
        new: list[NewEvent] = []
        for number, event in enumerate(decide(rule.id, said, promises, tallies.get(rule.id, {})), len(said)):
            _log.warning("%s: %d right, %d wrong, %s promised: %s", rule.id, event.right, event.wrong, event.promised, event.type)
            put_on = standing.get(event.rule_version)
            alert_id = uuid5(PROBATION, f"alert/{rule.id}/{number}") if put_on is None else put_on.alert_id
            if alert_id is not None:
                event = msgspec.structs.replace(event, alert_id=alert_id)
                appends.append(_warning(rule, event, alert_id, today, watermark.t, parts))
            new.append(NewEvent(uuid5(PROBATION, f"{rule.id}/{number}"), event, watermark.t))
        if new:
            appends.append(Append(stream, len(said) or "new", None, 0, new))
    await _append(pool, appends)


def _warning(rule: Rule, event: ProbationEvent, alert_id: UUID, today: date, at: datetime, parts: int) -> Append:
    """The warning about the company that tells the rule's owner, or its end."""
    judged = event.right + event.wrong
    figures: dict[str, str | int] = {
        "rule_id": rule.id,
        "version": event.rule_version,
        "promised": str(event.promised),
        "right": event.right,
        "wrong": event.wrong,
    }
    if event.owner is not None:
        figures["owner"] = str(event.owner)
    reason = Reason(
        code="RIGHT_AND_WRONG",
        sentence=f"Of {judged} warnings of version {event.rule_version}, {event.right} were right; promised were {event.promised}.",
        figures=figures,
    )
    subject, stream = Subject("rule", rule.id), company_stream(alert_id)
    told: CompanyAlertOpened | CompanyAlertEnded
    if isinstance(event, RulePutOnProbation):
        finding = Finding(rule_id=RULE_ID, rule_version=1, level="act", true_on=today, reasons=(reason,))
        told = CompanyAlertOpened(
            alert_id=alert_id, subject=subject, channel=str(event.rule_version), began_on=today, finding=finding
        )
    else:
        told = CompanyAlertEnded(alert_id=alert_id, subject=subject, reasons=(reason,), true_on=today)
    new = NewEvent(uuid5(alert_id, told.type), told, at)
    return Append(stream, "new" if isinstance(told, CompanyAlertOpened) else "any", None, part_of(stream, parts), [new])


async def _read(pool: Pool, ledger: Ledger, watermark: Watermark) -> None:
    while True:
        async with pool.acquire() as c:
            records = await scan(c, SCHEMA, ledger.through, watermark.cursor, limit=PIECE, types=_TYPES)
        for record in records:
            envelope = opened(record)
            alert_id = key(envelope)
            row = None if alert_id is None else evolve(ledger.alerts.get(alert_id), envelope)
            if row is not None:
                ledger.alerts[row.alert_id] = row
            ledger.through = record.cursor
        if len(records) < PIECE:
            return


async def _append(pool: Pool, appends: Sequence[Append]) -> None:
    if not appends:
        return
    async with pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, appends)
    if done.outcome != "appended":
        # Somebody else leads by now and has said it.
        raise PromisesContested(done.outcome)


class PromisesContested(Exception):
    """Another process looks at the promises as well: this one has lost its leadership and must end."""
