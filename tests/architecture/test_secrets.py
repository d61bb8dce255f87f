"""No secret stands in the project: neither one by its form nor a long random word that is assigned to a telling name."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {"build", "__pycache__", "requirements.lock", "requirements-bench.lock"}
TEXT = {".cfg", ".env", ".html", ".in", ".ini", ".json", ".lock", ".md", ".pem", ".properties", ".py", ".sh", ".sql", ".toml", ".txt", ".xml", ".yaml", ".yml", ""}  # fmt: skip
FORMS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "key of the API": re.compile(r"\breg_[a-z]+_[A-Za-z0-9]{6,}_[A-Za-z0-9_-]{20,}"),
    "access token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "webhook secret": re.compile(r"\bwhsec_[A-Za-z0-9+/]{24,}"),
    "key of a cloud": re.compile(
        r"\b(AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[A-Za-z0-9-]{10,})"
    ),
    "password in an address": re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@\"'{}<>]+:[^\s/:@\"'{}<>$]{6,}@"),
}
NAMED = re.compile(
    r"(?i)\b\w*(?:passw(?:or)?d|secret|token|api_?key|pepper|master|private)\w*[\"']?\s*(?::\s*\w+\s*)?[=:]\s*[bf]?[\"']([^\"'\s{}<>$]{12,})[\"']"
)
RANDOM_BITS = 3.3
"""Bits a character; words and paths have less, what a generator makes has more."""

ALLOWED = {"tests/unit/outgoing/test_addresses.py password in an address": "an address that is refused for it"}
"""File and what was found to why it is none."""


def files() -> Iterator[Path]:
    waiting = [ROOT]
    while waiting:
        for path in waiting.pop().iterdir():
            if path.name in LEFT_OUT or path.suffix == ".egg-info":
                continue
            if path.is_dir():
                # What tools and runs keep for themselves is no part of the project.
                if path.name.startswith(".") and path.name != ".ci":
                    continue
                waiting.append(path)
            elif path.suffix in TEXT:
                yield path


def found_in(text: str) -> Iterator[tuple[int, str]]:
    """Line and kind of each secret in a text."""
    for number, line in enumerate(text.splitlines(), 1):
        for kind, form in FORMS.items():
            if form.search(line):
                yield number, kind
        for word in NAMED.findall(line):
            # What is sealed may be seen by everybody.
            if not word.startswith("sealed:") and bits(word) > RANDOM_BITS and re.search(r"\d", word):
                yield number, "random word of a telling name"


def bits(word: str) -> float:
    """Shannon's entropy of a character."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())


PLANTED = (
    ("private key", "-----BEGIN EC " + "PRIVATE KEY-----"),
    ("key of the API", "curl -H 'Authorization: Bearer reg_" + "live_k3jd82hs_Zq8vN2xT5bR7mW1pL4cY9dHs'"),
    ("access token", "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiJ4In0aaaa.c2lnbmF0dXJlYWJj"),
    ("webhook secret", "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("key of a cloud", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("password in an address", "postgresql://cards:" + "4f9a8c1be27d@db/regulars"),
    ("random word of a telling name", 'db_password = "' + '9f8a7c6b5d4e3f2a1b0c"'),
)


@pytest.mark.parametrize(("kind", "line"), PLANTED)
def test_a_planted_secret_is_found(kind: str, line: str) -> None:
    assert kind in {found for _, found in found_in(f"one line\n{line}\n")}


def test_no_secret_stands_in_the_project() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number} {kind}"
        for path in files()
        for number, kind in found_in(path.read_text(errors="replace"))
    ]
    assert [one for one in found if re.sub(r":\d+ ", " ", one) not in ALLOWED] == []
    assert {re.sub(r":\d+ ", " ", one) for one in found} == set(ALLOWED), "no longer there: take it off the list"
