"""A run with canaries fails where a personal value was told, and says which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canaries import found_in, is_telling, personal_in
from tests.trust.counts import FILE, counted, read_counts

ROOT = Path(__file__).resolve().parents[3]
_TEST = """
import httpx, logging, pytest
from shared.telemetry.spans import step

async def app(scope, receive, send):
    {leak}
    status = 200 if scope["path"] == "/metrics" else 422
    await send({{"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/problem+json")]}})
    await send({{"type": "http.response.body", "body": {body!r}.encode()}})

app.state = None

@pytest.mark.asyncio
async def test_somebody_is_registered():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        await client.post("/", json={{"kind": "PERSON", "person_name": "Ada Lovelace", "traits": {{"hobbies": "plays go"}}}})
"""


@pytest.mark.parametrize(
    ("leak", "body", "found"),
    [
        ("pass", "{}", 0),
        ("logging.getLogger('x').warning('no such name: %s', 'Ada Lovelace')", "{}", 1),
        ("logging.getLogger('x').warning('refused', extra={'what': 'plays go'})", "{}", 1),
        ("pass", "Ada Lovelace is no number", 2),
    ],
    ids=["nothing", "in a log", "beside a log", "in a problem and a metric"],
)
def test_what_is_told_is_found(tmp_path: Path, leak: str, body: str, found: int) -> None:
    (tmp_path / "test_one.py").write_text(_TEST.format(leak=leak, body=body))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.canaries",
        "-n0",
        "-p",
        "no:cacheprovider",
        f"--basetemp={tmp_path}/t",
    ]
    # What was planted here is told apart from what this run itself may find.
    counts = tmp_path / "counts"
    environment = {**os.environ, FILE: str(counts)}
    done = subprocess.run([*command, str(tmp_path / "test_one.py")], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == (1 if found else 0), done.stdout + done.stderr
    assert f"2 personal values, {found} found in what was told" in done.stdout
    told = read_counts(counts)
    assert (told["personal_values"], told["found"]) == (2, found)
    counted(planted=found, planted_found=told["found"])


def test_what_is_personal_in_a_request_is_known_by_its_names() -> None:
    body = {"kind": "PERSON", "person_name": "Ada", "contacts": [{"role": "BUYER", "name": "Bo"}], "note": "plain"}
    assert list(personal_in(body)) == ["Ada", "BUYER", "Bo"]


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("Ada Lovelace", True),
        ("+8613800138000", True),
        ("ada@example.com", True),
        ("李雷", True),
        ("BUYER", False),
        ("x", False),
        ("sealed:0190f7a4:AAAA", False),
    ],
)
def test_only_what_stands_nowhere_else_is_looked_for(text: str, telling: bool) -> None:
    assert is_telling(text) is telling


def test_what_json_has_escaped_is_found() -> None:
    assert found_in({"李雷", 'the "best"'}, [r'{"a":"\u674e\u96f7"}', r'{"b":"the \"best\""}']) == ['the "best"', "李雷"]
