"""Whatever is sent, the answer is a success or a problem, never a crash, and repeats nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.web.demo import running

CANARY = "canary-7f3a"
texts = st.text(max_size=20) | st.just(CANARY)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
junk = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8)
nearly = st.fixed_dictionaries(
    {"name": texts},
    optional={
        "size": junk,
        "sold_on": st.dates().map(str) | junk,
        "net": st.fixed_dictionaries(
            {"amount": st.decimals().map(str) | junk, "currency": st.sampled_from(["CNY", "JPY", CANARY]) | junk}
        ),
        "customer": st.fixed_dictionaries({}, optional={"id": junk, "system": texts, "value": texts}),
        "lines": st.lists(st.fixed_dictionaries({"article": texts, "quantity": junk}), max_size=3),
        CANARY: junk,
    },
)
bodies = (junk | nearly).map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) | st.binary(
    max_size=60
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(st.tuples(bodies, texts, texts), min_size=20, max_size=40))
def test_nothing_crashes_the_border(folder: Path, requests: list[tuple[bytes, str, str]]) -> None:
    async def all_of_them() -> None:
        async with running(folder) as run:
            for n, (body, prefix, cursor) in enumerate(requests):
                headers = {**run.all, "Content-Type": "application/json", "Idempotency-Key": str(n)}
                made = await run.client.post("/v1/things", content=body, headers=headers)
                check(made.status_code, {201, 409, 400, 422}, made.headers["content-type"], made.text)
                params: dict[str, Any] = {
                    "prefix": prefix.encode("utf-8", "replace").decode(),
                    "cursor": cursor.encode("utf-8", "replace").decode(),
                }
                listed = await run.client.get("/v1/things", params=params, headers=run.all)
                if listed.status_code != 200:
                    check(listed.status_code, {400, 422}, listed.headers["content-type"], listed.text)

    asyncio.run(all_of_them())


def check(status: int, expected: set[int], content_type: str, text: str) -> None:
    assert status in expected, text
    if status >= 400:
        assert content_type == "application/problem+json"
        # Names of unknown fields are told, because they say what to correct; values never are.
        assert CANARY not in text.replace(f"#/{CANARY}", "").replace(f"/{CANARY}", "")
