"""What have customers in common who fall silent or complain together? One warning names it and inhibits theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.alerts.domain.common_cause import Cause, Member, Together, common_causes, counts, finding_of, without
from services.alerts.domain.company_rules import COMMON_CAUSE
from services.alerts.domain.signs import Parameters
from services.alerts.jobs.company import (
    CompanyJob,
    Now,
    Opening,
    change_alert,
    end_alert,
    folded,
    judged,
    open_alert,
    parameters_of,
)
from services.alerts.jobs.inhibition import inhibited, released
from services.alerts.read_models.alerts import ALERTS
from services.alerts.read_models.bought_articles import read_bought_articles
from services.alerts.read_models.common_marks import COMMON_MARKS, Marked, marked_customers, moving
from services.alerts.read_models.company_alerts import KnownAlert, known_alerts
from services.alerts.read_models.customers import CUSTOMERS
from shared.contracts.alerts import Reason
from shared.contracts.company_alerts import Child, Subject

TOGETHER: tuple[Together, ...] = ("silence", "complaints")
ACTIVE_DAYS = 365
REMEMBERED_DAYS = 60
"""What an ended warning explained is not explained again by the next one."""


@dataclass(slots=True)
class Looked:
    """What the last look saw: where nothing has changed, no cause has."""

    at: object = None


async def judge_causes(job: CompanyJob, now: Now, looked: Looked) -> None:
    """Open, widen and end the warnings. Raises CompanyAlertContested."""
    if now.live_on is None:
        return
    parameters = (await parameters_of(job, [COMMON_CAUSE]))[COMMON_CAUSE.id]
    since = now.today - timedelta(days=parameters.whole("window_days") - 1)
    async with job.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        known = await known_alerts(c, COMMON_CAUSE.id, now.at - timedelta(days=REMEMBERED_DAYS))
        seen = (now.today, parameters.version, await moving(c, since), [(one.alert.alert_id, one.version) for one in known])
    if seen == looked.at or not await _all_there(job, now):
        return
    await read_bought_articles(job.pool, job.stores["cards"], now.cursors["cards"], now.today)
    async with job.pool.acquire() as c:
        customers = await marked_customers(c)
    for together in TOGETHER:
        await _judge(job, now, parameters, together, [one for one in known if one.alert.channel == together], customers, since)
    looked.at = seen


async def _all_there(job: CompanyJob, now: Now) -> bool:
    if not await judged(job, now):
        return False
    return all([await folded(job, now, model) for model in (CUSTOMERS, ALERTS, COMMON_MARKS)])


async def _judge(
    job: CompanyJob,
    now: Now,
    parameters: Parameters,
    together: Together,
    known: Sequence[KnownAlert],
    customers: Sequence[Marked],
    since: date,
) -> None:
    open_now = {_alert_of(one, together): one.customer_id for one in customers}
    going_on: list[KnownAlert] = []
    for one in known:
        if not one.alert.ended:
            reason = _over(one, open_now, parameters, together, since)
            if reason is None:
                going_on.append(one)
            else:
                await end_alert(job, now, one, reason, released(job, now, one.alert.alert_id, together, one.alert.children))
    members = _members(customers, together, now.today, since)
    explained = {child.customer_id for one in known for child in one.alert.children}
    members = [one for one in members if one.customer_id not in explained]
    for one in going_on:
        await _widen(job, now, one, members, together)
    for one in known:
        if one in going_on or any(child.alert_id in open_now for child in one.alert.children):
            members = without(members, one.alert.subject, ())
    days = (since.isoformat(), now.today.isoformat())
    # Binomial tails of thousands of marks: not in the loop in which the leader's heart beats.
    for cause in await asyncio.to_thread(common_causes, members, parameters):
        await _open(job, now, cause, together, parameters, days)


async def _open(
    job: CompanyJob, now: Now, cause: Cause, together: Together, parameters: Parameters, days: tuple[str, str]
) -> None:
    opening = Opening(cause.subject, together, now.today, finding_of(cause, together, parameters, days), cause.children)
    await open_alert(job, now, opening, inhibited(job, now, opening.alert_id, together, cause.children))


async def _widen(job: CompanyJob, now: Now, known: KnownAlert, members: Sequence[Member], together: Together) -> None:
    """Who falls later and has the mark belongs to it too."""
    alert = known.alert
    more = [
        Child(alert_id=one.alert_id, customer_id=one.customer_id)
        for one in members
        if one.fell and counts(one, alert.subject) and one.alert_id is not None
    ]
    if more:
        beside = inhibited(job, now, alert.alert_id, together, more)
        await change_alert(job, now, known, alert.finding, (*alert.children, *more), beside)


def _alert_of(one: Marked, together: Together) -> UUID | None:
    return one.silence_alert if together == "silence" else one.complaint_alert


def _over(
    known: KnownAlert, open_now: Container[UUID | None], parameters: Parameters, together: Together, since: date
) -> Reason | None:
    """Why it is over; None while it goes on."""
    alert = known.alert
    if alert.state == "CLOSED":
        return Reason(code="CLOSED", sentence="Closed by a person; the customers' alerts go on by themselves.")
    left = sum(child.alert_id in open_now for child in alert.children)
    if together == "complaints" and alert.finding.true_on >= since:
        return None
    if left >= parameters.whole("least_customers"):
        return None
    sentence = f"Of {len(alert.children)} customers {left} are left."
    return Reason(code="FEW_LEFT", sentence=sentence, figures={"children": len(alert.children), "left": left})


def _members(customers: Iterable[Marked], together: Together, today: date, since: date) -> list[Member]:
    found = []
    for one in customers:
        if one.last_purchase_on is None or (today - one.last_purchase_on).days > ACTIVE_DAYS:
            continue
        if together == "silence":
            if one.quiet_since is not None and one.quiet_since < since:
                # It had been silent before: it can no longer fall.
                continue
            fell = one.silence_alert is not None and one.quiet_since is not None
            found.append(Member(one.customer_id, _marks(one), fell, one.silence_alert))
        else:
            lately = [c for c in one.complaints.values() if not c.withdrawn and since <= c.received_on <= today]
            named = frozenset(c.article for c in lately if c.article is not None)
            marks = _marks(one) | {Subject("article", article) for article in named}
            found.append(Member(one.customer_id, marks, bool(lately), one.complaint_alert, named))
    return found


def _marks(one: Marked) -> frozenset[Subject]:
    marks = set()
    if one.area_id is not None:
        marks.add(Subject("area", one.area_id))
    if one.salesperson_id is not None:
        marks.add(Subject("salesperson", one.salesperson_id))
    marks |= {Subject("article", article) for article in one.articles}
    return frozenset(marks)
