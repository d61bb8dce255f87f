"""Logs: one line of JSON each, with the trace of the request in hand. Neither bodies nor texts of foreign exceptions are logged."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import orjson
import structlog

from shared.telemetry import request_lines, trace


def configure_logs(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library alike. Times are UTC. Raises ValueError for an unknown level."""
    out = stream or sys.stdout
    shared: list[structlog.typing.Processor] = [
        _of_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
        _without_exception_text,
    ]
    renderer = structlog.processors.JSONRenderer(serializer=_json)
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.setLevel(level)
    root.handlers[:] = [handler]
    # These repeat what our own request line says, or speak of every connection.
    for noisy in ("uvicorn.access", "aiokafka", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Straight to the stream: a record of the standard library for every request would cost more than the request's own work.
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    request_lines.write_to(out if root.level <= logging.INFO else None, service)


def _named(service: str) -> structlog.typing.Processor:
    def add(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    return add


def _of_request(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    here = trace.current()
    if here is not None:
        event.setdefault("trace_id", here.trace_id)
        event.setdefault("request_id", here.request_id)
    return event


def _without_exception_text(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    # A driver's message repeats values of the row that it failed on; type and place are enough to find a defect.
    info = event.pop("exc_info", None)
    error = (
        info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1] if info else None
    )
    if error is not None:
        event["error"] = type(error).__name__
        places, step = [], error.__traceback__
        while step is not None:
            places.append(f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno} {step.tb_frame.f_code.co_name}")
            step = step.tb_next
        event["places"] = places[-12:]
    if event.get("logger") == "asyncio":
        # Of a failure that nobody waited for, asyncio writes out the exception or the arguments as well.
        event["event"] = str(event["event"]).partition("\n")[0].partition("(")[0]
    return event


def _json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode("utf-8", "replace")
