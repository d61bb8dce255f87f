"""What the company's people do about the warnings of the planted stories: looked after, explained, acted upon, one ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from clients.python.regulars_client import Api
from deploy.http import key_of
from deploy.local.load import Body, Services
from deploy.local.sample import SYSTEM, Expected

NEXT_LOOK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Care:
    """With an outcome the warning is closed, without one it stays open."""

    cause: str
    measure: str
    outcome: str | None = None


CARE: Mapping[str, Care] = {
    "fading": Care("RIVAL_PRICES", "VISIT"),
    "paying-later": Care("CASH_SHORTAGE", "SETTLE"),
    "new-and-quiet": Care("ONLY_TRIED", "VISIT", "TRUE"),
}


async def look_after(services: Services, expected: Sequence[Expected], anchor: date) -> None:
    """Take the warnings of the stories through the procedure. Repeatable: what was done is not done again. Raises ApiRefused."""
    for one in expected:
        care = CARE.get(one.story)
        if care is None or one.kind is None:
            continue
        card = (await services.cards.get("/customers", external_id=f"{SYSTEM}:{one.external_id}")).body["items"][0]
        async for alert in services.alerts.pages("/alerts", customer_id=card["customer_id"], kind=one.kind, limit="200"):
            await _take_through(services.alerts, f"/alerts/{alert['id']}", care, anchor + NEXT_LOOK)


async def _take_through(alerts: Api, path: str, care: Care, next_check_on: date) -> None:
    async def step(name: str, body: Body) -> Body:
        answer: Body = (await alerts.post(f"{path}/{name}", body, key=key_of(path, name))).body
        return answer

    await step("acknowledgement", {"next_check_on": str(next_check_on)})
    await step("cause", {"cause": care.cause})
    decided = await step("measure", {"measure": care.measure})
    await step(f"measures/{decided['measure_id']}/taken", {})
    if care.outcome is not None:
        await step("closure", {"outcome": care.outcome})
