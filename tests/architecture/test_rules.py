"""The rules of the house that can be read off the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.auth.roles import ROLES
from shared.auth.scopes import SCOPES
from shared.contracts.topics import SERVICES

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = sorted(path for room in ("shared", "services") for path in (ROOT / room).rglob("*.py"))
EVERYTHING = sorted([*PRODUCTION, *(ROOT / "deploy").rglob("*.py")])
DOMAINS = [path for path in PRODUCTION if "domain" in path.relative_to(ROOT).parts]

ROOMS = {"api", "domain", "handlers", "imports", "engine", "jobs", "read_models", "reactions", "migrations"}
NEEDED = ("__main__.py", "wiring.py", "settings.py", "README.md", "api", "domain", "read_models", "migrations")

LONGER_THAN_300: dict[str, str] = {}
"""File to reason."""
CONSTRUCTORS = {
    "create_pool", "create_async_engine", "create_engine", "AIOKafkaProducer", "AIOKafkaConsumer", "AIOKafkaAdminClient", "AsyncClient", "Client",
}  # fmt: skip
# The leader's connection lives and dies with its lock, with timeouts of its own.
BUILDERS = ("shared/postgres/", "shared/kafka/", "shared/testing/", "shared/relay/leader.py")
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
RANDOM = {("uuid", "uuid4"), ("secrets", "token_hex"), ("random", "random"), ("os", "urandom"), ("time", "monotonic")}
SQL = re.compile(r"^\s*(SELECT(?! 1$)|INSERT INTO|UPDATE \S+ SET|DELETE FROM|WITH \w+ AS|CREATE (TABLE|VIEW|INDEX))\b")
SQL_ROOMS = {"read_models", "migrations", "event_store", "relay", "feed", "projections", "privacy", "postgres", "reach", "audit"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> Iterator[tuple[str, str, int]]:
    """Every call as (what it is called on, name, line)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name):
                    yield "", name, node.lineno
                case ast.Attribute(value=ast.Name(id=owner), attr=name):
                    yield owner, name, node.lineno
                case ast.Attribute(attr=name):
                    yield "?", name, node.lineno


def test_domains_do_not_wait() -> None:
    waiting = [
        f"{name_of(path)}:{node.lineno}"
        for path in DOMAINS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]
    assert waiting == []


def test_domains_have_no_clock_and_no_chance() -> None:
    found = [
        f"{name_of(path)}:{line}" for path in DOMAINS for owner, name, line in calls(path) if (owner, name) in CLOCKS | RANDOM
    ]
    assert found == []


def test_only_wiring_reads_the_clock() -> None:
    found = [
        f"{name_of(path)}:{line}"
        for path in PRODUCTION
        if path.name != "wiring.py" and "testing" not in path.parts
        for owner, name, line in calls(path)
        if (owner, name) in CLOCKS
    ]
    assert found == [], "pass `now` in"


def test_only_wiring_and_the_mechanism_build_engines_and_clients() -> None:
    found = [
        f"{name_of(path)}:{line} {name}"
        for path in PRODUCTION
        if path.name != "wiring.py" and not name_of(path).startswith(BUILDERS)
        for _, name, line in calls(path)
        if name in CONSTRUCTORS
    ]
    assert found == []


def test_httpx_is_used_in_one_module() -> None:
    users = [name_of(path) for path in EVERYTHING if re.search(r"^\s*(import httpx|from httpx )", path.read_text(), re.MULTILINE)]
    assert [name for name in users if not name.startswith("shared/testing/")] == ["deploy/http.py"]


def test_sql_stands_in_its_rooms() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in PRODUCTION
        if not SQL_ROOMS & set(path.relative_to(ROOT).parts) and "testing" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []


@pytest.mark.parametrize("service", SERVICES)
def test_services_have_the_same_rooms(service: str) -> None:
    home = ROOT / "services" / service
    missing = [name for name in NEEDED if not (home / name).exists()]
    strange = [path.name for path in home.iterdir() if path.is_dir() and path.name not in ROOMS | {"__pycache__"}]
    assert (missing, strange) == ([], [])
    assert (home / "handlers.py").exists() or (home / "handlers").is_dir()


def test_files_are_short_or_have_a_reason() -> None:
    long = {name_of(path) for path in EVERYTHING if len(path.read_text().splitlines()) > 300}
    assert long == set(LONGER_THAN_300), (
        "over 300 lines: split it, or list it with a reason; listed and shorter: take it off the list"
    )


def test_no_file_is_named_after_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert [name_of(path) for path in EVERYTHING if path.stem in empty_words] == []


def test_nothing_is_left_open_or_waved_through() -> None:
    marks = re.compile(
        "|".join(
            (
                "TO" + "DO",
                "FIX" + "ME",
                "XX" + "X",
                "NotImplemented" + "Error",
                "pragma: no " + "cover",
                "type: " + "ignore",
                "no" + "qa",
            )
        )
    )
    found = [
        f"{name_of(path)}:{number}"
        for path in EVERYTHING
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_the_scopes_there_are_are_those_that_routes_ask_for_and_each_belongs_to_a_role() -> None:
    asked = {
        found
        for path in PRODUCTION
        if "api" in path.parts
        for found in re.findall(r'scope\("([a-z]+\.[a-z]+\.[a-z]+)"', path.read_text())
    }
    named = {
        found
        for path in PRODUCTION
        if "api" in path.parts
        for found in re.findall(r'"([a-z]+\.[a-z]+\.[a-z]+)"', path.read_text())
    }
    assert asked <= set(SCOPES) <= named
    assert {scope for role in ROLES.values() for scope in role.scopes} == set(SCOPES)


def test_events_are_imported_from_the_contracts_only() -> None:
    defined = [
        f"{name_of(path)}:{node.lineno}"
        for path in PRODUCTION
        if "contracts" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and any(isinstance(d, ast.Name) and d.id == "registered" for d in node.decorator_list)
    ]
    assert defined == []
