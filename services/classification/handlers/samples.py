"""Drawing a sample of a salesperson's cards, saying what was found, and which samples are still due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.classification.domain import sampling
from services.classification.domain.posts import Led, led_on
from services.classification.domain.reviewing import week_of
from services.classification.domain.sampling import CheckCard, DrawSample
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.entering import Entry, enter
from services.classification.handlers.prospect_problems import SAMPLE_UNKNOWN
from services.classification.handlers.standards import PROSPECTS, current
from services.classification.read_models.posts import all_posts
from services.classification.read_models.samples import SampleRow, samples_of
from services.classification.read_models.served import among, chosen_of, those_who_serve
from shared.contracts.event import Event
from shared.contracts.prospects import Finding
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowing
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem

Meta = Mapping[str, str]


async def draw(deps: Deps, salesperson_id: str, supervisor_id: str, day: date | None, key: CommandKey, meta: Meta) -> Answer:
    """Draw the sample of the week of a day, this week's when left out. Raises Problem as `entering.enter` does."""
    today = deps.today()
    week = week_of(day or today)
    async with deps.pool.acquire() as c:
        size = (await current(c, PROSPECTS)).standard.sample_size
        customers = await chosen_of(c, SCHEMA, salesperson_id, sampling.seed_of(salesperson_id, week), size)
    command = DrawSample(salesperson_id, supervisor_id, week, tuple(customers), today, key.principal)
    found = sampling.sample_id(salesperson_id, supervisor_id, week)
    return await enter(deps, _entry(found, lambda events: sampling.decide(events, command), 201), key, meta)


async def check(deps: Deps, sample: UUID, card: UUID, finding: Finding, on: date | None, key: CommandKey, meta: Meta) -> Answer:
    """Say what was found on a card of a sample. Raises Problem as `entering.enter` does."""
    today = deps.today()
    command = CheckCard(card, finding, on or today, today, key.principal)
    return await enter(deps, _entry(sample, lambda events: sampling.decide(events, command), 200), key, meta)


def _entry(sample: UUID, decide: Any, status: int) -> Entry:
    return Entry(
        sampling.stream_of(sample), CLASSIFICATION_EVENTS, None, decide, lambda _: {"sample_id": str(sample)}, status=status
    )


async def sample_of(deps: Deps, sample: UUID) -> tuple[Sequence[Event], int]:
    """The events of a sample, always fresh, and the version. Raises Problem: SAMPLE_UNKNOWN."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, sampling.stream_of(sample))
    if not loaded.events:
        raise Problem(SAMPLE_UNKNOWN)
    return [envelope.event for envelope in loaded.events], loaded.version


async def shown_of(deps: Deps, cards: Sequence[UUID]) -> Sequence[UUID]:
    """The cards of a sample that the caller may know of. Raises Problem: SAMPLE_UNKNOWN where there is none."""
    if narrowing() is None:
        return cards
    async with deps.pool.acquire() as c:
        theirs = await among(c, SCHEMA, cards)
    if not theirs:
        raise Problem(SAMPLE_UNKNOWN)
    return [one for one in cards if one in theirs]


class SampleDue(NamedTuple):
    """A salesperson and the superior, with the sample of the week where one was drawn."""

    led: Led
    sample: SampleRow | None

    @property
    def drawn(self) -> int:
        return 0 if self.sample is None else len(self.sample.cards)

    @property
    def checked(self) -> int:
        return 0 if self.sample is None else len(self.sample.checked)

    @property
    def done(self) -> bool:
        return self.sample is not None and self.checked == self.drawn


async def samples_due(c: Connection, week_from: date, day: date, supervisor_id: str | None) -> list[SampleDue]:
    """Every salesperson of a day with what the superior has done about the week, those of one superior or all. Who serves nobody has no
    cards to look at, and nothing of theirs is due."""
    posts = await all_posts(c, SCHEMA)
    rows = {(row.salesperson_id, row.supervisor_id): row for row in await samples_of(c, SCHEMA, week_from)}
    led = [one for one in led_on(posts, day) if supervisor_id is None or one.superior_id == supervisor_id]
    serving = await those_who_serve(c, SCHEMA, [one.salesperson_id for one in led])
    found = [SampleDue(one, rows.get((one.salesperson_id, one.superior_id or ""))) for one in led]
    return [one for one in found if one.sample is not None or one.led.salesperson_id in serving]


def last_of_week(week_from: date) -> date:
    return week_from + timedelta(days=6)
