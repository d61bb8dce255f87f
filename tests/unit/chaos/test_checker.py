"""The checker of fault tests finds what it is there for: each breach is made on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka.partitioner import DefaultPartitioner

from tests.chaos.checker.inside import Logs
from tests.chaos.checker.store import _of_load
from tests.chaos.checker.topics import Topics, _check_part, _check_watermarks
from tests.chaos.load import Answer, Command, Load

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PARTS = set(range(12))
CUSTOMER = UUID(int=7)
KEY = str(CUSTOMER).encode()
PART = DefaultPartitioner()(KEY, sorted(PARTS), sorted(PARTS))


def row(n: int) -> dict[str, Any]:
    return {
        "gen": 1,
        "xid": n,
        "pos": n,
        "event_id": UUID(int=n),
        "stream": "ledger-7",
        "version": n,
        "type": "regulars.cards.sale-recorded.v1",
        "customer_id": CUSTOMER,
        "recorded_at": NOON + timedelta(seconds=n),
        "body": json.dumps({"n": n}),
    }


def message(n: int, offset: int, **other: Any) -> Any:
    of = row(n)
    headers = {"cursor": f"1.{n}.{n}", "ce_id": str(of["event_id"]), "ce_type": of["type"], "ce_sequence": str(n)}
    headers |= {"prev": f"1.{n - 1}.{n - 1}"} if n > 1 else {}
    headers |= other.pop("headers", {})
    found = {"offset": offset, "key": KEY, "value": of["body"].encode(), **other}
    return SimpleNamespace(headers=[(name, value.encode()) for name, value in headers.items()], **found)


def checked(messages: list[Any], part: int = PART, events: int = 3) -> Topics:
    found = Topics()
    stored = {(1, n, n): row(n) for n in range(1, events + 1)}
    seen: set[tuple[int, int, int]] = set()
    _check_part(found, "regulars.cards.transactions.v1", part, messages, stored, seen, PARTS)
    return found


def test_what_is_sent_twice_is_no_breach_and_is_counted() -> None:
    found = checked([message(1, 0), message(2, 1), message(1, 2), message(2, 3), message(3, 4)])
    assert (found.violations, found.records, found.repeated) == ([], 5, 2)


BREACHES: dict[str, tuple[Callable[[], Topics], str]] = {
    "a record that the store does not have": (lambda: checked([message(1, 0), message(2, 1)], events=1), "is not in the store"),
    "another id": (lambda: checked([message(1, 0, headers={"ce_id": str(uuid4())})]), "is not in the store"),
    "another body": (lambda: checked([message(1, 0, value=b'{"n": 9}')]), "something else than the store"),
    "another version": (lambda: checked([message(1, 0, headers={"ce_sequence": "5"})]), "something else than the store"),
    "a record left out": (lambda: checked([message(1, 0), message(3, 1)]), "I4"),
    "another part": (lambda: checked([message(1, 0)], part=(PART + 1) % 12), "wrong part"),
    "another order": (
        lambda: checked([message(2, 0, headers={"prev": "0.0.0"}), message(1, 1), message(3, 2, headers={"prev": "1.1.1"})]),
        "I4",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_of_a_topic_is_found(breach: str) -> None:
    made, said = BREACHES[breach]
    assert [text for text in made().violations if said in text], breach


@pytest.mark.parametrize(
    ("t", "cursor", "breaches"), [(2.5, "1.2.2", 0), (2.5, "1.3.3", 0), (2.5, "1.1.1", 1), (0.5, "0.0.0", 0)]
)
def test_a_watermark_that_leaves_out_an_event_is_found(t: float, cursor: str, breaches: int) -> None:
    found = Topics()
    told = json.dumps({"t": (NOON + timedelta(seconds=t)).isoformat(), "cursor": cursor}).encode()
    _check_watermarks(found, "cards", [SimpleNamespace(value=told)], [row(n) for n in (1, 2, 3)])
    assert len(found.violations) == breaches


def load_of(command: Command, *, acknowledged: bool = True) -> Load:
    load = Load("http://127.0.0.1:1", "key", 1.0, "run", date(2026, 5, 4))
    load.sent[command.key] = command
    if acknowledged:
        load.acknowledged[command.key] = Answer(201, b'{"items": []}')
    return load


SALE = Command("k", "/v1/sales", {}, (("sale", "k"),))
BULK = Command("b", "/v1/transactions/bulk", [], (("sale", "b-0"), ("sale", "b-1")))


@pytest.mark.parametrize(
    ("command", "acknowledged", "stored", "said"),
    [
        (SALE, True, {("chaos/sale", "k"): 1}, None),
        (SALE, False, {}, None),
        (SALE, True, {}, "lost"),
        (SALE, False, {("chaos/sale", "k"): 2}, "twice"),
        (BULK, False, {("chaos/sale", "b-0"): 1}, "half"),
    ],
)
def test_a_command_lost_doubled_or_half_stored_is_found(
    command: Command, acknowledged: bool, stored: dict[Any, int], said: str | None
) -> None:
    found = _of_load(load_of(command, acknowledged=acknowledged), stored, {})
    assert [text for text in found if said is not None and said in text] if said else found == []


def test_a_defect_in_a_log_is_told_once_and_what_is_brought_about_on_purpose_is_not() -> None:
    logs = Logs()
    text = "KafkaConnectionError: away\nKeyError: 'x'\nTask exception was never retrieved\n"
    assert len(logs.check({"cards-work-1": text})) == 2
    lost = '{"event":"Task exception was never retrieved","error":"KafkaConnectionError"}\n'
    other = '{"event":"Task exception was never retrieved","error":"RuntimeError"}\n'
    assert (len(logs.check({"alerts-api": lost})), len(logs.check({"alerts-work-1": other}))) == (0, 1)
    assert logs.check({"cards-work-1": text + "ValueError: on purpose\n"}, ["on purpose"]) == []
