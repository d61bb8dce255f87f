"""The company's conditions for new customers, in numbered versions of which the newest holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cards.domain.refusals import ConditionTwice
from shared.contracts.event import Event
from shared.contracts.relations import AdmissionCondition, AdmissionStandardPublished

STREAM = "admission-standard"


@dataclass(frozen=True, slots=True)
class PublishStandard:
    conditions: Sequence[AdmissionCondition]
    decided_by: UUID


def newest(events: Iterable[Event]) -> AdmissionStandardPublished | None:
    """The standard that holds; None before the first."""
    found = [event for event in events if isinstance(event, AdmissionStandardPublished)]
    return found[-1] if found else None


def decide(now: AdmissionStandardPublished | None, command: PublishStandard) -> list[Event]:
    """The next version; nothing when the conditions are those of the newest. Raises a CardRefused."""
    codes = [condition.code for condition in command.conditions]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ConditionTwice(twice)
    if now is not None and now.conditions == tuple(command.conditions):
        return []
    return [
        AdmissionStandardPublished(
            version=1 if now is None else now.version + 1,
            conditions=tuple(command.conditions),
            decided_by=command.decided_by,
        )
    ]
