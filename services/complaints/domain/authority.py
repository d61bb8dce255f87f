"""Who decides on what is given: the salesperson up to an amount, headquarters above it. A published, versioned rule."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from services.complaints.domain.refusals import RuleRefused
from shared.contracts.complaint_steps import Authority, DecisionRulePublished
from shared.contracts.complaints import ComplaintKind
from shared.contracts.event import Event
from shared.contracts.money import Money

STREAM = "standard-decision"
BUILT_IN = DecisionRulePublished(version=0, limits=())
"""Until a rule is published, whoever handles the complaint decides."""


def rule_of(events: Iterable[Event]) -> DecisionRulePublished:
    """The rule in force after the events of its stream."""
    found = BUILT_IN
    for event in events:
        if isinstance(event, DecisionRulePublished):
            found = event
    return found


def publish_rule(before: DecisionRulePublished, wanted: DecisionRulePublished, by: UUID) -> DecisionRulePublished:
    """The next version. Raises RuleRefused, which names what cannot be."""
    places = [(one.kind, one.up_to.currency) for one in wanted.limits]
    if len(set(places)) != len(places):
        raise RuleRefused("limits: one for each kind and currency")
    if any(one.up_to.amount < 0 for one in wanted.limits):
        raise RuleRefused("limits: an amount is not less than zero")
    return msgspec.structs.replace(wanted, version=before.version + 1, decided_by=by)


def who_decides(rule: DecisionRulePublished, kind: ComplaintKind, amount: Money | None) -> Authority:
    """Whose decision it is to give this amount. What costs nothing is the salesperson's; None: nobody has said what it comes to,
    and so no limit speaks of it."""
    if rule.version == 0:
        return "SALESPERSON"
    if amount is None:
        return "HEADQUARTERS"
    if amount.amount == 0:
        return "SALESPERSON"
    limits = {one.kind: one.up_to.amount for one in rule.limits if one.up_to.currency == amount.currency}
    limit = limits.get(kind, limits.get(None))
    return "SALESPERSON" if limit is not None and amount.amount <= limit else "HEADQUARTERS"
