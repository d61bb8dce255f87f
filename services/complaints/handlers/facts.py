"""Telling what is known of a complaint's matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.facts import FactCommand, Facts, decide, facts_of, linked_back
from services.complaints.handlers.acts import Act, Beside, Done, carry_out
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.problems import COMPLAINT_UNKNOWN
from shared.contracts.complaint_facts import ComplaintLinked, EvidenceAdded
from shared.event_store.events import Loaded
from shared.event_store.load import load
from shared.reach.finding import reached
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def tell(
    deps: Deps, complaint_id: UUID, command: FactCommand, expected: int | None, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Record what is told. Raises Problem: COMPLAINT_UNKNOWN, VERSION_STALE, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE."""

    def decided(loaded: Loaded) -> Done:
        event = decide(facts_of(envelope.event for envelope in loaded.events), command)
        body: dict[str, Any] = {"id": str(complaint_id)}
        beside: tuple[Beside, ...] = ()
        if isinstance(event, EvidenceAdded):
            body["evidence_id"] = str(event.evidence_id)
        if isinstance(event, ComplaintLinked):
            body["linked_to"] = str(event.other_id)
            beside = (Beside(complaint_stream(event.other_id), "any", event.customer_id, [linked_back(event)]),)
        return Done([event], body, beside)

    act = Act(complaint_stream(complaint_id), command.on, decided, unknown=COMPLAINT_UNKNOWN)
    return await carry_out(deps, act, key, meta, expected)


async def facts(deps: Deps, complaint_id: UUID) -> Facts | None:
    """What is known, always fresh; None when there is no such complaint that the caller may know of."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, complaint_stream(complaint_id))
        found = facts_of(envelope.event for envelope in loaded.events)
        return found if found is None or await reached(c, found.customer_id) else None
