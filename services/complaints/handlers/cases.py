"""Questions, requests for help and opinions: received, confirmed, answered, closed, or taken as a complaint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from services.complaints.domain import case as cases
from services.complaints.domain.case import CaseCommand, MakeComplaint, ReceiveCase, case_of, case_stream
from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.complaint import decide as decide_complaint
from services.complaints.domain.intake import Intake
from services.complaints.domain.states import NotReceived
from services.complaints.handlers.acts import Act, Beside, Done, carry_out, place
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.fact_problems import CASE_CONFLICT, CASE_UNKNOWN
from services.complaints.read_models.customers import known, owners
from shared.contracts.cards import ExternalId
from shared.contracts.complaint_facts import CaseReceived, ComplaintLinked
from shared.contracts.event import Event
from shared.event_store.events import Loaded
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import repeated

_TRIES = 3
Meta = Mapping[str, str]


async def whom(deps: Deps, customer_id: UUID | None, external_id: ExternalId | None) -> UUID:
    """The customer that is meant. Raises Problem: CUSTOMER_UNKNOWN."""
    async with deps.pool.acquire() as c:
        if external_id is not None:
            found = (await owners(c, SCHEMA, [external_id])).get(external_id)
        else:
            found = customer_id if customer_id is not None and await known(c, SCHEMA, [customer_id]) else None
    if found is None:
        raise Problem("CUSTOMER_UNKNOWN")
    return found


async def receive_case(deps: Deps, command: ReceiveCase, day_given: bool, key: CommandKey, meta: Meta) -> Answer:
    """Record a case; delivered twice under an id of its source, it is one. `day_given`: the day of the receipt was said.

    Raises Problem: IDEMPOTENCY_KEY_REUSED, UNAVAILABLE.
    """
    stream = case_stream(command.case_id)
    body = {"id": str(command.case_id), "customer_id": str(command.customer_id)}

    def decided(loaded: Loaded) -> Done:
        event = cases.receive(case_of(envelope.event for envelope in loaded.events), command)
        return Done([event], {"status": "recorded", **body})

    act = Act(stream, command.received_on, decided, customer_id=command.customer_id, location=f"/v1/cases/{command.case_id}")
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c:
            loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        if loaded.stored is not None:
            return repeated(loaded.stored, key, place)
        if loaded.events:
            first = loaded.events[0].event
            same = isinstance(first, CaseReceived) and await _repeats(deps, first, command, day_given)
            return Answer(200, {"status": "duplicate", **body}) if same else Answer.of(Problem(CASE_CONFLICT))
        try:
            return await carry_out(deps, act, key, meta, expected=0)
        except Problem as problem:
            if problem.code != "VERSION_STALE":
                raise
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def _repeats(deps: Deps, stored: CaseReceived, command: ReceiveCase, day_given: bool) -> bool:
    """Whether what is delivered is what was received before. Who sent it does not matter, nor a day that was not given."""
    clear = await deps.sealer.unseal_struct(stored, case_stream(stored.case_id))
    new = cases.receive(None, command if day_given else replace(command, received_on=clear.received_on))
    text = clear.text if clear.text is None else new.text
    return clear == msgspec.structs.replace(new, text=text, decided_by=clear.decided_by)


async def step(deps: Deps, case_id: UUID, command: CaseCommand, expected: int | None, key: CommandKey, meta: Meta) -> Answer:
    """Raises Problem: CASE_UNKNOWN, VERSION_STALE, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE."""

    def decided(loaded: Loaded) -> Done:
        event = cases.decide(case_of(envelope.event for envelope in loaded.events), command)
        return Done([event], {"id": str(case_id)})

    return await carry_out(deps, Act(case_stream(case_id), command.on, decided, unknown=CASE_UNKNOWN), key, meta, expected)


async def make_complaint(
    deps: Deps, case_id: UUID, intake: Intake, on: date, expected: int | None, key: CommandKey, meta: Meta
) -> Answer:
    """Take the case as a complaint: the case ends, the complaint begins, and each says which the other is.

    Customer and channel come from the case, and the article where the intake names none. Raises Problem as `step`.
    """
    complaint_id = key.new_id(0)
    today = deps.today()

    def decided(loaded: Loaded) -> Done:
        found = case_of(envelope.event for envelope in loaded.events)
        event = cases.decide(found, MakeComplaint(on, today, key.principal, complaint_id))
        assert found is not None
        whole = replace(intake, channel=found.channel, received_on=on, article=intake.article or found.article)
        received = decide_complaint(NotReceived(), whole.command(complaint_id, found.customer_id, today, key.principal))
        link = ComplaintLinked(
            complaint_id=complaint_id,
            customer_id=found.customer_id,
            other_id=case_id,
            kind="FROM_CASE",
            linked_on=on,
            decided_by=key.principal,
        )
        events: list[Event] = [*received, link]
        body: Mapping[str, Any] = {"id": str(case_id), "complaint_id": str(complaint_id)}
        return Done([event], body, (Beside(complaint_stream(complaint_id), "new", found.customer_id, events),))

    act = Act(case_stream(case_id), on, decided, unknown=CASE_UNKNOWN, location=f"/v1/complaints/{complaint_id}")
    return await carry_out(deps, act, key, meta, expected)
