"""Publishing versions of a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from services.alerts.domain.decisions import publish_rule, rule_stream, withdraw_rule
from services.alerts.domain.refusals import RuleUnknown
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.handlers.carrying_out import Decided, Meta, carry_out
from services.alerts.handlers.deps import Deps
from services.alerts.handlers.problems import refused
from shared.contracts.alerts import RuleScope
from shared.contracts.event import Event
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def set_parameters(
    deps: Deps,
    rule_id: str,
    parameters: Mapping[str, Decimal],
    scope: RuleScope | None,
    live_from: date | None,
    key: CommandKey,
    meta: Meta,
    expected: int,
) -> Answer:
    """A new version of a rule, for everybody or for the customers of a scope. Raises Problem."""
    if rule_id not in RULES_BY_ID:
        raise refused(RuleUnknown())

    async def decided(before: Sequence[Event]) -> Decided:
        event = publish_rule(before, rule_id, parameters, key.principal, today=deps.today(), scope=scope, live_from=live_from)
        return Decided([event], {"rule_id": rule_id, "version": event.version}, None)

    return await carry_out(deps, rule_stream(rule_id), decided, key, meta, expected)


async def withdraw(deps: Deps, rule_id: str, scope: RuleScope, key: CommandKey, meta: Meta, expected: int) -> Answer:
    """The version of a scope ends: its customers are judged like everybody. Raises Problem."""
    if rule_id not in RULES_BY_ID:
        raise refused(RuleUnknown())

    async def decided(before: Sequence[Event]) -> Decided:
        event = withdraw_rule(before, rule_id, scope, key.principal)
        return Decided([event], {"rule_id": rule_id, "version": event.version}, None)

    return await carry_out(deps, rule_stream(rule_id), decided, key, meta, expected)
