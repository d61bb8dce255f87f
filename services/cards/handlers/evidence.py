"""What a questionnaire's figures are held against before they are believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from services.cards.domain.figures import ANNUAL_PURCHASES, DAYS_LATE, LedgerFigures
from services.cards.domain.parts import parts_of
from services.cards.domain.stating import Evidence, Saying, StatePart, examined, part_of_card
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.ledger_figures import ledger_figures
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event


async def known_to_ledger(deps: Deps, customer_id: UUID, sayings: Sequence[Saying], day: date) -> LedgerFigures | None:
    """What the ledger knows, where a questionnaire says something that can be held against it; `day`: from which it would hold."""
    for saying in sayings:
        if isinstance(saying, StatePart) and saying.provenance.source == "QUESTIONNAIRE" and _told(saying):
            async with deps.pool.acquire() as c:
                return await ledger_figures(c, SCHEMA, customer_id, saying.provenance.observed_on or day)
    return None


def _told(saying: StatePart) -> bool:
    fields = (ANNUAL_PURCHASES, DAYS_LATE)
    part = part_of_card(saying.stated)
    return any(
        f"{part}.{name}" in fields and getattr(saying.stated, name) is not None for name in saying.stated.__struct_fields__
    )


def all_examined(
    deps: Deps,
    customer_id: UUID,
    events: Iterable[Event],
    history: Sequence[Envelope],
    ledger: LedgerFigures | None,
    day: date,
    seed: UUID,
) -> list[Event]:
    """The events, with a task in the place of each figure that contradicts the ledger or an agency. `seed` makes ids of tasks."""
    evidence = Evidence(customer_id, parts_of(history, deps.zone), ledger, day, seed)
    return [one for event in events for one in examined(event, evidence)]
