"""Judging the company goes on when somebody acts on a warning at the same time."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from services.alerts.jobs import company_rules
from services.alerts.jobs.company import CompanyAlertContested, CompanyJob
from services.alerts.jobs.company_rules import judge_company


async def test_a_person_who_was_faster_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    done = asyncio.Event()

    async def now_of(job: CompanyJob) -> object:
        return object()

    async def sources(*given: Any) -> None:
        judged.append("sources")

    async def causes(*given: Any) -> None:
        judged.append("causes")
        if judged.count("causes") == 1:
            raise CompanyAlertContested("company-alert-1: conflict")

    async def salespeople(*given: Any) -> None:
        judged.append("salespeople")
        done.set()

    monkeypatch.setattr(company_rules, "LOOK_SECONDS", 0.0)
    for name, fake in (
        ("now_of", now_of),
        ("judge_sources", sources),
        ("judge_causes", causes),
        ("judge_salespeople", salespeople),
    ):
        monkeypatch.setattr(company_rules, name, fake)
    task = asyncio.create_task(judge_company(cast(CompanyJob, None)))
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
    assert judged == ["sources", "causes", "sources", "causes", "salespeople"]


async def test_any_other_error_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def now_of(job: CompanyJob) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(company_rules, "now_of", now_of)
    with pytest.raises(ZeroDivisionError):
        await judge_company(cast(CompanyJob, None))
