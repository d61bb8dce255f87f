"""A whole installation whose broker asks everybody who they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.installations import SEED, Installation, kept_up, regulars


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with kept_up(tmp_path_factory.mktemp("secured") / "regulars", "--secured", "--seed", str(SEED), "--dealers", "8") as found:
        yield found


def test_services_and_the_command_work_through_a_broker_that_asks_who_they_are(secured: Installation) -> None:
    """The warnings are there only when all four relays write and all four services read what they follow."""
    assert secured.summary["feed"] == "kafka"
    assert secured.summary["alerts"]
    verified = regulars(secured.folder, "verify")
    assert (verified.returncode, "no difference" in verified.stdout) == (0, True), verified.stdout + verified.stderr
    assert verified.stdout.count("topics compared with the store") == 4
    assert "compared: True" in regulars(secured.folder, "rebuild", "cards", "receivables").stdout
    assert "as they should be" in regulars(secured.folder, "topics").stdout
    assert "; 0 were given, 0 taken away" in regulars(secured.folder, "rights").stdout


def test_each_principal_has_a_password_of_its_own_that_no_log_shows(secured: Installation) -> None:
    access = Path(secured.endpoints["kafka_access"])
    passwords = {path.stem: path.read_text().strip() for path in access.glob("*.password")}
    assert passwords.keys() == {"admin", "alerts", "broker", "cards", "classification", "complaints", "operations"}
    assert len(set(passwords.values())) == len(passwords)
    assert {path.stat().st_mode & 0o077 for path in access.iterdir()} == {0}
    shown = [*(secured.folder / "logs").glob("*.log"), *(secured.folder / "kafka").glob("*.*")]
    assert len(shown) > 8
    assert not [path.name for path in shown if any(word in path.read_text(errors="replace") for word in passwords.values())]


def test_no_process_has_a_password_in_its_environment(secured: Installation) -> None:
    """INVARIANT: secrets are read from files. Broken by a setting that is handed on as a variable."""
    addresses = secured.endpoints["postgres"].values()
    words = {re.sub(r".*:([^:@]+)@.*", r"\1", address) for address in addresses if "@" in address}
    words |= {path.read_text().strip() for path in Path(secured.endpoints["kafka_access"]).glob("*.password")}
    words |= set(secured.endpoints["keys"].values())
    assert len(words) > 15
    processes = json.loads((secured.folder / "processes.json").read_text())
    assert len(processes) == 10
    for name, entry in processes.items():
        process = psutil.Process(entry["pid"])
        seen = "\n".join([*process.environ().values(), *process.cmdline()])
        assert not [word for word in words if word in seen], name


def test_what_is_secured_stays_so_and_what_is_not_is_not_made_so(secured: Installation, on_stores: Installation) -> None:
    other = regulars(on_stores.folder, "up", "--once", "--secured")
    assert other.returncode == 1
    assert "FRESH=1" in other.stderr
