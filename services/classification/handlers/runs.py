"""Asking for a run. It is carried out by `work`, when the period's events are known to be complete."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from services.classification.domain.standard import first_day
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import PERIOD_CLASSED, PERIOD_NOT_OVER, PERIOD_TOO_OLD
from services.classification.handlers.standards import VALUE_CLASS, current
from services.classification.read_models.customer_sales import DAYS_KEPT_MONTHS
from services.classification.read_models.runs import Queued, Run, last_classed, queue, run_of
from shared.contracts.claims import months_before
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem


async def request_run(deps: Deps, period_to: date | None, currency: str | None, key: CommandKey) -> Queued:
    """Queue a run over the standard's period that ends on `period_to`, yesterday when left out.

    Raises Problem: 422 for a period that is not over, lies too far back or ends before one that was classed, or for a key used otherwise.
    """
    run_id = key.new_id()
    today = deps.today()
    async with deps.pool.acquire() as c:
        before = await run_of(c, SCHEMA, run_id)
        standard = (await current(c, VALUE_CLASS)).standard
        last = period_to or today - timedelta(days=1)
        if before is None:
            if last >= today:
                raise Problem(PERIOD_NOT_OVER)
            if first_day(standard, last) < months_before(today, DAYS_KEPT_MONTHS):
                raise Problem(PERIOD_TOO_OLD)
            classed = await last_classed(c, SCHEMA)
            if classed is not None and last < classed:
                raise Problem(PERIOD_CLASSED)
        run = Run(
            run_id=run_id,
            state="QUEUED",
            period_from=first_day(standard, last),
            period_to=last,
            currency=currency,
            standard_version=standard.version,
            a_below=standard.a_below,
            b_below=standard.b_below,
            margin=standard.margin,
            unit=Decimal(1),
            total=None,
            customers=0,
            changed=0,
            appended=0,
            made_at=deps.now(),
            ended_at=None,
        )
        queued = await queue(c, SCHEMA, run, key.principal, key.fingerprint)
    if queued.reused:
        raise reused_key()
    return Queued(queued.run, reused=before is not None)
