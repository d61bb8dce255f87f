"""Any Kafka client can read what the relay sends: CloudEvents 1.0, binary mode, without our code."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition

from shared.contracts.alerts import AlertOpened, Finding
from shared.contracts.cursor import PARTS, part_of
from shared.contracts.envelope import Record, from_headers
from shared.contracts.event import decode
from shared.contracts.topics import ALERTS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import SaleRecorded
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.kafka.settings import KafkaSettings
from shared.relay.leader import lead
from shared.testing.databases import Database
from tests.integration.relay.trade import leading, now, sales

CUSTOMER = UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")


async def test_a_plain_consumer_reads_a_record_and_its_headers(database: Database, pool_of: Any, kafka: KafkaSettings) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, [CUSTOMER], each=2)
    async with leading(database.dsn("cards"), kafka):
        first, second = await asyncio.to_thread(_consume, kafka, CARDS_TRANSACTIONS, part_of(str(CUSTOMER), PARTS), 2)
    headers = dict(first.headers())
    assert first.key() == str(CUSTOMER).encode()
    assert headers["ce_specversion"] == b"1.0"
    assert headers["content-type"] == b"application/json"
    assert headers["ce_type"] == b"regulars.cards.sale-recorded.v1"
    assert headers["ce_source"] == b"/regulars/cards"
    assert headers["ce_dataschema"] == b"/schemas/events/regulars.cards.sale-recorded.v1.json"
    assert headers["ce_subject"] == f"ledger-{CUSTOMER}".encode()
    assert headers["ce_sequence"] == b"1"
    assert headers["ce_partitionkey"] == str(CUSTOMER).encode()
    assert headers["ce_correlationid"] == b"c-1"
    assert datetime.fromisoformat(headers["ce_time"].decode()).tzinfo is not None
    assert UUID(headers["ce_id"].decode())
    assert int(headers["epoch"]) == 1
    assert "prev" not in headers
    assert dict(second.headers())["prev"] == headers["cursor"]
    body = json.loads(first.value())
    assert body["net"] == {"amount": "12.50", "currency": "CNY"}
    row = await pool.fetchrow("SELECT event_id, recorded_at, body::text AS body FROM cards.events ORDER BY version LIMIT 1")
    assert first.value() == row["body"].encode(), "the value is the body as the store has it"
    record = from_headers(CARDS_TRANSACTIONS, first.partition(), first.offset(), first.headers(), first.value())
    assert isinstance(record, Record)
    assert (record.event_id, record.recorded_at) == (row["event_id"], row["recorded_at"])
    assert isinstance(decode(record.type, record.body), SaleRecorded)
    assert first.timestamp()[0] == 2, "the broker's own time: old business times do not expire at once"


@pytest.mark.requirement("S0.22")
async def test_an_alert_is_on_the_topic_of_all_and_on_that_of_its_kind(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "alerts")
    finding = Finding(rule_id="overdue", rule_version=1, level="act", true_on=date(2026, 3, 1), reasons=())
    opened = AlertOpened(alert_id=uuid4(), customer_id=CUSTOMER, kind="credit", channel="CNY", finding=finding)
    async with pool.acquire() as connection, connection.transaction():
        event = NewEvent(uuid4(), opened, datetime(2026, 3, 1, tzinfo=UTC))
        await append_many(
            connection, "alerts", [Append(f"alert-{opened.alert_id}", "new", CUSTOMER, part_of(str(CUSTOMER)), [event])]
        )
    task = asyncio.ensure_future(lead(service="alerts", dsn=database.dsn("alerts"), kafka=kafka, now=now))
    try:
        for topic in (ALERTS_EVENTS, "regulars.alerts.credit.v1"):
            (message,) = await asyncio.to_thread(_consume, kafka, topic, part_of(str(CUSTOMER)), 1)
            assert decode("regulars.alerts.alert-opened.v1", message.value()) == opened
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def _consume(kafka: KafkaSettings, topic: str, part: int, count: int) -> list[Any]:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "plain", "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(kafka.physical(topic), part, 0)])
        found: list[Any] = []
        while len(found) < count:
            messages = consumer.consume(count - len(found), timeout=15)
            assert messages, "nothing came within 15 s"
            assert all(m.error() is None for m in messages)
            found += messages
        return found
    finally:
        consumer.close()
