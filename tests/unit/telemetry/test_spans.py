"""Spans: nothing of them where they are off, and one tree from a request to what followed it where they are on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.traces import NoTrace, read_spans, trace_verb, tree
from shared.telemetry import spans, trace

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    monkeypatch.setattr(spans, "_tracer", None)
    spans.configure_spans("cards", "api", str(tmp_path))
    yield tmp_path


def test_where_spans_are_off_the_sdk_is_not_even_imported() -> None:
    code = (
        "import sys; from shared.telemetry import spans, trace; spans.configure_spans('cards', 'api', '')\n"
        "here = trace.begin(None, None); same, end = spans.request_span(here); end('GET /', 200)\n"
        f"with spans.step('append'), spans.of_events('fold', 'CONSUMER', [('t', {CALLER!r})]) as caused: pass\n"
        "assert same is here and caused == {} and not spans.are_on()\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry.sdk')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[3])


def test_what_follows_a_request_stands_below_it(recorded: Path) -> None:
    here, ended = spans.request_span(trace.begin(CALLER, None))
    assert (here.trace_id, here.flags, here.sampled) == (CALLER[3:35], "01", True)
    assert trace.current_trace_id() == here.trace_id
    with spans.step("append"):
        pass
    ended("POST /v1/sales", 201)
    with spans.of_events(
        "judge", "CONSUMER", [("a-sale", here.traceparent), ("a-sale", here.traceparent), ("b", None)]
    ) as caused:
        assert list(caused) == [here.traceparent]
    with spans.of_events("publish", "PRODUCER", [("an-alert", caused[here.traceparent])]):
        pass
    lines = [line[26:] for line in tree(list(read_spans(recorded)))]
    assert lines == [
        "cards-api            POST /v1/sales  201",
        "cards-api              append",
        "cards-api              judge  a-sale",
        "cards-api                publish  an-alert",
    ]


def test_a_trace_that_nobody_marked_is_not_recorded(recorded: Path) -> None:
    for caller in (None, CALLER[:-1] + "0"):
        begun = trace.begin(caller, None)
        here, ended = spans.request_span(begun)
        assert here is begun
        with spans.step("append"), spans.of_events("fold", "CONSUMER", [("a-sale", here.traceparent)]) as caused:
            assert caused == {}
        ended("POST /v1/sales", 201)
    assert list(read_spans(recorded)) == []
    with pytest.raises(NoTrace):
        trace_verb(CALLER, recorded.parent)


def test_the_spans_of_a_batch_are_bounded(recorded: Path) -> None:
    events = [("a-sale", f"00-{n:032x}-00f067aa0ba902b7-01") for n in range(1, spans.MOST * 2)]
    with pytest.raises(KeyError), spans.of_events("fold", "CONSUMER", events) as caused:
        assert len(caused) == spans.MOST
        raise KeyError
    assert len(list(read_spans(recorded))) == spans.MOST


def test_half_a_line_of_a_killed_process_is_left_out(recorded: Path) -> None:
    spans.request_span(trace.begin(CALLER, None))[1]("GET /", 500)
    file = next(recorded.glob("*.ndjson"))
    file.write_text(file.read_text() + '{"trace": "4b')
    assert [span.name for span in read_spans(recorded)] == ["GET /"]
