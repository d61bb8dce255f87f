"""`promtool` and `prometheus`, for checking rules and queries: those on PATH, else those of Debian's package, unpacked in a cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "regulars" / "prometheus"


class PrometheusUnavailable(Exception):
    """Neither on PATH nor to be fetched. The message says what to install."""


def binary(name: str) -> Path:
    """Path of "promtool" or "prometheus". Fetches Debian's package at the first use; no service of it is started.

    Raises PrometheusUnavailable.
    """
    if found := shutil.which(name):
        return Path(found)
    if not (CACHE / "usr/bin" / name).exists():
        _fetch()
    return CACHE / "usr/bin" / name


def _fetch() -> None:
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as folder:
        said = ""
        # Where the package lists are older than the archive, or not there yet, they are read first.
        for command in (["apt-get", "download", "prometheus"], ["apt-get", "update"], ["apt-get", "download", "prometheus"]):
            said = _run(command, folder)
            if packages := list(Path(folder).glob("prometheus_*.deb")):
                said = _run(["dpkg-deb", "-x", str(packages[0]), f"{folder}/whole"], folder)
                if not said:
                    shutil.rmtree(CACHE, ignore_errors=True)
                    Path(folder, "whole").rename(CACHE)
                    return
        raise PrometheusUnavailable(
            "promtool is not on PATH, and Debian's package `prometheus` cannot be fetched; install it, or"
            f" `go install github.com/prometheus/prometheus/cmd/promtool@latest`\n{said[-500:]}"
        )


def _run(command: list[str], folder: str) -> str:
    """What it said, where it failed."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {type(error).__name__}"
    return "" if done.returncode == 0 else done.stderr or "failed"
