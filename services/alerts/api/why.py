"""Why a customer is not warned of, and why it was, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from services.alerts.api.deps import Dependencies
from services.alerts.domain.conditions import Condition
from services.alerts.domain.rules import ALL_RULES, RULES_BY_ID
from services.alerts.domain.signs import Rule, Terms, rank
from services.alerts.domain.why_not import WhyNot, why_not
from services.alerts.engine.evidence import Step
from services.alerts.handlers.problems import ALERT_UNKNOWN, RULE_UNKNOWN
from services.alerts.handlers.watching import Watching, alerts_held, evidence, watching
from shared.contracts.alerts import Finding, Reason
from shared.contracts.envelope import Record, opened
from shared.privacy.fields import change
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["alerts"])


@router.get(
    "/v1/customers/{customer_id}/why-not",
    dependencies=[scope("alerts.alert.read")],
    responses={404: {"description": f"CUSTOMER_UNKNOWN or {RULE_UNKNOWN}"}},
    summary="Why a customer is not warned of",
)
async def get_why_not(
    customer_id: UUID,
    deps: Dependencies,
    rule: Annotated[str | None, Query(max_length=100, description="One rule; without it, all")] = None,
) -> Response:
    """By rule and channel: the conditions of each level with their figures and by how much they are missing, what holds the
    rule back all the same, and the day on which it speaks if nothing happens.

    `answer` is ALERT_OPEN, CONDITION_MISSING, HELD_BACK, or ABOUT_TO_OPEN where the engine has not judged it yet. Asked of
    an installation that is not live, as if it went live today. `judged_through`: the latest moment at which anything was
    judged in the customer's part.
    """
    if rule is not None and rule not in RULES_BY_ID:
        raise Problem(RULE_UNKNOWN)
    found = await watching(deps, customer_id)
    if found is None:
        raise Problem("CUSTOMER_UNKNOWN")
    rules = ALL_RULES if rule is None else (RULES_BY_ID[rule],)
    answers = {one.id: why_not(one, found.customer, found.terms, deps.today()) for one in rules}
    held = await alerts_held(deps, [one.spell.alert_id for several in answers.values() for one in several if one.spell])
    body: dict[str, Any] = {"customer_id": customer_id, "as_of": deps.today(), "live": found.live}
    if found.judged_through is not None:
        body["judged_through"] = found.judged_through
    body["rules"] = [_rule(one, found.terms, [_channel(each, found, held) for each in answers[one.id]]) for one in rules]
    return Json(body)


@router.get(
    "/v1/alerts/{alert_id}/evidence",
    dependencies=[scope("alerts.alert.read")],
    responses={404: {"description": ALERT_UNKNOWN}},
    summary="What an alert rests on, computed anew",
)
async def get_evidence(alert_id: UUID, deps: Dependencies) -> Response:
    """The events, figures and thresholds of everything that the data said of the alert, recomputed now from the log.

    `equal` says whether the log leads to the same, figure by figure; what differs is named. An alert that a person
    reported rests on that person's word and has no evidence of this kind. Nothing personal is in it.
    """
    found = await evidence(deps, alert_id)
    if found is None:
        raise Problem(ALERT_UNKNOWN)
    body = {
        "alert_id": alert_id,
        "equal": found.equal,
        "steps": [_step(one) for one in found.steps],
        "not_recorded": [{"event_id": one.event_id, "type": one.event.type, "occurred_at": one.at} for one in found.unsaid],
        "events": [_fact(record) for record in found.facts],
    }
    return Json(body)


def _step(one: Step) -> dict[str, Any]:
    event: Any = one.recorded.event
    finding: Finding | None = getattr(event, "finding", None)
    shown: dict[str, Any] = {
        "event_id": one.recorded.event_id,
        "type": one.recorded.type,
        "occurred_at": one.recorded.occurred_at,
        "recorded_at": one.recorded.recorded_at,
        "caused_by": one.cause or "TIMER",
        "equal": one.computed is not None and not one.differences,
        "differences": [msgspec.to_builtins(each._asdict()) for each in one.differences],
        "computed": one.computed is not None,
        "parameters": one.parameters,
        "population_version": one.population_version,
        "conditions": [_condition(each) for each in one.conditions],
        "reasons": msgspec.to_builtins(event.reasons if finding is None else finding.reasons),
    }
    if finding is not None:
        shown |= {"rule_id": finding.rule_id, "rule_version": finding.rule_version, "level": finding.level}
        shown |= {"true_on": finding.true_on, "evidence": finding.evidence}
    return shown


def _fact(record: Record) -> dict[str, Any]:
    event = change(opened(record).event, lambda field, text: None)
    return {
        "event_id": record.event_id,
        "type": record.type,
        "occurred_at": record.occurred_at,
        "recorded_at": record.recorded_at,
        "data": msgspec.to_builtins(event),
    }


def _rule(rule: Rule, terms: Terms, channels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    used = terms.parameters[rule.id]
    return {
        "rule_id": rule.id,
        "kind": rule.kind,
        "title": rule.title,
        "version": used.version,
        "parameters": used.values,
        "channels": channels,
    }


def _channel(found: WhyNot, of: Watching, held: Mapping[UUID, Sequence[Reason]]) -> dict[str, Any]:
    reasons = [*found.held_back]
    if not of.live and found.level is not None:
        reasons.insert(0, Reason(code="NOT_LIVE", sentence="The installation is not live: no rule fires."))
    if of.parked:
        reasons.insert(0, Reason(code="PARKED", sentence="An event of this customer could not be applied: it waits for a retry."))
    open_level = None if found.spell is None else found.spell.level
    if found.spell is not None:
        answer = "ALERT_OPEN"
        reasons += held.get(found.spell.alert_id, ())
    elif reasons:
        answer = "HELD_BACK"
    else:
        answer = "ABOUT_TO_OPEN" if rank(found.level) > rank(open_level) else "CONDITION_MISSING"
    shown: dict[str, Any] = {
        "channel": found.channel or None,
        "answer": answer,
        "alert": None if found.spell is None else {"id": found.spell.alert_id, "level": found.spell.level},
        "level": found.level,
        "held_level": found.held_level,
        "held_back": [msgspec.to_builtins(reason) for reason in reasons],
        "changes_on": found.changes_on,
        "conditions": [_condition(one) for one in found.conditions],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _condition(one: Condition) -> dict[str, Any]:
    shown = {
        "level": one.level,
        "code": one.code,
        "holds": one.holds,
        "value": one.value,
        "test": one.test,
        "needed": one.needed,
        "missing": one.missing,
        "sentence": one.sentence,
    }
    return {name: value for name, value in shown.items() if value is not None}
