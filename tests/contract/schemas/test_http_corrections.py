"""What was promised and never true may be corrected: with a reason, of answers alone, and only before anything was released."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import deploy.contracts as contracts
from deploy.contracts.http_compatibility import breaks
from deploy.contracts.http_corrections import corrected, read

ROOT = Path(__file__).resolve().parents[3]
CORRECTIONS = read(ROOT / contracts.HTTP_CORRECTIONS)
OPERATION = "cards GET /v1/parcels"
PROMISED = {OPERATION: {"200 items[].net": "object | always", "200 items[].id": "string | always"}}


def test_a_line_that_is_listed_is_no_break_and_every_other_one_is(tmp_path: Path) -> None:
    file = tmp_path / "corrections.json"
    line = {"was": "object | always", "now": "object"}
    file.write_text(json.dumps([{"on": "2026-03-02", "why": "x", "lines": {OPERATION: {"200 items[].net": line}}}]))
    now = {OPERATION: {"200 items[].net": "object", "200 items[].id": "string"}}
    left = breaks(corrected(PROMISED, read(file)), now, CORRECTIONS[0].on)
    assert left == [f"{OPERATION}: 200 items[].id was string | always and is string"]


def test_a_correction_is_of_what_was_said_then_and_of_nothing_later(tmp_path: Path) -> None:
    file = tmp_path / "corrections.json"
    line = {"was": "array | always", "now": None}
    file.write_text(json.dumps([{"on": "2026-03-02", "why": "x", "lines": {OPERATION: {"200 items[].net": line}}}]))
    assert corrected(PROMISED, read(file)) == PROMISED


@pytest.mark.parametrize("place", ["body net", "query limit", "scope", "operationId", "404 code", "200"])
def test_nothing_but_an_answer_is_corrected(tmp_path: Path, place: str) -> None:
    file = tmp_path / "corrections.json"
    file.write_text(json.dumps([{"on": "2026-03-02", "why": "x", "lines": {OPERATION: {place: {"was": "a", "now": "b"}}}}]))
    with pytest.raises(ValueError, match="no place of an answer"):
        read(file)


def test_every_correction_has_a_reason_and_stands() -> None:
    now = contracts.current_http_promises()
    for correction in CORRECTIONS:
        assert len(correction.why) >= 60, correction.why
        for operation, lines in correction.lines.items():
            for place, line in lines.items():
                said = now[operation].get(place)
                assert said != line.was, f"{operation} {place}: it says again what was taken back"
                before = {} if line.now is None else {place: line.now}
                assert breaks({operation: before}, {operation: {} if said is None else {place: said}}, correction.on) == []


def test_from_the_first_release_on_nothing_is_corrected() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version.startswith("0.") or not CORRECTIONS
