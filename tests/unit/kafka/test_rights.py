"""Who may do what on the broker, without one: the list that is set is the list that is written down."""

from __future__ import annotations

from deploy.kafka.rights import ADMIN, PRINCIPALS, Right, as_commands, rights
from shared.contracts.topics import SERVICES
from tests.integration.kafka.test_rights import ALL, expected


def test_every_right_is_one_that_is_written_down_and_none_is_missing() -> None:
    """INVARIANT: that a service reads another topic is decided. Broken by a read model that follows one more."""
    written = {
        Right(principal, "topic", topic, operation)
        for principal in PRINCIPALS
        for topic in ALL
        for operation in ("READ", "WRITE")
        if expected(principal, operation.capitalize(), topic)
    }
    assert rights() == written | {Right(service, "group", f"regulars.{service}", "READ") for service in SERVICES}
    assert ADMIN not in {right.principal for right in rights()}


def test_rights_have_the_prefix_of_the_topics_and_stand_once_in_the_commands() -> None:
    assert {right.name.removeprefix("t1.") for right in rights("t1.")} == {right.name for right in rights()}
    commands = list(as_commands("broker:9093"))
    assert len(set(commands)) == len(rights())
    assert [one for one in commands if "--allow-principal User:cards " in one and one.endswith("regulars.cards.events.v1")] == [
        "kafka-acls.sh --bootstrap-server broker:9093 --command-config admin.properties --add"
        f" --allow-principal User:cards --operation {operation} --topic regulars.cards.events.v1"
        for operation in ("Read", "Write")
    ]
