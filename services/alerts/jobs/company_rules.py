"""The rules about the company, judged one after the other, for ever."""

from __future__ import annotations

import asyncio
import logging

from services.alerts.jobs.common_causes import Looked, judge_causes
from services.alerts.jobs.company import CompanyAlertContested, CompanyJob, now_of
from services.alerts.jobs.salespeople import judge_salespeople
from services.alerts.jobs.silent_sources import Dismissed, judge_sources

LOOK_SECONDS = 2.0
_log = logging.getLogger(__name__)


async def judge_company(job: CompanyJob) -> None:
    """What is due is told by the watermark; the clock only says when to look. Any other error than a contested stream ends the
    process, and the next one goes on with what was not said."""
    causes, salespeople = Looked(), Looked()
    dismissed: set[Dismissed] = set()
    while True:
        now = await now_of(job)
        if now is not None:
            try:
                await judge_sources(job, now, dismissed)
                await judge_causes(job, now, causes)
                await judge_salespeople(job, now, salespeople)
            except CompanyAlertContested as contested:
                # Mostly a person who acts on the same warning. Nothing of it was said: it is judged anew from what stands now.
                _log.info("judged anew: %s", contested)
        await asyncio.sleep(LOOK_SECONDS)
