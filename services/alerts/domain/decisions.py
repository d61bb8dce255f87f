"""Decisions about the whole installation: going live, and publishing a rule's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.control import DEFAULT_VERSION, Control, evolve, terms_of
from services.alerts.domain.promise import LEAST, PROMISED, Promise
from services.alerts.domain.refusals import AlreadyLive, LiveFromPast, LiveOnAhead, ParametersRefused, RuleUnknown, ScopeUnknown
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.scoping import EVERYBODY, base_of, in_force
from services.alerts.domain.signs import Parameters, Terms, Version, checked_parameters
from shared.contracts.alerts import RulePublished, RuleScope, WentLive
from shared.contracts.event import Event

GO_LIVE_STREAM = "go-live"
NOBODY = UUID(int=0)


def rule_stream(rule_id: str) -> str:
    return f"rule-{rule_id}"


def go_live(before: Sequence[Event], live_on: date, today: date, by: UUID) -> WentLive:
    """Rules fire from this event on. Raises AlreadyLive, LiveOnAhead."""
    if any(isinstance(event, WentLive) for event in before):
        raise AlreadyLive
    if live_on > today:
        raise LiveOnAhead
    return WentLive(live_on=live_on, decided_by=by)


def publish_rule(
    before: Sequence[Event],
    rule_id: str,
    parameters: Mapping[str, Decimal],
    by: UUID,
    *,
    today: date,
    scope: RuleScope | None = None,
    live_from: date | None = None,
) -> RulePublished:
    """A new version of a rule's parameters; those not named are as they are by default.

    Raises RuleUnknown, ParametersRefused, LiveFromPast.
    """
    rule = RULES_BY_ID.get(rule_id)
    if rule is None:
        raise RuleUnknown
    if live_from is not None and live_from < today:
        raise LiveFromPast
    try:
        merged = checked_parameters(rule, parameters)
    except ValueError as error:
        raise ParametersRefused(str(error)) from None
    return RulePublished(
        rule_id=rule_id,
        version=current_version(before) + 1,
        parameters=dict(merged),
        decided_by=by,
        scope=None if scope == EVERYBODY else scope,
        live_from=live_from,
    )


def withdraw_rule(before: Sequence[Event], rule_id: str, scope: RuleScope, by: UUID) -> RulePublished:
    """Customers of this scope are judged like everybody again. Raises RuleUnknown, ScopeUnknown."""
    if rule_id not in RULES_BY_ID:
        raise RuleUnknown
    if not any(one.scope == scope for one in further_versions(before, rule_id)):
        raise ScopeUnknown
    return RulePublished(
        rule_id=rule_id, version=current_version(before) + 1, parameters={}, decided_by=by, scope=scope, withdrawn=True
    )


def promises_of(before: Sequence[Event], rule_id: str, today: date) -> list[Promise]:
    """What the versions in force on a day promise, that for everybody first. Raises RuleUnknown."""
    owners = {event.version: event.decided_by for event in before if isinstance(event, RulePublished)}
    there = [version_in_force(before, rule_id, today)]
    there += [one.parameters for one in further_versions(before, rule_id) if one.scope != EVERYBODY and in_force(one, today)]
    return [Promise(one.version, one.values[PROMISED], one.whole(LEAST), owners.get(one.version)) for one in there]


def current_version(before: Sequence[Event]) -> int:
    """The newest version after these events of a rule's stream; the defaults are version 1."""
    return max((event.version for event in before if isinstance(event, RulePublished)), default=DEFAULT_VERSION)


def version_in_force(before: Sequence[Event], rule_id: str, today: date) -> Parameters:
    """The version for everybody on a day. Raises RuleUnknown."""
    if rule_id not in RULES_BY_ID:
        raise RuleUnknown
    terms = _terms(before)
    return base_of(terms.versions.get(rule_id, ()), terms.parameters[rule_id], today)


def further_versions(before: Sequence[Event], rule_id: str) -> Sequence[Version]:
    """Versions for some customers only, and those that begin on a day."""
    return _terms(before).versions.get(rule_id, ())


def _terms(before: Sequence[Event]) -> Terms:
    control = Control()
    for event in before:
        if isinstance(event, RulePublished):
            control = evolve(control, event, NOBODY)
    return terms_of(control, ZoneInfo("UTC"))
