"""A consumer that knows nothing of our code: Kafka's own client, the AsyncAPI document, JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import confluent_kafka
import jsonschema
import pytest

from tests.e2e.installations import ROOT, Installation

DOCUMENT = ROOT / "asyncapi" / "regulars.json"
ADDRESS = "regulars.alerts.silence.v1"


def read_whole(bootstrap: str, topic: str, parts: int) -> list[confluent_kafka.Message]:
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "e2e", "enable.auto.commit": False})
    try:
        places = [confluent_kafka.TopicPartition(topic, part, confluent_kafka.OFFSET_BEGINNING) for part in range(parts)]
        wanted = sum(consumer.get_watermark_offsets(place, timeout=20)[1] for place in places)
        consumer.assign(places)
        found: list[confluent_kafka.Message] = []
        while len(found) < wanted:
            messages = consumer.consume(wanted - len(found), timeout=20)
            assert messages, f"{len(found)} of {wanted} records came"
            found += messages
        return found
    finally:
        consumer.close()


def resolved(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


@pytest.mark.requirement("S0.22")
def test_an_alert_is_read_from_its_topic_by_the_published_document(on_kafka: Installation) -> None:
    document = json.loads(DOCUMENT.read_text())
    channel = next(channel for channel in document["channels"].values() if channel["address"] == ADDRESS)
    messages = {name: resolved(document, one["$ref"]) for name, one in channel["messages"].items()}
    parts = channel["bindings"]["kafka"]["partitions"]
    found = read_whole(on_kafka.endpoints["kafka"], channel["address"], parts)
    opened = 0
    for record in found:
        headers = {name: value.decode() for name, value in record.headers() or []}
        described = messages[headers["ce_type"]]
        jsonschema.validate(headers, resolved(document, described["headers"]["$ref"]), format_checker=jsonschema.FormatChecker())
        schema = json.loads((DOCUMENT.parent / Path(described["payload"]["schema"]["$ref"])).resolve().read_text())
        body = json.loads(record.value() or b"")
        jsonschema.validate(body, schema, format_checker=jsonschema.FormatChecker())
        jsonschema.validate(
            (record.key() or b"").decode(), described["bindings"]["kafka"]["key"], format_checker=jsonschema.FormatChecker()
        )
        if headers["ce_type"] == "regulars.alerts.alert-opened.v1":
            opened += 1
            assert body["kind"] == "silence"
            assert body["finding"]["reasons"][0]["sentence"]
    assert opened == sum(alert["kind"] == "silence" for alert in on_kafka.summary["alerts"])
