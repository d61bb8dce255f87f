"""Kafka settings: names with a prefix, nothing secret in a log line."""

from __future__ import annotations

from shared.contracts.topics import CARDS_EVENTS, TOPICS, watermarks_topic
from shared.kafka.admin import configuration
from shared.kafka.settings import KafkaSettings


def test_the_prefix_is_put_on_and_taken_off() -> None:
    settings = KafkaSettings("127.0.0.1:9092", prefix="t1.")
    assert settings.physical(CARDS_EVENTS) == f"t1.{CARDS_EVENTS}"
    assert settings.logical(settings.physical(CARDS_EVENTS)) == CARDS_EVENTS


def test_a_password_is_not_in_the_representation() -> None:
    settings = KafkaSettings("broker:9093", security="SASL_SSL", user="cards", password="swordfish")
    assert "swordfish" not in repr(settings)
    assert settings.connection()["sasl_plain_password"] == "swordfish"
    assert "ssl_context" in settings.connection()


def test_every_topic_keeps_the_brokers_time_and_watermarks_are_compacted() -> None:
    for topic in TOPICS:
        made = configuration(topic)
        assert made["message.timestamp.type"] == "LogAppendTime"
        assert (made["cleanup.policy"] == "compact") == (topic.name == watermarks_topic(topic.service))
