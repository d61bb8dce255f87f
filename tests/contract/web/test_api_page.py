"""docs/api.md claims nothing that no test shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CLAIMS = re.findall(r"^\|.*\| `(tests/[^`]+)` \|$", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)


def test_every_line_of_the_table_names_a_test() -> None:
    lines = [line for line in (ROOT / "docs" / "api.md").read_text().splitlines() if line.startswith("|")]
    assert len(CLAIMS) == len(lines) - 2 > 40


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_test_that_is_named_is_there(claim: str) -> None:
    file, _, name = claim.partition("::")
    text = (ROOT / file).read_text()
    assert re.search(rf"^(async )?def {name or 'test_'}", text, re.MULTILINE), claim
