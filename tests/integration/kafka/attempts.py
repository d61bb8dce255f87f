"""Operations tried on a broker by a client that is not ours, and whether the broker let them through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import NoError, for_code
from aiokafka.protocol.admin import DescribeAclsRequest
from aiokafka.protocol.fetch import FetchRequest
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from shared.kafka.settings import KafkaSettings

Config = Mapping[str, Any]
TOPIC_OPERATIONS = ("Describe", "Read", "Write", "Create", "Delete", "Alter", "DescribeConfigs", "AlterConfigs")
GROUP_OPERATIONS = ("Describe", "Read", "Delete")
_SECONDS = 30
_REFUSED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
# What a broker says after it has let a request through.
_LET_THROUGH = frozenset(
    {
        KafkaError.TOPIC_ALREADY_EXISTS,
        KafkaError.NON_EMPTY_GROUP,
        KafkaError.GROUP_ID_NOT_FOUND,
        KafkaError.UNKNOWN_MEMBER_ID,
    }
)


def on_topics(config: Config, topics: Sequence[str], *, delete: bool) -> dict[tuple[str, str], bool]:
    """(operation, topic) -> was it allowed, of all but reading. Whoever may delete does so only with `delete`; nothing else is changed but a record."""
    admin = AdminClient(dict(config))
    found = {("Describe", topic): _went(one) for topic, one in admin.describe_topics(TopicCollection(list(topics))).items()}
    found |= {("Write", topic): went for topic, went in _written(config, topics).items()}
    made = admin.create_topics([NewTopic(topic, 1, 1) for topic in topics], validate_only=True)
    found |= {("Create", topic): _went(one) for topic, one in made.items()}
    more = admin.create_partitions([NewPartitions(topic, 24) for topic in topics], validate_only=True)
    found |= {("Alter", topic): _went(one) for topic, one in more.items()}
    resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
    found |= {("DescribeConfigs", one.name): _went(said) for one, said in admin.describe_configs(resources).items()}
    for one in resources:
        one.add_incremental_config(ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET))
    altered = admin.incremental_alter_configs(resources, validate_only=True)
    found |= {("AlterConfigs", one.name): _went(said) for one, said in altered.items()}
    if delete or not found["Alter", topics[0]]:
        found |= {("Delete", topic): _went(one) for topic, one in admin.delete_topics(list(topics)).items()}
    return found


async def reads(settings: KafkaSettings, topics: Sequence[str]) -> dict[tuple[str, str], bool]:
    """As on_topics. A plain fetch: consumers ask for other things before it, and say nothing of a topic that is hidden from them."""
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    try:
        answer = await admin._send_request(FetchRequest(0, 0, 1024, 0, [(topic, [(0, 0, 1024)]) for topic in topics]))
    finally:
        await admin.close()
    refused = for_code(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    codes = {topic: for_code(parts[0][1]) for topic, parts in answer.topics}
    assert set(codes.values()) <= {NoError, refused}, codes
    return {("Read", topic): error is NoError for topic, error in codes.items()}


def on_groups(config: Config, groups: Sequence[str], topic: str) -> dict[tuple[str, str], bool]:
    """(operation, group) -> was it allowed. To read in a group is to look at its offsets."""
    admin = AdminClient(dict(config))
    found = {("Describe", group): _went(one) for group, one in admin.describe_consumer_groups(list(groups)).items()}
    for group in groups:
        found["Read", group] = _committed(config, group, topic)
    found |= {("Delete", group): _went(one) for group, one in admin.delete_consumer_groups(list(groups)).items()}
    return found


async def sees_rights(settings: KafkaSettings) -> bool:
    """Whether the rights themselves may be seen. A plain request: the other client takes a refusal for an empty list."""
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    try:
        error = for_code((await admin._send_request(DescribeAclsRequest(1, None, 1, None, None, 1, 1))).error_code)
    finally:
        await admin.close()
    assert error in (NoError, for_code(KafkaError.CLUSTER_AUTHORIZATION_FAILED)), error
    return error is NoError


def comes_in(config: Config) -> bool:
    """Whether the broker talks to this client at all."""
    try:
        AdminClient({**config, "socket.connection.setup.timeout.ms": 2000}).list_topics(timeout=3)
    except KafkaException:
        return False
    return True


def _went(answer: Future[Any]) -> bool:
    try:
        answer.result(_SECONDS)
    except KafkaException as refused:
        return _let(refused.args[0])
    return True


def _let(error: Any) -> bool:
    code = error.code()
    assert code in _REFUSED | _LET_THROUGH, f"neither allowed nor refused: {error}"
    return code in _LET_THROUGH


def _written(config: Config, topics: Iterable[str]) -> dict[str, bool]:
    producer = Producer({**config, "message.timeout.ms": 1000 * _SECONDS})
    told: dict[str, bool] = {}
    for topic in topics:
        producer.produce(
            topic,
            b"{}",
            b"nobody",
            partition=0,
            on_delivery=lambda error, sent: told.update({sent.topic(): error is None or _let(error)}),
        )
    assert producer.flush(_SECONDS) == 0
    return told


def _committed(config: Config, group: str, topic: str) -> bool:
    offsets = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 0)])
    admin = AdminClient(dict(config))
    [answer] = admin.alter_consumer_group_offsets([offsets]).values()
    return _went(answer)
