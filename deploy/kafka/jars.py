"""The broker's jars: fetched once by Maven, checked against the committed list, kept in a folder of the user."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.kafka.jvm import find_java

HERE = Path(__file__).parent
POM = HERE / "pom.xml"
LIST = HERE / "jars.txt"


class BrokerUnavailable(Exception):
    """A broker cannot be had on this machine. The message says what is missing and what would help."""


def cache_folder() -> Path:
    """Where the jars of this pom are kept: `$REGULARS_CACHE`, else the user's cache folder, then `kafka-<hash of the pom>`."""
    chosen = os.environ.get("REGULARS_CACHE")
    root = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regulars"
    return root / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:16]}"


def expected() -> dict[str, str]:
    """Name -> SHA-256 of every jar that the pom must bring, no more and no less."""
    return {name: digest for digest, name in (line.split() for line in LIST.read_text().splitlines() if line.strip())}


def difference(folder: Path) -> list[str]:
    """What in the folder is missing, foreign or altered, as sentences; empty when it is exactly the committed list."""
    wanted, found = expected(), {path.name: path for path in folder.glob("*.jar")}
    said = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    said += [f"{name} is not in the list" for name in sorted(found.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & found.keys()):
        with found[name].open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wanted[name]:
                said.append(f"{name} has another SHA-256")
    return said


def jars(timeout: float = 600) -> Path:
    """The folder with the verified jars, fetched when it is not there yet. Two callers at once are safe: one waits.

    Raises BrokerUnavailable when Maven is missing or fails, or when what it brought differs from the committed list.
    """
    folder = cache_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_suffix(".lock")):
        libs = folder / "libs"
        if libs.is_dir():
            if not difference(libs):
                return libs
            shutil.rmtree(folder)
        _fetch(folder, timeout)
        return libs


def _fetch(folder: Path, timeout: float) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnavailable("Kafka's jars are not here yet and Maven (mvn) is not on PATH to fetch them")
    with tempfile.TemporaryDirectory(prefix=folder.name, dir=folder.parent) as scratch:
        new = Path(scratch) / "new"
        command = [maven, "-B", "-q", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        try:
            done = subprocess.run(
                [*command, f"-DoutputDirectory={new / 'libs'}"],
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
                env=_environment(),
            )
        except subprocess.TimeoutExpired:
            raise BrokerUnavailable(f"Maven did not fetch Kafka's jars within {timeout:.0f} s") from None
        if done.returncode != 0:
            raise BrokerUnavailable("Maven could not fetch Kafka's jars: " + (done.stdout + done.stderr).strip()[-800:])
        wrong = difference(new / "libs")
        if wrong:
            raise BrokerUnavailable("Kafka's jars differ from the committed list: " + "; ".join(wrong))
        # The folder appears whole or not at all, so that a killed fetch leaves nothing half done.
        new.rename(folder)


def _environment() -> dict[str, str]:
    """Maven looks for Java in JAVA_HOME and on PATH only; where ours comes from a package, tell it where."""
    java = find_java()
    if java is None or os.environ.get("JAVA_HOME") or shutil.which("java"):
        return dict(os.environ)
    return {**os.environ, "JAVA_HOME": str(Path(java).parent.parent)}


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
