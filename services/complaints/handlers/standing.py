"""What the company publishes for everybody: the list of causes, and what it promises in general."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from services.complaints.domain import causes, commitments
from services.complaints.domain.commitments import EndCommitment, PublishCommitment
from services.complaints.handlers.acts import Act, Done, carry_out
from services.complaints.handlers.deps import SCHEMA, Deps
from shared.contracts.complaint_facts import Cause, CausesPublished
from shared.event_store.events import Loaded
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey

Meta = Mapping[str, str]


async def cause_list(deps: Deps) -> tuple[CausesPublished, int]:
    """The list in force, always fresh, with the version of its stream."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, causes.STREAM)
    return causes.list_of(envelope.event for envelope in loaded.events), loaded.version


async def register(deps: Deps) -> tuple[commitments.Register, int]:
    """What is promised in general, always fresh, with the version of its stream."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, commitments.STREAM)
    return commitments.register_of(envelope.event for envelope in loaded.events), loaded.version


async def publish_causes(
    deps: Deps, listed: tuple[Cause, ...], on: date, expected: int, key: CommandKey, meta: Meta, decided_by: UUID
) -> Answer:
    """Raises Problem: VERSION_STALE, IDEMPOTENCY_KEY_REUSED."""

    def decided(loaded: Loaded) -> Done:
        event = causes.publish(causes.list_of(envelope.event for envelope in loaded.events), listed, decided_by)
        return Done([event], {"version": event.version, "causes": len(event.causes)})

    return await carry_out(deps, Act(causes.STREAM, on, decided), key, meta, expected)


async def commit(
    deps: Deps, command: PublishCommitment | EndCommitment, on: date, expected: int | None, key: CommandKey, meta: Meta
) -> Answer:
    """Publish the next version of a commitment, or end it. Raises Problem: VERSION_STALE, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE."""

    def decided(loaded: Loaded) -> Done:
        event = commitments.decide(commitments.register_of(envelope.event for envelope in loaded.events), command)
        return Done([event], {"commitment": event.commitment, "version": event.version})

    return await carry_out(deps, Act(commitments.STREAM, on, decided), key, meta, expected)
