"""The list of jars, and what a machine without Java or Maven is told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deploy.kafka import jars, jvm
from deploy.local import kafka


def test_the_list_names_every_jar_once_with_its_hash() -> None:
    lines = jars.LIST.read_text().split("\n")[:-1]
    assert len(jars.expected()) == len(lines)
    assert all(name.endswith(".jar") and len(digest) == 64 for name, digest in jars.expected().items())


def test_missing_foreign_and_altered_jars_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = hashlib.sha256(b"good").hexdigest()
    monkeypatch.setattr(jars, "expected", lambda: {"a.jar": good, "b.jar": good, "c.jar": good})
    for name, content in (("a.jar", b"good"), ("b.jar", b"altered"), ("d.jar", b"good")):
        (tmp_path / name).write_bytes(content)
    assert jars.difference(tmp_path) == ["c.jar is missing", "d.jar is not in the list", "b.jar has another SHA-256"]


def test_what_maven_brings_is_refused_when_it_differs_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(
        '#!/bin/sh\nfor a in "$@"; do case $a in -DoutputDirectory=*) mkdir -p "${a#*=}"; echo x > "${a#*=}/foreign.jar";; esac; done\n'
    )
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}:/usr/bin:/bin")
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path / "cache"))
    with pytest.raises(jars.BrokerUnavailable, match=r"foreign\.jar is not in the list"):
        jars.jars()
    assert not jars.cache_folder().exists()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [jars.cache_folder().with_suffix(".lock").name]


def test_the_cache_is_of_the_pom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path))
    before = jars.cache_folder()
    other = tmp_path / "pom.xml"
    other.write_text("<project/>")
    monkeypatch.setattr(jars, "POM", other)
    assert before.parent == tmp_path
    assert jars.cache_folder() != before


@pytest.mark.parametrize(
    ("said", "major"), [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_401"', 1), ("nonsense", None)]
)
def test_the_version_of_a_java_is_read(tmp_path: Path, said: str, major: int | None) -> None:
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    java.chmod(0o755)
    assert jvm.major_version(str(java)) == major


def test_a_machine_without_java_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "find_java", lambda: None)
    assert "no Java 17 or newer" in (kafka.broker_available() or "")


def test_a_machine_without_maven_and_jars_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "find_java", lambda: "/usr/bin/java")
    monkeypatch.setenv("REGULARS_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Maven (mvn) is not on PATH" in (kafka.broker_available() or "")


def test_an_old_java_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for home, version in (("old", "11.0.2"), ("new", "21.0.1")):
        java = tmp_path / home / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
        java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", str(tmp_path / "new" / "bin"))
    assert jvm.find_java() == str(tmp_path / "new" / "bin" / "java")
