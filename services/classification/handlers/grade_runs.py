"""Asking for a run of grades. It is carried out by `work`, when the day's events are known to be complete."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import DAY_GRADED, PERIOD_NOT_OVER
from services.classification.handlers.standards import Kind, current
from services.classification.read_models.grade_runs import GradeName, GradeRun, Queued, last_day, queue, run_of
from services.classification.read_models.run_changes import text_of
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem


async def request_run(deps: Deps, name: GradeName, kind: Kind[Any, Any], graded_on: date | None, key: CommandKey) -> Queued:
    """Queue a run as of the end of a day, yesterday when left out.

    Raises Problem: 422 for a day that is not over or lies before one that was graded, or for a key used otherwise.
    """
    run_id = key.new_id()
    today = deps.today()
    async with deps.pool.acquire() as c:
        before = await run_of(c, SCHEMA, name, run_id)
        day = graded_on or today - timedelta(days=1)
        if before is None:
            if day >= today:
                raise Problem(PERIOD_NOT_OVER)
            last = await last_day(c, SCHEMA, name)
            if last is not None and day < last:
                raise Problem(DAY_GRADED)
        run = GradeRun(
            run_id=run_id,
            state="QUEUED",
            graded_on=day,
            standard=text_of((await current(c, kind)).standard),
            customers=0,
            changed=0,
            appended=0,
            made_at=deps.now(),
            ended_at=None,
        )
        queued = await queue(c, SCHEMA, name, run, key.principal, key.fingerprint)
    if queued.reused:
        raise reused_key()
    return Queued(queued.run, reused=before is not None)
