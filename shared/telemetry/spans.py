"""Spans of OpenTelemetry, off unless a process is told where to: then what a request did, through its event, to what came of it.

Where traces are off nothing of OpenTelemetry's SDK is imported, and every function here ends at its first line. Trace ids
travel with events all the same. Attributes hold names and ids of events, never contents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from shared.telemetry import trace

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

_tracer: Tracer | None = None
_NO_STEP = nullcontext()
MOST = 200
"""Spans of one batch at most: a trace is for looking at a few events, and an import has millions."""


def configure_spans(service: str, process: str, to: str) -> None:
    """Where spans go: "" nowhere, "otlp" to the collector that the variables OTEL_* name, else as lines of JSON into this folder.

    Which traces are recorded is said by OTEL_TRACES_SAMPLER; all that are not marked otherwise, by default. Raises
    ImportError where the extra `traces` is not installed, OSError for a folder that cannot be written.
    """
    global _tracer
    if not to:
        return
    from shared.telemetry.spans_out import provider

    _tracer = provider(service, process, to).get_tracer("regulars")


def are_on() -> bool:
    """Whether this process records spans."""
    return _tracer is not None


def request_span(here: trace.Trace) -> tuple[trace.Trace, Callable[[str, int], None]]:
    """A span around a request: the trace as it is then, and what ends it, given its name and status."""
    if _tracer is None:
        return here, _nothing
    from opentelemetry.trace import SpanKind, StatusCode

    span = _tracer.start_span("request", context=_context(here.parent), kind=SpanKind.SERVER)
    if not span.is_recording():
        return here, _nothing

    def end(name: str, status: int) -> None:
        span.update_name(name)
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()

    return trace.become(here, *_ids(span)), end


def step(name: str) -> AbstractContextManager[object]:
    """A span inside the request in hand."""
    if _tracer is None:
        return _NO_STEP
    here = trace.current()
    if here is None or not here.sampled:
        return _NO_STEP
    return _tracer.start_as_current_span(name, context=_context(here.traceparent))


@contextmanager
def of_events(name: str, kind: str, events: Iterable[tuple[str, str | None]]) -> Iterator[Mapping[str, str]]:
    """A span for each of these events that travels in a recorded trace: given as (type, traceparent).

    `kind` is PRODUCER or CONSUMER. Yields, by traceparent of an event, that of the span that it caused here.
    """
    if _tracer is None:
        yield {}
        return
    from opentelemetry.trace import SpanKind, StatusCode

    open_spans: dict[str, Span] = {}
    for type_name, traceparent in events:
        if traceparent is not None and traceparent.endswith("1") and traceparent not in open_spans:
            span = _tracer.start_span(name, context=_context(traceparent), kind=SpanKind[kind], attributes={"event": type_name})
            open_spans[traceparent] = span
            if len(open_spans) == MOST:
                break
    try:
        yield {caused: "00-{}-{}-01".format(*_ids(span)) for caused, span in open_spans.items()}
    except BaseException:
        for span in open_spans.values():
            span.set_status(StatusCode.ERROR)
        raise
    finally:
        for span in open_spans.values():
            span.end()


def _context(traceparent: str | None) -> Context:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({} if traceparent is None else {"traceparent": traceparent})


def _ids(span: Span) -> tuple[str, str]:
    found = span.get_span_context()
    return f"{found.trace_id:032x}", f"{found.span_id:016x}"


def _nothing(_name: str, _status: int) -> None:
    pass
