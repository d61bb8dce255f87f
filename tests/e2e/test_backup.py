"""Backup, restore and the drill."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deploy.backup.files import BackupFailed, lay_out
from deploy.backup.steps import back_up
from deploy.local.folder import Folder
from tests.e2e.installations import Installation, regulars

STEPS = (
    "Kafka on",
    "generations cards 2",
    "are on the new topics",
    "cards: topics compared with the store",
    "judged anew and compared",
    "the restored copy is what the stores say",
)


def test_a_backup_of_what_runs_is_restored_started_and_verified(on_kafka: Installation) -> None:
    done = regulars(on_kafka.folder, "drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [step for step in STEPS if step not in done.stdout] == [], done.stdout


async def test_a_restore_refuses_what_it_cannot_make_whole(on_stores: Installation, tmp_path: Path) -> None:
    source, new, backup = Folder(on_stores.folder), Folder(tmp_path / "new"), tmp_path / "backup"
    await back_up(source, backup, print)
    with pytest.raises(BackupFailed, match="is not empty"):
        await back_up(source, backup, print)
    with pytest.raises(BackupFailed, match="holds a database already"):
        lay_out(backup, source, source.secrets)
    with pytest.raises(BackupFailed, match=r"lacks master\.key"):
        lay_out(backup, new, tmp_path)
    some = next(path for path in sorted((backup / "cluster" / "base").rglob("*")) if path.is_file() and path.stat().st_size)
    whole = some.read_bytes()
    for damaged, said in ((whole[:-1] + bytes([whole[-1] ^ 1]), "has been changed"), (whole[:-1], "has another size")):
        some.write_bytes(damaged)
        with pytest.raises(BackupFailed, match=f"{some.name} {said}"):
            lay_out(backup, new, source.secrets)
    some.unlink()
    with pytest.raises(BackupFailed, match=f"{some.name} is missing"):
        lay_out(backup, new, source.secrets)
    (backup / "backup.json").unlink()
    with pytest.raises(BackupFailed, match="no finished backup"):
        lay_out(backup, new, source.secrets)
    assert not new.postgres.exists()
    shutil.rmtree(backup)
