"""Asking for a back-test. It is carried out by `work`, once everything recorded before it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.alerts.domain.decisions import further_versions, publish_rule, rule_stream, version_in_force
from services.alerts.domain.refusals import AlertRefused, RuleUnknown
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.scoping import EVERYBODY, in_force
from services.alerts.engine.backtest_summary import DRAFT, PRESENT
from services.alerts.engine.past import Known
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import BACKTEST_WINDOW, refused
from services.alerts.read_models.backtests import Asked, Queued, queue
from shared.contracts.alerts import RulePublished, RuleScope
from shared.event_store.load import load
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem

LONGEST = timedelta(days=3660)


class Draft(NamedTuple):
    """A version that is not published yet; `scope` None: for everybody."""

    parameters: Mapping[str, Decimal]
    scope: RuleScope | None = None


async def request_backtest(
    deps: Deps,
    rule_id: str,
    draft: Draft | None,
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
    variants = await variants_of(deps, rule_id, draft, key.principal)
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


async def variants_of(deps: Deps, rule_id: str, draft: Draft | None, by: UUID) -> dict[str, tuple[RulePublished, ...]]:
    """The versions of a rule that are in force, and these with the draft published on top. Raises Problem."""
    if rule_id not in RULES_BY_ID:
        raise refused(RuleUnknown())
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, rule_stream(rule_id))
    before = [envelope.event for envelope in loaded.events]
    base = version_in_force(before, rule_id, deps.today())
    scoped = [one for one in further_versions(before, rule_id) if one.scope != EVERYBODY and in_force(one, deps.today())]
    present = (
        RulePublished(rule_id=rule_id, version=base.version, parameters=dict(base.values)),
        *(
            RulePublished(
                rule_id=rule_id, version=one.parameters.version, parameters=dict(one.parameters.values), scope=one.scope
            )
            for one in scoped
        ),
    )
    if draft is None:
        return {PRESENT: present}
    try:
        published = publish_rule(before, rule_id, draft.parameters, by, today=deps.today(), scope=draft.scope)
    except AlertRefused as refusal:
        raise refused(refusal) from None
    return {PRESENT: present, DRAFT: (*present, published)}
