"""What a person does about a warning that concerns no single customer, and about the rules behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.company_alert import CompanyCommand, company_stream, decide, evolve, state_of
from services.alerts.domain.company_rules import COMPANY_RULES_BY_ID, company_rule_stream, publish
from services.alerts.domain.refusals import RuleUnknown
from services.alerts.handlers.carrying_out import Decided, Meta, carry_out
from services.alerts.handlers.deps import Deps
from services.alerts.handlers.problems import ALERT_UNKNOWN, refused
from shared.contracts.company_alerts import CompanyAlertEvent
from shared.contracts.event import Event
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def act_on_company_alert(
    deps: Deps, alert_id: UUID, command: CompanyCommand, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """Raises Problem: 404, 412 when `expected` is not its version, 422 for a reused key."""
    stream = company_stream(alert_id)

    async def decided(before: Sequence[Event]) -> Decided:
        state = state_of(event for event in before if isinstance(event, CompanyAlertEvent))
        made = decide(state, command)
        after = evolve(state, made)
        assert after is not None
        # No customer's key fits: the alert has one of its own.
        await deps.sealer.keys_for([alert_id])
        return Decided([deps.sealer.seal(made, stream, alert_id)], {"id": str(alert_id), "state": after.state}, None)

    return await carry_out(deps, stream, decided, key, meta, expected, unknown=ALERT_UNKNOWN)


async def publish_company_rule(
    deps: Deps, rule_id: str, parameters: Mapping[str, Decimal], key: CommandKey, meta: Meta, expected: int
) -> Answer:
    """A new version of a rule about the company. Raises Problem."""
    rule = COMPANY_RULES_BY_ID.get(rule_id)
    if rule is None:
        raise refused(RuleUnknown())

    async def decided(before: Sequence[Event]) -> Decided:
        event = publish(rule, before, parameters, key.principal)
        return Decided([event], {"rule_id": rule_id, "version": event.version}, None)

    return await carry_out(deps, company_rule_stream(rule_id), decided, key, meta, expected)
