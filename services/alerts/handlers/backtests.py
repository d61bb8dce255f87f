"""Asking for a back-test. It is carried out by `work`, once everything recorded before it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from services.alerts.domain.decisions import current_version, parameters_in_force, publish_rule, rule_stream
from services.alerts.domain.refusals import AlertRefused, RuleUnknown
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.engine.backtest_summary import DRAFT, PRESENT
from services.alerts.engine.past import Known
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import BACKTEST_WINDOW, refused
from services.alerts.read_models.backtests import Asked, Queued, queue
from shared.contracts.alerts import RulePublished
from shared.event_store.load import load
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem

LONGEST = timedelta(days=3660)


async def request_backtest(
    deps: Deps,
    rule_id: str,
    draft: Mapping[str, Decimal] | None,
    first: date | None,
    last: date | None,
    known: Known,
    lost_after_days: int,
    failed_after_days: int,
    key: CommandKey,
) -> Queued:
    """Queue a back-test of a rule as it is, and of a draft of its parameters if there is one.

    Raises Problem: 404 for a rule that is none, 422 for parameters that it cannot have, for a window that is none, and for a
    key used otherwise.
    """
    today = deps.today()
    if (last is not None and last > today) or (first is not None and not first <= (last or today) <= first + LONGEST):
        raise Problem(BACKTEST_WINDOW)
    variants = await variants_of(deps, rule_id, draft, key)
    asked = Asked(
        rule_id=rule_id,
        variants=variants,
        first=first,
        last=last,
        known=known,
        lost_after_days=lost_after_days,
        failed_after_days=failed_after_days,
    )
    async with deps.pool.acquire() as c:
        queued = await queue(c, key.new_id(), asked, deps.parts, deps.now(), key.principal, key.fingerprint)
    if queued.reused:
        raise reused_key()
    return queued


async def variants_of(deps: Deps, rule_id: str, draft: Mapping[str, Decimal] | None, key: CommandKey) -> dict[str, RulePublished]:
    """The rule as it is in force, and as it would be published. Raises Problem."""
    if rule_id not in RULES_BY_ID:
        raise refused(RuleUnknown())
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, rule_stream(rule_id))
    before = [envelope.event for envelope in loaded.events]
    parameters = dict(parameters_in_force(before, rule_id))
    found = {PRESENT: RulePublished(rule_id=rule_id, version=current_version(before), parameters=parameters)}
    if draft is not None:
        try:
            found[DRAFT] = publish_rule(before, rule_id, draft, key.principal)
        except AlertRefused as refusal:
            raise refused(refusal) from None
    return found
