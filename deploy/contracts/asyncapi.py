"""The AsyncAPI 3.0.0 document of the installation: topics, messages, headers, keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.contracts.schemas import Schema
from shared.contracts.cursor import PARTS
from shared.contracts.topics import ALERT_KIND_TOPICS, ALERTS_EVENTS, TOPICS, Topic, main_topic, watermarks_topic

_CURSOR = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"}

HEADERS: Schema = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka binding, binary mode. Every value is ASCII text.",
    "required": [
        "ce_specversion",
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_time",
        "ce_subject",
        "ce_dataschema",
        "content-type",
        "cursor",
        "epoch",
    ],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {
            "type": "string",
            "format": "uuid",
            "description": "Id of the event. A record may be sent twice: same id, same cursor.",
        },
        "ce_source": {"type": "string", "examples": ["/regulars/alerts"]},
        "ce_type": {"type": "string", "description": "Type name; names the schema of the body."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it happened in the business (occurred_at)."},
        "ce_subject": {"type": "string", "description": "Stream of the event."},
        "ce_dataschema": {"type": "string", "description": "Path of the JSON Schema of the body."},
        "ce_sequence": {"type": "string", "description": "Version of the stream after this event, from 1 on without a gap."},
        "ce_recordedtime": {"type": "string", "format": "date-time", "description": "When the store recorded it (recorded_at)."},
        "ce_partitionkey": {
            "type": "string",
            "format": "uuid",
            "description": "Customer, where the event concerns one; also the record's key.",
        },
        "ce_traceparent": {"type": "string"},
        "ce_correlationid": {"type": "string"},
        "ce_causationid": {"type": "string"},
        "content-type": {"const": "application/json"},
        "cursor": {
            **_CURSOR,
            "description": "Place in the commit order of its service. Rises within a partition; a repeated or lower one was sent twice.",
        },
        "prev": {
            **_CURSOR,
            "description": "Cursor of the record before it in this partition; when the reader has not seen that one, a record is missing.",
        },
        "epoch": {"type": "string", "description": "Term of office of the relay that sent it."},
    },
}

WATERMARK: Schema = {
    "type": "object",
    "description": "Everything that the service recorded before `t` stands at or below `cursor`; per topic and part the last cursor and the end offset.",
    "required": ["t", "cursor", "topics"],
    "properties": {
        "t": {"type": "string", "format": "date-time"},
        "cursor": _CURSOR,
        "topics": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2}},
        },
    },
}


def document(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """The document for all topics; bodies are referred to by the relative path of their schema file."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Regulars",
            "version": "1.0.0",
            "description": "Events of the four services. The key of every record that concerns a customer is the customer's id, "
            "so all that happens to one customer is in one partition, in order. Delivery is at least once; the cursor tells repeats.",
        },
        "defaultContentType": "application/json",
        "channels": {_id(topic): _channel(topic, sorted(schemas)) for topic in TOPICS},
        "operations": {
            f"publish-{_id(topic)}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{_id(topic)}"},
                "summary": f"What {topic.service} publishes on {topic.name}",
            }
            for topic in TOPICS
        },
        "components": {
            "messages": {
                **{name: _message(name, schema) for name, schema in sorted(schemas.items())},
                "watermark": {
                    "name": "watermark",
                    "title": "How far a service's topics are complete",
                    "contentType": "application/json",
                    "payload": WATERMARK,
                    "bindings": {
                        "kafka": {"key": {"type": "string", "description": "Name of the service"}, "bindingVersion": "0.5.0"}
                    },
                },
            },
            "schemas": {"headers": HEADERS},
        },
    }


def types_on(topic: Topic, types: list[str]) -> list[str]:
    """Event types that are sent to a topic."""
    if topic.name in ALERT_KIND_TOPICS.values():
        return [name for name in types if main_topic(name) == ALERTS_EVENTS]
    return [name for name in types if main_topic(name) == topic.name]


def _id(topic: Topic) -> str:
    return topic.name.removeprefix("regulars.").replace(".", "-")


def _channel(topic: Topic, types: list[str]) -> dict[str, Any]:
    names = ["watermark"] if topic.name == watermarks_topic(topic.service) else types_on(topic, types)
    return {
        "address": topic.name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": 1 if topic.one_part else PARTS,
                "topicConfiguration": {"cleanup.policy": [topic.cleanup], "retention.ms": topic.retention_ms},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(name: str, schema: Schema) -> dict[str, Any]:
    key = (
        {"type": "string", "format": "uuid", "description": "Customer id"}
        if "customer_id" in schema["properties"]
        else {"type": "string", "description": "Stream of the event"}
    )
    return {
        "name": name,
        "title": name.rsplit(".", 2)[1].replace("-", " ").capitalize(),
        **({"summary": schema["description"].split("\n\n")[0]} if "description" in schema else {}),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {
            "schemaFormat": "application/schema+json;version=2020-12",
            "schema": {"$ref": f"../schemas/events/{name}.json"},
        },
        "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
    }
