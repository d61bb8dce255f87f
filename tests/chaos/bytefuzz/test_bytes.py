"""A few thousand inputs a target, always the same ones; `make bytefuzz` looks for others by what they reach in the code."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chaos.bytefuzz.targets import TARGETS, seeds

EDITS = 6


@st.composite
def near(draw: st.DrawFn, known: list[bytes]) -> bytes:
    """A seed with a few bytes replaced, added, doubled or cut out, or anything at all."""
    data = bytearray(draw(st.sampled_from(known) | st.binary(max_size=60)))
    for at, kind, piece in draw(
        st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(min_size=1, max_size=4)), max_size=EDITS)
    ):
        at = at % (len(data) + 1)
        match kind:
            case 0:
                data[at : at + len(piece)] = piece
            case 1:
                data[at:at] = piece
            case 2:
                data[at:at] = data[at : at + 8]
            case _:
                del data[at : at + len(piece)]
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_are_refused_or_mean_what_they_say(target: str) -> None:
    known = seeds(target)
    for one in known:
        TARGETS[target](one)

    @settings(max_examples=250, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(near(known))
    def on_any(data: bytes) -> None:
        TARGETS[target](data)

    on_any()
