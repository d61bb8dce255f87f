"""Log lines are JSON, carry the trace, and never the text of an exception."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.telemetry.logs import configure_logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    configure_logs("demo", "INFO", out)
    yield out
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def read(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_both_loggers_write_the_same_form(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(trace_id="abc")
    structlog.get_logger().info("request", route="/v1/things")
    logging.getLogger("two").warning("away: %s", "OSError", extra={"places": ["a"]})
    first, second = read(lines)
    assert (
        first.items()
        >= {
            "event": "request",
            "route": "/v1/things",
            "trace_id": "abc",
            "service": "demo",
            "level": "info",
        }.items()
    )
    assert (
        second.items()
        >= {"event": "away: OSError", "trace_id": "abc", "service": "demo", "level": "warning", "places": ["a"]}.items()
    )
    assert first["timestamp"].endswith("Z")


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
