"""What is known of a complaint's matter, as it is shown. Names and words only to who may read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.complaints.domain.facts import BOTH_SIDES, facts_of, fair_way_reason
from shared.contracts.complaint_facts import (
    BrokenCommitmentNamed,
    CauseFound,
    ComplaintLinked,
    EvidenceAdded,
    FairWayTold,
    OfComplaint,
    ResponsibilityFixed,
    Responsible,
    SatisfactionGiven,
    SummaryConfirmed,
)
from shared.contracts.event import Event

_PERSONAL = {
    SummaryConfirmed: ("summary", "confirmed_by"),
    EvidenceAdded: ("given_by", "says"),
    FairWayTold: ("words",),
    SatisfactionGiven: ("words",),
}
_NEVER = frozenset({"complaint_id", "customer_id", "decided_by"})


def shown(events: Sequence[Event], personal: bool) -> dict[str, Any]:
    """The facts by their kind; of the cause, the responsibility and the satisfaction the last word."""
    known = facts_of(events)
    if known is None:
        raise AssertionError("the stream of a complaint begins with its receipt")
    told: dict[type[OfComplaint], list[dict[str, Any]]] = {}
    for event in events:
        if isinstance(event, OfComplaint):
            told.setdefault(type(event), []).append(_fact(event, personal))
    owed = None if FairWayTold in told or known.ended or not known.heard >= BOTH_SIDES else fair_way_reason(known)
    found: dict[str, Any] = {
        "id": known.complaint_id,
        "customer_id": known.customer_id,
        "summaries": told.get(SummaryConfirmed, []),
        "evidence": told.get(EvidenceAdded, []),
        "heard": sorted(known.heard),
        "both_sides_heard": known.heard >= BOTH_SIDES,
        "cause": _last(told.get(CauseFound)),
        "responsibility": _last(told.get(ResponsibilityFixed)),
        "fair_way": told.get(FairWayTold, []),
        "fair_way_owed": owed,
        "links": told.get(ComplaintLinked, []),
        "broken_commitments": told.get(BrokenCommitmentNamed, []),
        "satisfaction": _last(told.get(SatisfactionGiven)),
    }
    return {name: value for name, value in found.items() if value is not None}


def _last(told: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    return told[-1] if told else None


def _fact(event: OfComplaint, personal: bool) -> dict[str, Any]:
    hidden = _NEVER | (frozenset() if personal else frozenset(_PERSONAL.get(type(event), ())))
    found: dict[str, Any] = {name: getattr(event, name) for name in event.__struct_fields__ if name not in hidden}
    if isinstance(event, ResponsibilityFixed):
        found["parties"] = [_responsible(one) for one in event.parties]
    found["recorded_by"] = event.decided_by
    return {name: value for name, value in found.items() if value is not None}


def _responsible(one: Responsible) -> dict[str, Any]:
    found = {"party": one.party, "share": str(one.share), "department": one.department, "name": one.name}
    return {name: value for name, value in found.items() if value is not None}
