"""Lists that somebody keeps, over HTTP: saved, shared, read, exported, dropped."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest

from services.cards.wiring import build_api
from tests.integration import running
from tests.integration.cards.conftest import Cards
from tests.integration.cards.test_lists import stocked

EAST = {"name": "East", "where": ["area_id=EAST"], "sort": "-name"}


@pytest.mark.requirement("S0.3", "S0.22")
async def test_a_list_is_saved_and_read_again_and_again(cards: Cards) -> None:
    await stocked(cards)
    saved = await cards.post("/v1/lists", EAST)
    assert (saved.status_code, saved.headers["ETag"]) == (201, '"1"')
    path = saved.headers["Location"]
    assert (await cards.get(path)).json() == {**EAST, "list_id": saved.json()["list_id"], "shared": False, "yours": True}
    page = await cards.get(f"{path}/customers", limit=1)
    assert [item["name"] for item in page.json()["items"]] == ["Maple"]
    rest = await cards.get(f"{path}/customers", limit=1, cursor=page.json()["next_cursor"])
    assert [item["name"] for item in rest.json()["items"]] == ["Lotus"]
    assert "next_cursor" not in rest.json()
    new = await cards.post("/v1/customers", {"kind": "COMPANY", "name": "Zinnia", "area_id": "EAST"})
    file = await cards.get(f"{path}/customers.csv", min_position=new.headers["Regulars-Position"])
    assert [row["name"] for row in csv.DictReader(io.StringIO(file.text, newline=""))] == ["Zinnia", "Maple", "Lotus"]


async def test_a_list_is_changed_and_dropped_by_whoever_keeps_it(cards: Cards) -> None:
    saved = await cards.post("/v1/lists", EAST)
    path = saved.headers["Location"]
    changed = await cards.put(path, {"name": "West", "where": ["area_id=WEST"], "shared": True}, 1)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert (await cards.put(path, EAST, 1)).json()["code"] == "VERSION_STALE"
    listed = (await cards.get("/v1/lists", min_position=changed.headers["Regulars-Position"])).json()["items"]
    assert [(one["name"], one["where"], one["shared"], one["yours"]) for one in listed] == [
        ("West", ["area_id=WEST"], True, True)
    ]
    dropped = await cards.client.delete(path, headers={**running.key(), "If-Match": '"2"'})
    assert dropped.status_code == 200
    assert (await cards.get(path)).json()["code"] == "LIST_UNKNOWN"
    assert (await cards.get("/v1/lists", min_position=dropped.headers["Regulars-Position"])).json()["items"] == []


async def test_others_see_what_is_shared_and_change_nothing(cards: Cards) -> None:
    own = await cards.post("/v1/lists", EAST)
    shared = await cards.post("/v1/lists", {**EAST, "name": "For all", "shared": True})
    position = shared.headers["Regulars-Position"]
    scopes = ("cards.customer.read", "cards.list.write")
    async with running.serving(build_api(cards.settings), cards.folder, scopes, uuid4()) as other:
        listed = (await other.get("/v1/lists", params={"min_position": position})).json()["items"]
        assert [(one["name"], one["yours"]) for one in listed] == [("For all", False)]
        assert (await other.get(own.headers["Location"])).json()["code"] == "LIST_UNKNOWN"
        assert (await other.get(f"{shared.headers['Location']}/customers")).status_code == 200
        headers = {**running.key(), "If-Match": '"1"'}
        for path, status, code in (
            (shared.headers["Location"], 403, "LIST_OF_ANOTHER"),
            (own.headers["Location"], 404, "LIST_UNKNOWN"),
        ):
            refused = await other.put(path, json=EAST, headers={**headers, **running.key()})
            assert (refused.status_code, refused.json()["code"]) == (status, code)
            refused = await other.delete(path, headers={**headers, **running.key()})
            assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_a_list_that_asks_for_nonsense_is_not_saved(cards: Cards) -> None:
    answer = await cards.post("/v1/lists", {"name": "Odd", "where": ["area_id=EAST", "telephone=1"], "sort": "colour"})
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("#/where/1", "FIELD_UNKNOWN"),
        ("#/sort", "SORT_UNKNOWN"),
    ]
