"""A broker that asks everybody who they are: each principal, topic and operation, and the services at work on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from deploy.kafka.access import settings_of
from deploy.kafka.acls import RightsRefused, set_rights
from deploy.kafka.rights import ADMIN, OPERATIONS, Right, rights
from deploy.local.kafka import Broker, start
from shared.contracts.cursor import PARTS
from shared.contracts.topics import ALERT_KIND_TOPICS, CARDS_EVENTS, SERVICES, TOPICS
from shared.kafka.admin import create_topics
from shared.kafka.settings import KafkaSettings
from shared.testing.eventually import eventually
from tests.integration.kafka.attempts import (
    GROUP_OPERATIONS,
    TOPIC_OPERATIONS,
    comes_in,
    on_groups,
    on_topics,
    reads,
    sees_rights,
)
from tests.trust import counts

STRANGER = "stranger"
READS = {
    "cards": "cards.* alerts.events alerts.watermarks classification.events classification.watermarks complaints.events complaints.watermarks",
    "classification": "classification.* alerts.events alerts.watermarks cards.events cards.transactions cards.watermarks complaints.events complaints.watermarks",
    "complaints": "complaints.* cards.events cards.watermarks",
    "alerts": "alerts.* cards.control cards.events cards.transactions cards.watermarks classification.events classification.watermarks complaints.events complaints.watermarks",
}  # fmt: skip
"""Written down a second time on purpose: what a service comes to read is a decision, not a consequence."""
ALL = tuple(topic.name for topic in TOPICS)
GROUPS = (*(f"regulars.{service}" for service in SERVICES), "somebody-else")


@dataclass(frozen=True)
class Secured:
    broker: Broker
    access: Path

    def of(self, principal: str) -> KafkaSettings:
        return settings_of(self.access, self.broker.bootstrap, principal)

    def plain(self, principal: str) -> dict[str, Any]:
        """For a client that is not ours."""
        return {
            "bootstrap.servers": self.broker.bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": principal,
            "sasl.password": (self.access / f"{principal}.password").read_text().strip(),
            "ssl.ca.location": str(self.access / "ca.pem"),
            "log_level": 0,
        }


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    access = tmp_path / "access"
    broker = start(tmp_path / "kafka", heap_mb=384, dies_with_us=True, access=access)
    yield Secured(broker, access)
    broker.stop()


def expected(principal: str, operation: str, topic: str) -> bool:
    if principal == ADMIN:
        return True
    own = topic.split(".")[1] == principal
    short = topic.removeprefix("regulars.").removesuffix(".v1")
    reads = principal == OPERATIONS or own or short in READS.get(principal, "").split()
    return {"Describe": reads, "Read": reads, "Write": own}.get(operation, False)


async def test_every_principal_may_do_what_it_needs_on_every_topic_and_nothing_else(secured: Secured) -> None:
    """INVARIANT: no service can write, delete or alter what belongs to another. Broken by a right too many on the broker."""
    admin = secured.of(ADMIN)
    await create_topics(admin, PARTS)
    assert await set_rights(admin, rights()) == (len(rights()), 0)
    _make_stranger(secured)
    # Nobody has been in a group yet: the broker makes what it keeps of groups now.
    await eventually(lambda: asyncio.to_thread(on_groups, secured.plain(ADMIN), GROUPS, CARDS_EVENTS), timeout=60)
    principals = (*SERVICES, OPERATIONS, STRANGER, ADMIN)
    wrong: list[str] = []
    counted = {True: 0, False: 0}
    for principal in principals:
        plain = secured.plain(principal)
        # The last one may delete, and does: nothing is tried on the topics after that.
        found = await reads(secured.of(principal), ALL)
        found |= await asyncio.to_thread(on_topics, plain, ALL, delete=principal == ADMIN)
        assert found.keys() == {(operation, topic) for operation in TOPIC_OPERATIONS for topic in ALL}
        for (operation, topic), allowed in found.items():
            counted[allowed] += 1
            if allowed != expected(principal, operation, topic):
                wrong.append(f"{principal} {operation} {topic}: {allowed}")
        groups = await asyncio.to_thread(on_groups, plain, GROUPS, CARDS_EVENTS)
        assert groups.keys() == {(operation, group) for operation in GROUP_OPERATIONS for group in GROUPS}
        for (operation, group), allowed in groups.items():
            counted[allowed] += 1
            own = group == f"regulars.{principal}"
            if allowed != (principal == ADMIN or (own and operation in ("Describe", "Read"))):
                wrong.append(f"{principal} {operation} group {group}: {allowed}")
        sees = await sees_rights(secured.of(principal))
        counted[sees] += 1
        assert sees == (principal == ADMIN)
    counts.counted(
        principals=len(principals),
        topics=len(ALL),
        attempts=sum(counted.values()),
        allowed=counted[True],
        refused=counted[False],
        wrong=len(wrong),
    )
    assert wrong == []
    assert counted[True] and counted[False]


def _make_stranger(secured: Secured) -> None:
    """Somebody who can prove a name and has no right at all."""
    file = secured.access / f"{STRANGER}.password"
    file.touch(0o600)
    file.write_text("a-stranger-s-word\n")
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192)
    admin = AdminClient(secured.plain(ADMIN))
    made = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(STRANGER, info, b"a-stranger-s-word")])
    made[STRANGER].result(30)


async def test_who_does_not_prove_a_name_is_not_talked_to_and_rights_too_many_are_taken_away(secured: Secured) -> None:
    right = secured.plain("cards")
    assert comes_in(right)
    for other in (
        {"sasl.password": "guessed"},
        {"sasl.username": "nobody"},
        {"sasl.mechanism": "PLAIN"},
        {"sasl.mechanism": "SCRAM-SHA-256"},
        {"security.protocol": "SSL"},
        {"security.protocol": "SASL_PLAINTEXT"},
        {"security.protocol": "PLAINTEXT"},
    ):
        assert not comes_in({**right, **other}), other
    admin = secured.of(ADMIN)
    await create_topics(admin, PARTS)
    too_much = Right("complaints", "topic", next(iter(ALERT_KIND_TOPICS.values())), "WRITE")
    await set_rights(admin, rights() | {too_much})
    assert await set_rights(admin, rights()) == (0, 1)
    assert await set_rights(admin, rights()) == (0, 0)
    with pytest.raises(RightsRefused, match="ClusterAuthorizationFailed"):
        await set_rights(secured.of("cards"), rights())
