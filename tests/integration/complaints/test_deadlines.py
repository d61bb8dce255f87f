"""Deadlines on working calendars: what is due when, how long it took, and what was missed, told once and as a fact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.complaints.domain.overdue import deadlines_stream
from shared.contracts.cards import SalespersonAssigned
from shared.contracts.complaint_steps import ComplaintDeadlineCaughtUp, ComplaintDeadlineMissed
from shared.contracts.event import Event
from shared.contracts.organisation import AreaDefined
from shared.event_store.load import load
from shared.testing.eventually import eventually
from tests.integration.complaints.conftest import Complaints
from tests.integration.complaints.test_procedure_api import Handled, begun, published, yuan
from tests.integration.running import record

# Nobody claims anything here, so that closing asks for nothing more.
QUESTION = {"claimed": None, "invoices": []}
NINE_TO_SIX = [{"begins": "09:00", "ends": "12:00"}, {"begins": "13:00", "ends": "18:00"}]
HOURS: dict[str, Any] = {"zone": "Asia/Shanghai", "weekly": {str(day): NINE_TO_SIX for day in range(1, 6)}}
ALWAYS = {"zone": "UTC", "weekly": {str(day): [{"begins": "00:00", "ends": "24:00"}] for day in range(1, 8)}}


async def times(one: Handled, **params: Any) -> dict[str, Any]:
    answer = await one.service.client.get(f"/v1/complaints/{one.id}/times", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def due(found: dict[str, Any]) -> dict[str, tuple[str | None, bool | None]]:
    return {one["step"]: (one["due_at"], one["kept"]) for one in found["deadlines"]}


async def served_in_shanghai(service: Complaints) -> None:
    """Shanghai lies in the east, for which hours are published; it has none of its own."""
    for area, parent in (("SHANGHAI", "EAST"), ("EAST", None)):
        await record(service.cards, "cards", [(f"area-{area}", None, AreaDefined(area_id=area, name=area, parent_id=parent))])
    assigned = SalespersonAssigned(customer_id=service.customer, area_id="SHANGHAI")
    await record(service.cards, "cards", [(f"card-{service.customer}", service.customer, assigned)])


@pytest.mark.requirement("S2.47")
async def test_what_is_due_and_how_long_it_took_on_the_calendar_of_the_area(
    complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = {"ACKNOWLEDGED": 60, "CLOSED": 960}
    await published(complaints, "/v1/complaint-procedure", {"due_minutes": {"MEDIUM": minutes, "HIGH": {"CLOSED": 480}}})
    await published(complaints, "/v1/working-hours/company", ALWAYS)
    await served_in_shanghai(complaints)
    east = {**HOURS, "holidays": ["2026-03-04"], "special_days": [{"day": "2026-03-06", "shifts": NINE_TO_SIX[:1]}]}
    assert (await published(complaints, "/v1/working-hours/EAST", east)).status_code == 200
    one = await begun(complaints, received_on=None, received_at="2026-03-02T00:10:00Z", **QUESTION)

    async def by_the_hours_of_the_east() -> bool:
        return bool((await times(one))["from_what"]["working_hours"]["area_id"] == "EAST")

    await eventually(by_the_hours_of_the_east, timeout=30)
    # It arrived on a Monday at 8:10, and was acknowledged at 10:30 instead of 10:00.
    await one.does("acknowledgement", at="2026-03-02T02:30:00Z")
    # On hold from Monday 17:00 to Thursday 11:00: an hour, Tuesday, and two hours; Wednesday is a holiday.
    await one.does("hold", at="2026-03-02T09:00:00Z", reason="WAITING_FOR_SAMPLES")
    held = await times(one)
    assert (held["on_hold_since"], due(held)["CLOSED"]) == ("2026-03-02T09:00:00Z", (None, None))
    await one.does("resumption", at="2026-03-05T03:00:00Z")
    found = await times(one)
    # Seven hours on Monday, six on Thursday, three on the short Friday: sixteen at Friday noon.
    assert due(found) == {"ACKNOWLEDGED": ("2026-03-02T02:00:00Z", False), "CLOSED": ("2026-03-06T04:00:00Z", None)}
    await one.does("assessment", at="2026-03-05T06:00:00Z", founded=True)
    await one.does("closure", at="2026-03-06T03:00:00Z", lesson="NONE")
    found = await times(one)
    assert due(found)["CLOSED"] == ("2026-03-06T04:00:00Z", True)
    figures = {name: found[f"{name}_minutes"] for name in ("first_response", "resolution", "on_hold")}
    assert figures == {"first_response": 90, "resolution": 900, "on_hold": 660}
    assert found["from_what"]["procedure_version"] == 1
    everybody = await complaints.client.get("/v1/complaint-times", params={"from": "2026-03-01", "to": "2026-03-31"})
    told = everybody.json()
    assert (told["complaints"], told["open"], told["resolution_minutes"]["median"]) == (1, 0, 900)
    assert told["deadlines"] == [
        {"step": "ACKNOWLEDGED", "kept": 0, "missed": 1, "kept_by_later_word": 0},
        {"step": "CLOSED", "kept": 1, "missed": 0, "kept_by_later_word": 0},
    ]
    for area, count in (("EAST", 1), ("WEST", 0)):
        params = {"from": "2026-03-01", "to": "2026-03-31", "area_id": area}
        assert (await complaints.client.get("/v1/complaint-times", params=params)).json()["complaints"] == count
    monkeypatch.setattr("services.complaints.handlers.times.MOST", 1)
    stranger = {"customer": {"system": "erp", "value": "K-2"}, "received_on": "2026-03-02"}
    await begun(complaints, **QUESTION, **stranger)
    # Who asks for an area is not refused for what lies outside of it.
    for area, status in (("EAST", 200), (None, 422)):
        params = {"from": "2026-03-01", "to": "2026-03-31"} | ({} if area is None else {"area_id": area})

        async def answered(params: dict[str, str] = params, status: int = status) -> bool:
            return (await complaints.client.get("/v1/complaint-times", params=params)).status_code == status

        await eventually(answered, timeout=30)
    backwards = await complaints.client.get("/v1/complaint-times", params={"from": "2026-03-02", "to": "2026-03-01"})
    assert (backwards.status_code, backwards.json()["code"]) == (422, "PERIOD_BACKWARDS")


async def told_of(service: Complaints, complaint: str) -> list[Event]:
    async with service.own.acquire() as c:
        return [one.event for one in (await load(c, "complaints", deadlines_stream(UUID(complaint)))).events]


@pytest.mark.requirement("S2.47", "S2.45")
async def test_a_missed_deadline_is_a_fact_told_once_and_caught_up_when_the_step_is_taken(complaints: Complaints) -> None:
    await published(complaints, "/v1/working-hours/company", ALWAYS)
    minutes = {"ACKNOWLEDGED": 60, "INVESTIGATED": 120}
    assert (await published(complaints, "/v1/complaint-procedure", {"due_minutes": {"MEDIUM": minutes}})).status_code == 200
    waiting = await begun(complaints, **QUESTION)
    await waiting.does("hold", reason="WAITING_FOR_SAMPLES", at="2026-03-02T00:00:00+08:00")
    late = await begun(complaints, **QUESTION)

    async def both() -> bool:
        return len(await told_of(complaints, late.id)) >= 2

    await eventually(both, timeout=60)
    assigned = await late.does("assignment", department="QUALITY_CONTROL")
    assert assigned["state"] == "ASSIGNED"

    async def caught_up() -> bool:
        return len(await told_of(complaints, late.id)) >= 3

    await eventually(caught_up, timeout=60)
    first, second, third = await told_of(complaints, late.id)
    assert isinstance(first, ComplaintDeadlineMissed) and isinstance(second, ComplaintDeadlineMissed)
    assert (first.step, second.step, first.round, first.severity) == ("ACKNOWLEDGED", "INVESTIGATED", 1, "MEDIUM")
    assert second.due_at - first.due_at == timedelta(minutes=60)
    assert third == ComplaintDeadlineCaughtUp(
        complaint_id=UUID(late.id), customer_id=complaints.customer, step="ACKNOWLEDGED", round=1, because="TAKEN"
    )
    # It is on the topic under the customer's key, beside the complaint, whose version nobody but persons moves on.
    sent = await complaints.own.fetch(
        "SELECT customer_id FROM complaints.published_events WHERE type = $1", ComplaintDeadlineMissed.type
    )
    assert [row["customer_id"] for row in sent] == [complaints.customer] * 2
    assert late.version == 2
    found = await times(late)
    assert [one["step"] for one in found["told_as_missed"]] == ["INVESTIGATED"]
    assert await told_of(complaints, waiting.id) == []


@pytest.mark.requirement("S2.46", "S2.47")
async def test_who_is_not_satisfied_begins_a_round_with_its_own_deadlines(complaints: Complaints) -> None:
    await published(complaints, "/v1/working-hours/company", ALWAYS)
    await published(complaints, "/v1/complaint-procedure", {"due_minutes": {"MEDIUM": {"INVESTIGATED": 1440, "CLOSED": 14400}}})
    one = await begun(complaints, received_on=None, received_at="2026-03-02T00:00:00Z")
    await one.does("investigation", at="2026-03-02T10:00:00Z")
    await one.does("settlement", at="2026-03-02T11:00:00Z", agreed=yuan("100.00"))
    await one.does("confirmation", at="2026-03-03T12:00:00Z", satisfied=False)
    assert due(await times(one)) == {
        "INVESTIGATED": ("2026-03-04T12:00:00Z", None),
        "CLOSED": ("2026-03-12T00:00:00Z", None),
    }
    unknown = await complaints.client.get(f"/v1/complaints/{uuid4()}/times")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "COMPLAINT_UNKNOWN")


@pytest.mark.requirement("S2.47")
async def test_what_is_due_next_stands_with_the_longest_overdue_first(complaints: Complaints) -> None:
    await published(complaints, "/v1/working-hours/company", ALWAYS)
    minutes = {"MEDIUM": {"ACKNOWLEDGED": 60, "CLOSED": 60 * 24 * 300}}
    await published(complaints, "/v1/complaint-procedure", {"due_minutes": minutes})
    later = await begun(complaints, received_on=None, received_at="2026-03-03T00:00:00Z", **QUESTION)
    first = await begun(complaints, received_on=None, received_at="2026-03-02T00:00:00Z", **QUESTION)
    an_hour_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    answered = await begun(complaints, received_on=None, received_at=an_hour_ago.isoformat(), **QUESTION)
    held = await begun(complaints, received_on=None, received_at="2026-03-01T00:00:00Z", **QUESTION)
    await answered.does("acknowledgement", at=(an_hour_ago + timedelta(minutes=10)).isoformat())
    await held.does("hold", at="2026-03-01T00:10:00Z", reason="WAITING_FOR_SAMPLES")

    async def all_four() -> dict[str, Any] | None:
        found: dict[str, Any] = (await complaints.client.get("/v1/due-steps")).json()
        return found if found["from_what"]["open_complaints"] == 4 and len(found["items"]) == 3 else None

    found = await eventually(all_four, timeout=30)
    assert [(one["id"], one["step"], one["due_at"], one["missed"]) for one in found["items"]] == [
        (first.id, "ACKNOWLEDGED", "2026-03-02T01:00:00Z", True),
        (later.id, "ACKNOWLEDGED", "2026-03-03T01:00:00Z", True),
        (answered.id, "CLOSED", f"{an_hour_ago + timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}", False),
    ]
    one = (await complaints.client.get("/v1/due-steps", params={"limit": 1})).json()
    assert ([item["id"] for item in one["items"]], one["due"]) == ([first.id], 3)
    rest = (await complaints.client.get("/v1/due-steps", params={"limit": 5, "cursor": one["next_cursor"]})).json()
    assert ([item["id"] for item in rest["items"]], "next_cursor" in rest) == ([later.id, answered.id], False)
    elsewhere = (await complaints.client.get("/v1/due-steps", params={"area_id": "WEST"})).json()
    assert (elsewhere["items"], elsewhere["from_what"]["open_complaints"]) == ([], 0)


@pytest.mark.requirement("S2.47")
async def test_what_was_told_as_missed_is_not_silently_taken_back(complaints: Complaints) -> None:
    await published(complaints, "/v1/working-hours/company", ALWAYS)
    minutes = {"MEDIUM": {"ACKNOWLEDGED": 60}}
    await published(complaints, "/v1/complaint-procedure", {"due_minutes": minutes})
    at = {"received_on": None, "received_at": "2026-03-02T00:00:00Z"}
    taken, held, late = [await begun(complaints, **at, **QUESTION) for _ in range(3)]

    async def all_told() -> bool:
        return all([len(await told_of(complaints, one.id)) == 1 for one in (taken, held, late)])

    await eventually(all_told, timeout=60)
    # Afterwards somebody enters that the customer was told in time, and that another complaint had waited.
    await taken.does("acknowledgement", at="2026-03-02T00:30:00Z")
    await held.does("hold", at="2026-03-02T00:10:00Z", reason="WAITING_FOR_SAMPLES")
    await late.does("acknowledgement")

    async def all_caught_up() -> list[str] | None:
        found = [await told_of(complaints, one.id) for one in (taken, held, late)]
        return (
            [str(getattr(events[1], "because", None)) for events in found] if all(len(events) == 2 for events in found) else None
        )

    assert await eventually(all_caught_up, timeout=60) == ["BACKDATED", "BACKDATED", "TAKEN"]
    found = await times(taken)
    assert (found["told_as_missed"], due(found)["ACKNOWLEDGED"][1]) == ([], True)
    assert [(one["step"], one["round"], one["because"]) for one in found["caught_up"]] == [("ACKNOWLEDGED", 1, "BACKDATED")]
    together = await complaints.client.get("/v1/complaint-times", params={"from": "2026-03-01", "to": "2026-03-31"})
    assert together.json()["deadlines"] == [{"step": "ACKNOWLEDGED", "kept": 1, "missed": 1, "kept_by_later_word": 1}]


@pytest.mark.requirement("S2.47")
async def test_another_calendar_or_procedure_is_followed_without_a_step_being_taken(complaints: Complaints) -> None:
    await published(complaints, "/v1/working-hours/company", ALWAYS)
    await published(complaints, "/v1/complaint-procedure", {"due_minutes": {"MEDIUM": {"ACKNOWLEDGED": 60}}})
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1, seconds=5)
    one = await begun(complaints, received_on=None, received_at=an_hour_ago.isoformat(), **QUESTION)

    async def told(number: int) -> bool:
        return len(await told_of(complaints, one.id)) == number

    await eventually(lambda: told(1), timeout=60)
    # The card says only now that the customer is served in the east, where nobody works for days.
    once_a_week = {**HOURS, "weekly": {str((datetime.now(UTC).isoweekday() + 2) % 7 + 1): NINE_TO_SIX}}
    assert (await published(complaints, "/v1/working-hours/EAST", once_a_week)).status_code == 200
    await served_in_shanghai(complaints)
    await eventually(lambda: told(2), timeout=60)
    missed, caught_up = await told_of(complaints, one.id)
    assert isinstance(missed, ComplaintDeadlineMissed) and isinstance(caught_up, ComplaintDeadlineCaughtUp)
    assert (missed.area_id, caught_up.because) == (None, "MORE_TIME")

    async def in_the_east() -> bool:
        shown = (await complaints.client.get("/v1/due-steps", params={"area_id": "EAST"})).json()
        return [item["area_id"] for item in shown["items"]] == ["SHANGHAI"]

    await eventually(in_the_east, timeout=60)
    # 24 hours of working time are those of three weeks there.
    less = {"due_minutes": {"MEDIUM": {"ACKNOWLEDGED": 60 * 24}}}
    await published(complaints, "/v1/complaint-procedure", less, 1)

    async def much_later() -> bool:
        (item,) = (await complaints.client.get("/v1/due-steps")).json()["items"]
        return datetime.fromisoformat(item["due_at"]) > datetime.now(UTC) + timedelta(days=7)

    await eventually(much_later, timeout=60)
    await one.does("assessment", founded=True)
    await one.does("closure")

    async def nothing_goes_on() -> bool:
        shown = (await complaints.client.get("/v1/due-steps")).json()
        return (shown["items"], shown["from_what"]["open_complaints"]) == ([], 0)

    await eventually(nothing_goes_on, timeout=60)
