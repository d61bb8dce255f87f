"""Where spans go. Imported only by processes that record them: the SDK is an extra."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult


class Lines(SpanExporter):
    """A line of JSON for each span, in a file of this process alone."""

    def __init__(self, file: Path, service: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._service = file.open("a"), service

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            context = span.get_span_context()
            if context is None:
                continue
            line = {
                "trace": f"{context.trace_id:032x}",
                "span": f"{context.span_id:016x}",
                "parent": None if span.parent is None else f"{span.parent.span_id:016x}",
                "process": self._service,
                "name": span.name,
                "began": span.start_time,
                "ended": span.end_time,
                "about": " ".join(str(value) for value in (span.attributes or {}).values()),
            }
            self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._file.close()


def provider(service: str, process: str, to: str) -> TracerProvider:
    """A provider of tracers of its own; the sampler is that of the variables OTEL_*."""
    found = TracerProvider(resource=Resource.create({"service.namespace": "regulars", "service.name": f"{service}-{process}"}))
    if to == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        found.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    else:
        name = f"{service}-{process}"
        found.add_span_processor(SimpleSpanProcessor(Lines(Path(to) / f"{name}-{os.getpid()}.ndjson", name)))
    return found
