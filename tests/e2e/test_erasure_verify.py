"""Who is erased is gone from everything that a running installation keeps."""

from __future__ import annotations

import re

import pytest

from tests.e2e.installations import Installation, regulars
from tests.trust.counts import counted

_ROW = re.compile(r"│ (.+?) +│ (\d+) +│ (\d+) +│ (\d+) +│")


@pytest.mark.requirement("S4.8")
def test_an_erased_person_is_in_no_answer_table_file_topic_log_or_metric(on_kafka: Installation) -> None:
    done = regulars(on_kafka.folder, "erasure", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    places = {name.strip(): tuple(map(int, numbers)) for name, *numbers in _ROW.findall(done.stdout)}
    assert len(places) == 10, done.stdout
    assert all(proof > 0 and after == 0 for proof, _, after in places.values()), done.stdout
    # Sealed, but there: what is looked for has been everywhere before.
    assert places["answers and exports"][1] > 5
    assert places["sealed texts that open"][1] > 10
    assert places["records of topics"][:2] != (0, 0)
    counted(places=len(places), found_after_erasure=sum(after for *_, after in places.values()))
