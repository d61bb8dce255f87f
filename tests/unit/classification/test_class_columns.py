"""What everybody bought beside the class that each has, matched by the halves of the ids."""

from __future__ import annotations

from random import Random
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.classification.domain.ranking import NOTHING
from services.classification.read_models.class_columns import ByCustomer, joined


def columns(values: dict[UUID, int]) -> ByCustomer:
    return ByCustomer(
        np.frombuffer(b"".join(one.bytes for one in values), "V16"),
        np.array([one.int >> 64 for one in values], np.uint64),
        np.array([one.int & (2**64 - 1) for one in values], np.uint64),
        np.array(list(values.values()), np.int64),
    )


# Few different halves, so that many ids begin alike or end alike; the first and the last there are.
HALVES = st.sampled_from((0, 1, 2**63, 2**64 - 1))
IDS = st.builds(lambda high, low: UUID(int=(high << 64) + low), HALVES, HALVES)


@given(
    bought=st.dictionaries(IDS, st.integers(-5, 5)),
    held=st.dictionaries(IDS, st.integers(1, 4)),
    order=st.randoms(use_true_random=False),
)
def test_each_customer_stands_once_with_both(bought: dict[UUID, int], held: dict[UUID, int], order: Random) -> None:
    in_order = dict(sorted(bought.items()))
    shuffled = dict(order.sample(list(held.items()), len(held)))
    found = joined(columns(in_order), columns(shuffled))
    said = {
        UUID(bytes=one.tobytes()): (int(net), int(had))
        for one, net, had in zip(found.customers, found.net, found.held, strict=True)
    }
    assert len(found.customers) == len(said)
    assert said == {one: (bought.get(one, NOTHING), held.get(one, 0)) for one in {*bought, *held}}
    assert [UUID(bytes=one.tobytes()) for one in found.customers[: len(bought)]] == list(in_order)
