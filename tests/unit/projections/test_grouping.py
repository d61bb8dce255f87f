"""Which batches share a transaction."""

from __future__ import annotations

from shared.contracts.envelope import Undecodable
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.feed.feed import Batch
from shared.projections.grouping import TOGETHER, grouped, rounds


def _batch(topic: str, part: int, count: int) -> Batch:
    return Batch(topic, part, [Undecodable(topic, part, n, b"") for n in range(count)], None)


def test_parts_with_few_records_go_together() -> None:
    batches = [_batch(CARDS_TRANSACTIONS, part, 3) for part in range(12)]
    assert grouped(batches) == [batches]


def test_a_part_with_many_records_ends_its_group_and_nothing_is_left_out() -> None:
    batches = [_batch(CARDS_TRANSACTIONS, part, TOGETHER // 2) for part in range(5)]
    assert [[batch.part for batch in group] for group in grouped(batches)] == [[0, 1], [2, 3], [4]]


def test_batches_of_one_part_are_in_one_group_whatever_comes_between() -> None:
    batches = [_batch(CARDS_EVENTS, 1, TOGETHER), _batch(CARDS_EVENTS, 2, 1), _batch(CARDS_TRANSACTIONS, 1, TOGETHER)]
    assert grouped(batches) == [[batches[0], batches[2]], [batches[1]]]


def test_a_round_has_one_batch_of_each_part_and_those_of_a_part_keep_their_order() -> None:
    first, other, second = _batch(CARDS_EVENTS, 1, 1), _batch(CARDS_EVENTS, 2, 1), _batch(CARDS_TRANSACTIONS, 1, 1)
    assert list(rounds([first, second, other])) == [[first, other], [second]]


def test_nothing_is_no_group_and_no_round() -> None:
    assert grouped([]) == []
    assert list(rounds([])) == []
