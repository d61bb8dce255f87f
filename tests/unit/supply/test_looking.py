"""What `make supply` says when a tool finds something, or cannot look."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.supply.looking import holes, malformed


def program(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return folder


def test_a_lock_that_could_not_be_looked_up_is_not_taken_for_one_without_holes(tmp_path: Path) -> None:
    for lock in ("requirements.lock", "requirements-jvm.lock"):
        (tmp_path / lock).write_text("a==1\n")
    # As pip-audit does: a package that it does not find is an error with --strict, and nothing without.
    script = 'case "$*" in *jvm.lock*--strict*) echo "could not be audited" >&2; exit 1;; esac'
    assert list(holes(tmp_path, program(tmp_path, "pip-audit", script))) == [("requirements-jvm.lock", "could not be audited")]


@pytest.mark.parametrize(
    ("script", "wrong"),
    [("exit 0", ""), ("echo no such field >&2; exit 1", "no such field"), ("exit 1", "it could not be checked")],
)
def test_a_malformed_bill_is_named(tmp_path: Path, script: str, wrong: str) -> None:
    assert malformed(tmp_path / "sbom.json", program(tmp_path, "python", script)) == wrong
