"""What operators see of a running installation: its metrics, and the trace of a sale to the warning that it causes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.traces import read_spans
from shared.testing.eventually import eventually
from tests.e2e.installations import ROOT, Installation, regulars

ROW = re.compile(r"^\| (`.*`) \| (\w+) \| ([^|]*) ?\| ([^|]*) \|", re.MULTILINE)


def documented() -> dict[str, tuple[str, frozenset[str], str]]:
    """Kind, labels and processes of each metric, as docs/metrics.md has them."""
    rows = ROW.findall((ROOT / "docs" / "metrics.md").read_text())
    return {
        name.strip("` "): (kind, frozenset(filter(None, labels.strip().split(", "))), processes.strip())
        for names, kind, labels, processes in rows
        for name in names.split(",")
    }


def shown_by(process: str) -> set[str]:
    """Names of what a process such as "alerts work" has to show."""
    service, verb = process.split()
    wanted = (verb, f"{verb} of {service}", "api, work")
    return {name for name, (_, _, where) in documented().items() if where in wanted}


async def test_each_process_shows_exactly_the_documented_metrics(on_kafka: Installation) -> None:
    known = documented()
    async with httpx.AsyncClient(timeout=30) as client:
        for service, at in on_kafka.endpoints["services"].items():
            for verb, address in (("api", at["url"]), ("work", at["work"])):
                text = (await client.get(f"{address}/metrics")).text
                found = {family.name: family for family in text_string_to_metric_families(text)}
                assert set(found) == shown_by(f"{service} {verb}")
                for name, family in found.items():
                    labels = {label for sample in family.samples for label in sample.labels} - {"le"}
                    assert (family.type, labels <= known[name][1]) == (known[name][0], True), name


async def test_lag_is_shown_for_every_read_model_and_part(on_kafka: Installation) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        for service, at in on_kafka.endpoints["services"].items():

            async def all_shown(service: str = service, address: str = at["work"]) -> bool:
                text = (await client.get(f"{address}/metrics")).text
                found = {family.name: family.samples for family in text_string_to_metric_families(text)}
                wanted = {(one.labels["read_model"], str(p)) for one in found["regulars_projection_not_built"] for p in range(12)}
                through = found["regulars_projection_complete_through_seconds"]
                for samples in (through, found["regulars_projection_lag_events"]):
                    # A reader of topics with one part alone has nothing on the others.
                    shown = {(one.labels["read_model"], one.labels["part"]) for one in samples}
                    assert shown <= wanted and {name for name, _ in shown} == {name for name, _ in wanted}, service
                assert all(datetime.now(UTC).timestamp() - one.value < 120 for one in through)
                return True

            await eventually(all_shown, timeout=20, interval=0.5)


async def test_a_trace_leads_from_the_post_of_a_sale_to_its_warning(on_kafka: Installation) -> None:
    trace_id = uuid4().hex
    url = on_kafka.endpoints["services"]["cards"]["url"]
    headers = {"Authorization": f"Bearer {on_kafka.endpoints['keys']['everything']}"}
    number = f"T-{trace_id[:8]}"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        # Bought every 30 days, silent for 70: the last of the sales opens a warning as soon as it is known.
        for days_ago in (130, 100, 70):
            sold_on = (datetime.now(UTC) - timedelta(days=days_ago)).date()
            sale = {
                "source": "erp",
                "source_event_id": f"{number}-{days_ago}",
                "customer": {"system": "erp", "value": number},
                "sold_on": str(sold_on),
                "net": {"amount": "1250.00", "currency": "CNY"},
            }
            traced = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"} if days_ago == 70 else {}
            answer = await client.post("/v1/sales", json=sale, headers={"Idempotency-Key": f"{number}-{days_ago}", **traced})
            assert answer.status_code == 201, answer.text

    async def whole() -> bool:
        written = [span for span in read_spans(on_kafka.folder / "traces") if span.trace == trace_id]
        return any((span.process, span.about) == ("alerts-work", "regulars.alerts.alert-opened.v1") for span in written)

    await eventually(whole, timeout=60, interval=0.5)
    said = regulars(on_kafka.folder, "trace", trace_id).stdout
    steps = [(line[26:46].strip(), line[47:]) for line in said.splitlines()]
    # Each step stands two columns further to the right than the one that caused it.
    for step in (
        ("cards-api", "POST /v1/sales  201"),
        ("cards-api", "  append"),
        ("cards-work", "  publish cards  regulars.cards.sale-recorded.v1"),
        ("cards-work", "  fold into cards  regulars.cards.sale-recorded.v1"),
        ("alerts-work", "  judge  regulars.cards.sale-recorded.v1"),
        ("alerts-work", "    publish alerts  regulars.alerts.alert-opened.v1"),
    ):
        assert step in steps, steps


def test_nothing_is_recorded_that_nobody_asked_for(on_kafka: Installation) -> None:
    written = [line for file in Path(on_kafka.folder / "traces").glob("*.ndjson") for line in file.read_text().splitlines()]
    assert all('"name": "GET /metrics"' not in line for line in written)
    assert len({line.split('"')[3] for line in written}) <= 1
