"""The effect of a version before it is published, computed from what the engine knows now. Reads only."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.alerts.domain.business_days import start_of
from services.alerts.domain.control import Control
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.engine.backtest_summary import DRAFT
from services.alerts.engine.preview import Affected, Effect, affected
from services.alerts.handlers.backtests import Draft, variants_of
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.read_models.customers import names_of
from services.alerts.read_models.watched_customers import NAME, StoredRow, fetch_all, places_as_they_are, row_of
from shared.contracts.alerts import RulePublished
from shared.projections.parking import read_parked

ORDER: tuple[Effect, ...] = ("OPENS", "REOPENS", "WORSENS", "CLOSES", "STAYS")


class Previewed(NamedTuple):
    """`judged_through` is the earliest moment through which a part has been judged; None: nothing has been judged yet. `names`
    are those of the companies among the first alerts. `parked` customers could not be judged."""

    draft: RulePublished
    live: bool
    judged_through: datetime | None
    customers: int
    parked: int
    effects: Mapping[Effect, int]
    first: Sequence[Affected]
    names: Mapping[UUID, str]


async def preview(deps: Deps, rule_id: str, draft: Draft, by: UUID, limit: int) -> Previewed:
    """Which alerts would open and close. An installation that is not live is judged as if it went live today. Raises Problem."""
    version = (await variants_of(deps, rule_id, draft, by))[DRAFT][-1]
    found: list[Affected] = []
    live, customers, left_out = False, 0, 0
    judged: list[datetime | None] = []
    for part in range(deps.parts):
        async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
            places = await places_as_they_are(c, [part])
            stored = await fetch_all(c, places[0]) if places else []
            parked = {UUID(one.parked.key) for one in await read_parked(c, SCHEMA, [part]) if one.read_model == NAME}
        if not places:
            continue
        place, today = places[0], deps.today()
        live = place.control.live_on is not None
        control = place.control if live else msgspec.structs.replace(place.control, live_on=today)
        rows = [row for row in stored if row[0] not in parked]
        customers, left_out = customers + len(rows), left_out + len(parked)
        judged.append(place.through)
        at = max(place.through or place.reached.recorded_at, start_of(today, deps.zone))

        def judge(rows: Sequence[StoredRow] = rows, control: Control = control, at: datetime = at) -> list[Affected]:
            watched = (row_of(row).customer for row in rows)
            return affected(watched, control, version, RULES_BY_ID[rule_id], at, deps.zone)

        found += await asyncio.to_thread(judge)
    found.sort(key=lambda one: (ORDER.index(one.effect), str(one.customer_id), one.channel))
    async with deps.pool.acquire() as c:
        names = await names_of(c, [one.customer_id for one in found[:limit]])
    through = None if not judged or None in judged else min(one for one in judged if one is not None)
    effects = Counter(one.effect for one in found)
    return Previewed(version, live, through, customers, left_out, effects, found[:limit], names)
