"""What a rule's warnings were worth, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.alerts.api.deps import Dependencies
from services.alerts.domain.decisions import promises_of, rule_stream
from services.alerts.domain.promise import Tally, on_probation, probation_stream
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.problems import RULE_UNKNOWN
from services.alerts.read_models.usefulness import USEFULNESS, Stake, Worth, worth_of
from shared.event_store.events import Loaded
from shared.event_store.load import load_many
from shared.projections.waiting import wait_for
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["alerts"])


@router.get(
    "/v1/rules/{rule_id}/usefulness",
    dependencies=[scope("alerts.rule.read"), company],
    responses={404: {"description": RULE_UNKNOWN}},
    summary="What a rule's warnings were worth",
)
async def get_usefulness(rule_id: str, deps: Dependencies, min_position: MinPosition = None) -> Response:
    """By the version that opened the alerts, the newest first: how many were opened, how they were closed, how many recovered
    before anybody had decided a measure, how many days before it came true they warned, and the money at stake by outcome.

    `precision` is the share of right ones (TRUE and TOO_LATE) among those and the FALSE ones. A version in force that falls
    below what it promises, from so many `outcomes` on, is on probation until it keeps the promise or another one replaces it.
    """
    if rule_id not in RULES_BY_ID:
        raise Problem(RULE_UNKNOWN)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, USEFULNESS, position))
    streams = [rule_stream(rule_id), probation_stream(rule_id)]
    async with deps.pool.acquire() as c:
        loaded = await load_many(c, SCHEMA, streams)
        worth, stakes = await worth_of(c, rule_id, deps.zone.key)
    published = loaded.get(streams[0])
    promises = promises_of([] if published is None else [one.event for one in published.events], rule_id, deps.today())
    body: dict[str, Any] = {
        "rule_id": rule_id,
        "promises": [{"version": one.version, "precision": one.promised, "outcomes": one.least} for one in promises],
    }
    body |= probation(rule_id, loaded)
    body["versions"] = [_version(one, [stake for stake in stakes if stake.version == one.version]) for one in worth]
    return Json(body)


def probation(rule_id: str, streams: Mapping[str, Loaded]) -> dict[str, Any]:
    """The versions that are on probation, as they stand beside a rule's parameters; nothing when there are none."""
    loaded = streams.get(probation_stream(rule_id))
    if loaded is None:
        return {}
    since = {one.event: one.occurred_at for one in loaded.events}
    found: list[dict[str, Any]] = []
    for event in on_probation([one.event for one in loaded.events]).values():
        shown = {
            "since": since[event],
            "version": event.rule_version,
            "promised": event.promised,
            "right": event.right,
            "wrong": event.wrong,
        }
        found.append(shown if event.owner is None else shown | {"owner": event.owner})
    return {"probation": found} if found else {}


def _version(one: Worth, stakes: Sequence[Stake]) -> dict[str, Any]:
    tally = Tally(one.true + one.too_late, one.false)
    shown: dict[str, Any] = {
        "version": one.version,
        "opened": one.opened,
        "open": one.open,
        "true": one.true,
        "false": one.false,
        "too_late": one.too_late,
        "duplicate": one.duplicate,
        "recovered": one.recovered,
        "recovered_by_itself": one.itself,
        "precision": None if tally.precision is None else tally.precision.quantize(Decimal("0.0001")),
        "lead_days": None if one.lead_days is None else {"median": int(one.lead_days), "alerts": one.lead_known},
        "at_stake": [{"outcome": each.outcome or "OPEN", "currency": each.currency, "amount": each.amount} for each in stakes],
    }
    return {name: value for name, value in shown.items() if value is not None}
