"""As of which day purchase intents are asked for, and going through the card of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from services.classification.domain.prospect_grade import Progress, graded
from services.classification.domain.prospect_refusals import DayInFuture, IntentEnded
from services.classification.domain.standard import StandardRefused
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.entering import Entry, enter
from services.classification.handlers.man import known_intent
from services.classification.handlers.problems import AS_OF_IN_FUTURE, refused
from services.classification.handlers.standards import PROSPECTS, current
from services.classification.read_models.prospects import Day, Prospect, Wanted, standing
from shared.contracts.event import Event
from shared.contracts.intents import Grade
from shared.contracts.prospects import IntentReviewed, ProspectsRegraded, ProspectStandardPublished
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem

AT_ONCE = 500


def stream_of(intent_id: UUID) -> str:
    """Grades, reviews and missed reviews of one intent."""
    return f"prospect-{intent_id}"


def day_of(deps: Deps, day: date, standard: ProspectStandardPublished) -> Day:
    return Day(day, deps.end_of(day), deps.zone.key, standard.review_days)


async def asked_day(deps: Deps, c: Connection, as_of: date | None) -> tuple[Day, ProspectStandardPublished]:
    """The day asked for, today when left out, and the standard in force. Raises Problem: AS_OF_IN_FUTURE."""
    today = deps.today()
    if as_of is not None and as_of > today:
        raise Problem(AS_OF_IN_FUTURE)
    standard = (await current(c, PROSPECTS)).standard
    return day_of(deps, as_of or today, standard), standard


def progress_of(one: Prospect, day: date, zone: ZoneInfo) -> Progress:
    """What the grade of an intent rests on, as of a day."""
    talked = None if one.contact_at is None else min(one.contact_at.astimezone(zone).date(), day)
    contacts = [on for on in (talked, one.visited_on) if on is not None]
    values = (one.money or "UNKNOWN", one.authority or "UNKNOWN", one.need or "UNKNOWN")
    return Progress(one.opened_on, one.expected_on, values, max(contacts, default=None), one.further)


async def review(deps: Deps, intent_id: UUID, by: str, on: date | None, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Note that a card was gone through; the same person on the same day once. Raises Problem as `entering.enter` does."""
    row = await known_intent(deps, intent_id)
    today = deps.today()
    day = on or today
    grade: Grade | None = next((one for one in get_args(Grade) if one == row.grade), None)

    def decided(events: Sequence[Event]) -> Sequence[Event]:
        if row.state != "OPEN":
            raise IntentEnded
        if day > today:
            raise DayInFuture
        before = (one for one in events if isinstance(one, IntentReviewed))
        if any((one.reviewed_by, one.reviewed_on) == (by, day) for one in before):
            return []
        reviewed = IntentReviewed(
            intent_id=intent_id,
            customer_id=row.customer_id,
            reviewed_by=by,
            reviewed_on=day,
            grade=grade,
            decided_by=key.principal,
        )
        return [reviewed]

    entry = Entry(
        stream_of(intent_id),
        CLASSIFICATION_EVENTS,
        row.customer_id,
        decided,
        lambda _: {"intent_id": str(intent_id), "customer_id": str(row.customer_id), "reviewed_on": day.isoformat()},
        status=201,
        on=min(day, today),
    )
    return await enter(deps, entry, key, meta)


class Move(NamedTuple):
    """An intent whose grade would change."""

    intent: Prospect
    to: Grade


async def moved_by(deps: Deps, c: Connection, wanted: ProspectStandardPublished) -> tuple[int, list[Move]]:
    """How many intents are open, and whom a standard would move from the grade that they have, today. Raises Problem (422)."""
    try:
        PROSPECTS.decide(PROSPECTS.built_in, wanted)
    except StandardRefused as refusal:
        raise refused(refusal) from None
    day = day_of(deps, deps.today(), wanted)
    intents, moves = 0, []
    after: tuple[UUID] | None = None
    while True:
        found = await standing(c, SCHEMA, day, Wanted(), after, AT_ONCE)
        for one in found:
            grade = graded(progress_of(one, day.day, deps.zone), day.day, wanted).grade
            if grade != one.grade:
                moves.append(Move(one, grade))
        intents += len(found)
        if len(found) < AT_ONCE:
            return intents, moves
        after = (found[-1].intent_id,)


REGRADINGS = "prospect-regradings"
_SHOWN = 20


async def regradings(c: Connection) -> list[ProspectsRegraded]:
    """The last times that all intents were graded anew, the newest first."""
    loaded = await load(c, SCHEMA, REGRADINGS)
    found = [one.event for one in loaded.events if isinstance(one.event, ProspectsRegraded)]
    return found[::-1][:_SHOWN]
