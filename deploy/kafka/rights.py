"""Who may do what on the broker: one principal for each service, and nothing that it does not need.

A service writes its own topics and reads them and those that it follows, with the watermarks of their services; it is a member
of its own group. `operations` reads everything, for `regulars verify` and `regulars rebuild`. Topics and rights are made by
`admin`, who stands among the broker's super users: nobody else may create, alter or delete anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Literal, NamedTuple

from shared.contracts.topics import SERVICES, TOPICS, watermarks_topic

ADMIN, BROKER, OPERATIONS = "admin", "broker", "operations"
PRINCIPALS = (*SERVICES, OPERATIONS)
"""Whose rights are listed here. `admin` and `broker` are super users and need none."""


class Right(NamedTuple):
    """`principal` may do `operation` with the topic or group of exactly this name. Read and Write include Describe."""

    principal: str
    kind: Literal["topic", "group"]
    name: str
    operation: Literal["READ", "WRITE"]


def rights(prefix: str = "") -> frozenset[Right]:
    """All rights of the installation. `prefix`: of topics and groups, see KafkaSettings."""
    return frozenset(right._replace(name=prefix + right.name) for right in _rights())


def followed(service: str) -> frozenset[str]:
    """Topics that a service reads, those by which it learns how far they are complete among them."""
    read: frozenset[str] = import_module(f"services.{service}.wiring").TOPICS
    return read | {watermarks_topic(topic.split(".")[1]) for topic in read}


def _rights() -> Iterator[Right]:
    for service in SERVICES:
        own = {topic.name for topic in TOPICS if topic.service == service}
        yield from (Right(service, "topic", topic, "WRITE") for topic in own)
        # Its own topics too: a relay that begins to lead looks at what the one before it has sent.
        yield from (Right(service, "topic", topic, "READ") for topic in own | followed(service))
        yield Right(service, "group", f"regulars.{service}", "READ")
    yield from (Right(OPERATIONS, "topic", topic.name, "READ") for topic in TOPICS)


def as_commands(bootstrap: str, prefix: str = "") -> Iterator[str]:
    """The same for whoever sets rights with Kafka's own tools."""
    for right in sorted(rights(prefix)):
        yield (
            f"kafka-acls.sh --bootstrap-server {bootstrap} --command-config admin.properties --add"
            f" --allow-principal User:{right.principal} --operation {right.operation.capitalize()} --{right.kind} {right.name}"
        )
