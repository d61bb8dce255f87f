"""Folding the engine's customers anew from the stores, part by part: after an update of what is remembered or of the rules.

Rows are written where the engine stood when they were folded, by its own compare-and-set: if it has gone on meanwhile they
are folded again, and an engine that is overtaken loads the part anew. So it is done before the engine starts, or when it
has little to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from services.alerts.domain.business_days import business_day
from services.alerts.domain.judging import Saying
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.signs import Rule, rank
from services.alerts.domain.watched_customer import Watch
from services.alerts.engine.part import say
from services.alerts.engine.refold import Stores, fold_all, items_until
from services.alerts.engine.step import Stepped
from services.alerts.read_models.watched_customers import (
    FOLD,
    NAME,
    SCHEMA,
    Place,
    columns_of,
    fetch_all,
    move,
    places_as_they_are,
    upsert,
)
from shared.contracts.alerts import AlertEvent, AlertOpened, AlertRecovered, AlertReopened, AlertWorsened, Reason
from shared.postgres.pool import Connection, Pool
from shared.projections.parking import read_parked
from shared.projections.positions import PartLost

TRIES = 5


async def folds_due(conn: Connection, parts: Sequence[int]) -> bool:
    """Whether rows of any part were made by an older fold."""
    return any(place.fold < FOLD for place in await places_as_they_are(conn, parts))


async def rebuild_customers(
    pool: Pool, stores: Stores, zone: ZoneInfo, parts: Sequence[int], progress: Callable[[int], None] = lambda items: None
) -> int:
    """Fold every part anew and write its rows over the old ones; the number of items folded.

    An alert that the new rules would have opened, and that would be open now, is opened: its stream begins with what the
    rule found then, and goes on with what it found since. One that was open and would not be ends; one that is graver
    worsens. Parked customers are left as they are. Raises PartLost when an engine was faster several times in a row.
    """
    folded = 0
    for number in parts:
        folded += await _rebuild(pool, stores, zone, number)
        progress(folded)
    return folded


async def _rebuild(pool: Pool, stores: Stores, zone: ZoneInfo, number: int) -> int:
    for tried in range(1, TRIES + 1):
        async with pool.acquire() as conn:
            places = await places_as_they_are(conn, [number])
            parked = [UUID(one.parked.key) for one in await read_parked(conn, SCHEMA, [number]) if one.read_model == NAME]
        if not places:
            return 0
        async with pool.acquire() as conn:
            before = {one[0]: _watches_of(one[1]) for one in await fetch_all(conn, places[0])}
        items = await items_until(stores, number, places[0].reached)
        folded = await asyncio.to_thread(fold_all, items, places[0].through, zone, parked)
        try:
            await _write(pool, places[0], folded, [*of_open_alerts(folded), *of_older_alerts(before, folded, places[0], zone)])
        except PartLost:
            if tried == TRIES:
                raise
        else:
            return len(items)
    raise AssertionError("unreachable")


async def _write(pool: Pool, place: Place, folded: Stepped, found: Sequence[Saying]) -> None:
    async with pool.acquire() as conn, conn.transaction():
        if found:
            # The first write of the transaction: the store takes its transaction id after its locks.
            await say(conn, place.part, found)
        moved = await move(conn, replace(place, control=folded.control, fold=FOLD))
        await upsert(conn, moved, columns_of(list(folded.rows.values())))


def of_open_alerts(folded: Stepped) -> list[Saying]:
    """What is said of the alerts that are open at the end of the fold, from their opening on: also that they became worse, since the
    rows remember the level that was reached and the engine would never say it again."""
    spells = {
        watch.open.alert_id for row in folded.rows.values() for watch in row.customer.watches.values() if watch.open is not None
    }
    return [one for one in folded.sayings if one.event.alert_id in spells]


class _Older(msgspec.Struct):
    """What is read of a row of an older fold."""

    watches: dict[str, Watch] = {}


def _watches_of(state: bytes) -> Mapping[str, Watch]:
    # A row that cannot be read is a reason to fold anew, none to stop.
    try:
        return msgspec.json.decode(state, type=_Older).watches
    except msgspec.DecodeError:
        return {}


def of_older_alerts(before: Mapping[UUID, Mapping[str, Watch]], folded: Stepped, place: Place, zone: ZoneInfo) -> list[Saying]:
    """What is to be said of alerts that the older rows knew as open: that they are over, where the rules of today would not have
    warned; that they are worse, where these find more. Otherwise nothing would ever end or worsen them."""
    at = place.through or place.reached.recorded_at
    found = []
    for customer_id, watches in before.items():
        now = folded.rows.get(customer_id)
        if now is None:
            continue
        spells = {watch.open.alert_id: watch.open for watch in now.customer.watches.values() if watch.open is not None}
        for key, watch in watches.items():
            rule, old = RULES_BY_ID.get(key.partition("/")[0]), watch.open
            if rule is None or old is None:
                continue
            new = spells.get(old.alert_id)
            if new is None:
                found.append(_over(rule, customer_id, old.alert_id, at, zone))
            elif rank(new.level) > rank(old.level):
                found.append(_worse(rule, customer_id, old.alert_id, at, folded))
    return found


def _over(rule: Rule, customer_id: UUID, alert_id: UUID, at: datetime, zone: ZoneInfo) -> Saying:
    reason = Reason(code="RULES_CHANGED", sentence="By the rules of today there is nothing to warn of.", figures={"fold": FOLD})
    event = AlertRecovered(
        alert_id=alert_id, customer_id=customer_id, kind=rule.kind, reasons=(reason,), true_on=business_day(at, zone)
    )
    return _saying(event, at)


def _worse(rule: Rule, customer_id: UUID, alert_id: UUID, at: datetime, folded: Stepped) -> Saying:
    finding = next(
        one.event.finding
        for one in reversed(folded.sayings)
        if one.event.alert_id == alert_id and isinstance(one.event, AlertOpened | AlertWorsened | AlertReopened)
    )
    return _saying(AlertWorsened(alert_id=alert_id, customer_id=customer_id, kind=rule.kind, finding=finding), at)


def _saying(event: AlertEvent, at: datetime) -> Saying:
    return Saying(event, uuid5(event.alert_id, f"{event.type}/fold {FOLD}"), at, opens=False)
