"""A restore that was cut short is not started: who was erased after the backup could be read in it."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from deploy.backup import files, steps
from deploy.backup.files import BackupFailed
from deploy.backup.steps import restore
from deploy.local import postgres
from deploy.local.folder import DataSet, Folder
from deploy.local.stack import StartFailed, running

SECRETS = ("master.key", "pepper.key", "cursors.key", "fingerprint.key", "keys.json")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A finished backup of a cluster without a file, beside the secrets."""
    cluster = tmp_path / "backup" / "cluster"
    cluster.mkdir(parents=True)
    manifest = b'{"Files": [],\n'
    checksum = hashlib.sha256(manifest).hexdigest()
    (cluster / "backup_manifest").write_bytes(manifest + f'"Manifest-Checksum": "{checksum}"}}'.encode())
    (tmp_path / "backup" / "backup.json").write_text(json.dumps({"taken_at": "2026-03-01T00:00:00+00:00", "heads": {}}))
    (tmp_path / "secrets").mkdir()
    for name in SECRETS:
        (tmp_path / "secrets" / name).write_text("{}")
    return tmp_path / "backup"


async def test_a_restore_that_breaks_off_is_neither_started_nor_gone_on_with(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_folder: Path) -> postgres.Server:
        raise postgres.PostgresFailed("no room left")

    into = Folder(tmp_path / "restored")
    monkeypatch.setattr(files, "_own", lambda _data, _folder: None)
    monkeypatch.setattr(postgres, "start", broken)
    with pytest.raises(postgres.PostgresFailed):
        await restore(backup, into, tmp_path / "secrets", (), 0, lambda _text: None)
    with pytest.raises(StartFailed, match="cut short"):
        async with running(into, DataSet(date(2026, 3, 1)), False, lambda _text: None):
            pass
    with pytest.raises(BackupFailed, match="holds a database already"):
        await restore(backup, into, tmp_path / "secrets", (), 0, lambda _text: None)


async def test_a_restore_that_came_to_its_end_is_started(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    into = Folder(tmp_path / "restored")
    begun: list[Path] = []

    def start(folder: Path) -> postgres.Server:
        begun.append(folder)
        return postgres.Server(folder, 1, 2, "word")

    async def nothing(*_arguments: object, **_named: object) -> None:
        return None

    async def an_empty_log(_dsn: str) -> dict[str, str]:
        return {}

    monkeypatch.setattr(files, "_own", lambda _data, _folder: None)
    monkeypatch.setattr(steps, "_heads", an_empty_log)
    monkeypatch.setattr(postgres, "start", start)
    monkeypatch.setattr(postgres, "stop", lambda _server: None)
    monkeypatch.setattr(steps, "prepare", nothing)
    monkeypatch.setattr(steps, "begin_generation", nothing)
    await restore(backup, into, tmp_path / "secrets", (), 0, lambda _text: None)
    assert begun == [into.postgres]
    assert not into.restoring.exists()
