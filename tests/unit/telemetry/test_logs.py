"""Log lines are JSON, carry the trace, and never the text of an exception."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from shared.telemetry import request_lines, trace
from shared.telemetry.logs import configure_logs
from shared.testing.eventually import eventually


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    configure_logs("demo", "INFO", out)
    yield out
    trace._current.set(None)
    request_lines.write_to(None, "")
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def read(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_both_loggers_write_the_same_form(lines: io.StringIO) -> None:
    here = trace.begin(None, "r-1")
    structlog.get_logger().info("request", route="/v1/things")
    logging.getLogger("two").warning("away: %s", "OSError", extra={"places": ["a"]})
    first, second = read(lines)
    assert (
        first.items()
        >= {
            "event": "request",
            "route": "/v1/things",
            "trace_id": here.trace_id,
            "request_id": "r-1",
            "service": "demo",
            "level": "info",
        }.items()
    )
    assert (
        second.items()
        >= {"event": "away: OSError", "trace_id": here.trace_id, "service": "demo", "level": "warning", "places": ["a"]}.items()
    )
    assert first["timestamp"].endswith("Z")


async def test_the_line_of_a_request_has_the_form_of_all_lines(lines: io.StringIO) -> None:
    here = trace.begin(None, None)
    structlog.get_logger().info(
        "request", method="GET", route="/v1/things", status=200, ms=1.23, principal="00000000-0000-0000-0000-000000000001"
    )
    request_lines.request_line(here, "GET", "/v1/things", 200, 0.001234, UUID(int=1))
    request_lines.request_line(here, "GET", "/v1/things", 401, 0.001, None)
    first, second, third = read(lines)
    assert first.keys() == second.keys()
    same = first.keys() - {"timestamp"}
    assert {name: first[name] for name in same} == {name: second[name] for name in same}
    assert second["timestamp"].endswith("Z") and second["timestamp"][:19] >= first["timestamp"][:19]
    assert (third["status"], third["principal"]) == (401, None)


async def test_lines_of_requests_are_given_out_soon() -> None:
    class Given(io.StringIO):
        given = 0

        def flush(self) -> None:
            self.given += 1

    async def once() -> bool:
        return out.given == 1

    out = Given()
    request_lines.write_to(out, "demo")
    try:
        for status in (200, 201):
            request_lines.request_line(trace.begin(None, None), "GET", "/v1/things", status, 0.001, None)
        assert out.given == 0
        await eventually(once, timeout=5)
        assert [line["status"] for line in read(out)] == [200, 201]
        out.close()
        request_lines.write_to(None, "")
        request_lines.request_line(trace.begin(None, None), "GET", "/v1/things", 200, 0.001, None)
    finally:
        request_lines.write_to(None, "")


def test_exceptions_are_named_but_not_quoted(lines: io.StringIO) -> None:
    for log in (structlog.get_logger(), logging.getLogger("two")):
        try:
            raise ValueError("canary-value")
        except ValueError:
            log.exception("failed")
    found = read(lines)
    assert [line["error"] for line in found] == ["ValueError", "ValueError"]
    assert all("test_logs.py" in line["places"][0] for line in found)
    assert "canary" not in lines.getvalue()


async def test_failures_that_nobody_waited_for_are_not_quoted_either(lines: io.StringIO) -> None:
    async def fail(value: str) -> None:
        raise ValueError(value)

    def fail_at_once(value: str) -> None:
        raise ValueError(value)

    forgotten = asyncio.create_task(fail("canary-value"))
    asyncio.get_running_loop().call_soon(fail_at_once, "canary-value")
    await asyncio.wait([forgotten])
    del forgotten
    gc.collect()
    found = read(lines)
    assert sorted(line["event"].partition(" ")[0] for line in found) == ["Exception", "Task"]
    assert all(line["error"] == "ValueError" and "test_logs.py" in line["places"][-1] for line in found)
    assert "canary" not in lines.getvalue()


def test_line_breaks_cannot_forge_a_line(lines: io.StringIO) -> None:
    structlog.get_logger().info("a\n{}", value="b\r\nc")
    assert len(read(lines)) == 1


def test_quiet_levels_stay_quiet(lines: io.StringIO) -> None:
    structlog.get_logger().debug("a")
    logging.getLogger("two").debug("b")
    assert lines.getvalue() == ""
