"""The list of causes from which that of a complaint is taken: maintained by the company, published as a whole, in versions. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from uuid import UUID

from services.complaints.domain.fact_refusals import CausesTwice
from shared.contracts.complaint_facts import Cause, CausesPublished
from shared.contracts.complaints import ComplaintKind
from shared.contracts.event import Event

STREAM = "causes"

BUILT_IN = CausesPublished(
    version=0,
    causes=(
        Cause(code="MATERIAL", name="Material", kinds=("QUALITY",)),
        Cause(code="WORKMANSHIP", name="Workmanship", kinds=("QUALITY",)),
        Cause(code="DESIGN", name="Design", kinds=("QUALITY",)),
        Cause(code="WRONG_USE", name="Use other than intended", kinds=("QUALITY", "SERVICE")),
        Cause(code="PACKING", name="Packing", kinds=("QUALITY", "TRANSPORT")),
        Cause(code="HANDLING", name="Handling on the way", kinds=("TRANSPORT",)),
        Cause(code="LATE", name="Late", kinds=("TRANSPORT", "CONTRACT", "SERVICE")),
        Cause(code="WRONG_GOODS", name="Other goods or another quantity than ordered", kinds=("TRANSPORT", "CONTRACT")),
        Cause(code="PRICE", name="Price or terms other than agreed", kinds=("CONTRACT",)),
        Cause(code="MISUNDERSTANDING", name="Misunderstanding"),
        Cause(code="CONDUCT", name="How the customer was treated", kinds=("SERVICE",)),
        Cause(code="UNKNOWN", name="Not found out"),
    ),
)
"""Version 0, for a company that has published none."""


def publish(current: CausesPublished, causes: tuple[Cause, ...], decided_by: UUID | None) -> CausesPublished:
    """The next version of the list. Raises CausesTwice."""
    if len({cause.code for cause in causes}) != len(causes):
        raise CausesTwice
    return CausesPublished(version=current.version + 1, causes=causes, decided_by=decided_by)


def kinds_of(current: CausesPublished, code: str) -> tuple[ComplaintKind, ...] | None:
    """The kinds of complaints that the cause may be behind, none for all; None when the list does not hold it."""
    return next((cause.kinds for cause in current.causes if cause.code == code), None)


def list_of(events: Iterable[Event]) -> CausesPublished:
    """The list in force."""

    def later(current: CausesPublished, event: Event) -> CausesPublished:
        return event if isinstance(event, CausesPublished) else current

    return reduce(later, events, BUILT_IN)
