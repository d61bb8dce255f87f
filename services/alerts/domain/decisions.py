"""Decisions about the whole installation: going live, and publishing a rule's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.control import DEFAULT_VERSION
from services.alerts.domain.refusals import AlreadyLive, LiveOnAhead, ParametersRefused, RuleUnknown
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.signs import checked_parameters
from shared.contracts.alerts import RulePublished, WentLive
from shared.contracts.event import Event

GO_LIVE_STREAM = "go-live"


def rule_stream(rule_id: str) -> str:
    return f"rule-{rule_id}"


def go_live(before: Sequence[Event], live_on: date, today: date, by: UUID) -> WentLive:
    """Rules fire from this event on. Raises AlreadyLive, LiveOnAhead."""
    if any(isinstance(event, WentLive) for event in before):
        raise AlreadyLive
    if live_on > today:
        raise LiveOnAhead
    return WentLive(live_on=live_on, decided_by=by)


def publish_rule(before: Sequence[Event], rule_id: str, parameters: Mapping[str, Decimal], by: UUID) -> RulePublished:
    """A new version of a rule's parameters; those not named are as they are by default. Raises RuleUnknown, ParametersRefused."""
    rule = RULES_BY_ID.get(rule_id)
    if rule is None:
        raise RuleUnknown
    try:
        merged = checked_parameters(rule, parameters)
    except ValueError as error:
        raise ParametersRefused(str(error)) from None
    return RulePublished(rule_id=rule_id, version=current_version(before) + 1, parameters=dict(merged), decided_by=by)


def current_version(before: Sequence[Event]) -> int:
    """The version that is in force after these events of a rule's stream; the defaults are version 1."""
    return max((event.version for event in before if isinstance(event, RulePublished)), default=DEFAULT_VERSION)


def parameters_in_force(before: Sequence[Event], rule_id: str) -> Mapping[str, Decimal]:
    """Raises RuleUnknown."""
    rule = RULES_BY_ID.get(rule_id)
    if rule is None:
        raise RuleUnknown
    published = [event for event in before if isinstance(event, RulePublished)]
    return {**rule.defaults, **(published[-1].parameters if published else {})}
