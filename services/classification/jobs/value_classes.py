"""The run that gives every customer a value class: wait for the period's events, rank everybody on one snapshot, append what changed."""

from __future__ import annotations

from services.classification.handlers.deps import SCHEMA
from services.classification.jobs.telling import RunJob, Told, folded, tell
from services.classification.read_models import findings, run_changes, runs
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.runs import Run
from services.classification.read_models.sold import SOLD
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.classification import ValueClassChanged
from shared.contracts.cursor import START, Cursor
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.projections.reached import last_of_parts, reached

TOLD = Told("value_class", "classification", ValueClassChanged)
_END = Cursor(2**15 - 1, 2**63 - 1, 2**63 - 1)
"""Behind every event."""


async def run_next(job: RunJob) -> bool:
    """Take the next run to its end; False when there is none, or its events are not there yet."""
    deps = job.deps
    async with deps.pool.acquire() as c:
        run = await runs.next_run(c, SCHEMA)
    if run is None or (run.state != "APPENDING" and not await complete(job, run)):
        return False
    async with deps.pool.acquire() as c:
        if not await run_changes.begin(c, SCHEMA, TOLD.name, run.run_id):
            return True
    if run.state != "APPENDING":
        # Here, since numpy is 25 MB that a process has only from its first run on.
        from services.classification.jobs.class_decision import decide

        await decide(deps, run)
    await tell(deps, TOLD, run.run_id)
    async with deps.pool.acquire() as c:
        await run_changes.finish(c, SCHEMA, TOLD.name, run.run_id, deps.now())
        await findings.clear(c, SCHEMA)
    return True


async def complete(job: RunJob, run: Run) -> bool:
    """Whether everything recorded in the period, and before the run was asked for, has been folded into the sales; and into the classes,
    with which those of the run are compared, everything that runs have told."""
    deps = job.deps
    # The currency of a run comes from the one, the amounts from the other.
    if not await folded(job, (CUSTOMER_SALES, SOLD), max(deps.end_of(run.period_to), run.made_at)):
        return False
    async with deps.pool.acquire() as c:
        last = await last_of_parts(c, SCHEMA, VALUE_CLASSES.topics[CLASSIFICATION_EVENTS], deps.parts, _END)
        there = await reached(c, SCHEMA, VALUE_CLASSES.name, CLASSIFICATION_EVENTS)
    return all(there.get(part, START) >= cursor for part, cursor in last.items())
