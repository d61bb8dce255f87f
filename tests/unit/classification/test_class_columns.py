"""What everybody bought beside the class that each has, matched by the halves of the ids."""

from __future__ import annotations

from random import Random
from uuid import UUID

import numpy as np
from hypothesis import given, settings
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
HALVES = (0, 1, 2**63, 2**64 - 1)
IDS = [UUID(int=(high << 64) + low) for high in HALVES for low in HALVES]
PLACES = st.integers(0, len(IDS) - 1)


@settings(max_examples=200, deadline=None)
@given(
    bought=st.dictionaries(PLACES, st.integers(-5, 5)), held=st.dictionaries(PLACES, st.integers(1, 4)), seed=st.integers(0, 99)
)
def test_each_customer_stands_once_with_both(bought: dict[int, int], held: dict[int, int], seed: int) -> None:
    buyers, holders = ({IDS[place]: value for place, value in one.items()} for one in (bought, held))
    in_order = dict(sorted(buyers.items()))
    shuffled = dict(Random(seed).sample(list(holders.items()), len(holders)))
    found = joined(columns(in_order), columns(shuffled))
    said = {
        UUID(bytes=one.tobytes()): (int(net), int(had))
        for one, net, had in zip(found.customers, found.net, found.held, strict=True)
    }
    assert len(found.customers) == len(said)
    assert said == {one: (buyers.get(one, NOTHING), holders.get(one, 0)) for one in {*buyers, *holders}}
    assert [UUID(bytes=one.tobytes()) for one in found.customers[: len(buyers)]] == list(in_order)
