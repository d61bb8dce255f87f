"""The files of a backup: a base backup of the running PostgreSQL, checked when it is taken and when it is laid out again.

A backup is a folder: `cluster/` (a base backup with the log that makes it consistent), `data-set.json`, `backup.json`. The
secrets are not in it: with them whoever finds it could read every personal field. Keep them apart.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.backup.manifest import damages
from deploy.local import postgres
from deploy.local.folder import Folder, write_file

_SECRETS = ("master.key", "pepper.key", "cursors.key", "fingerprint.key", "keys.json")
_ALSO = ("seals.key",)
"""Not there in an installation that was made before it was needed; a new one is made then."""


class BackupFailed(Exception):
    """A backup could not be taken or laid out. The message says what the program that failed said."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says about itself. `heads`: the last event of each store, at the latest, when it was begun."""

    taken_at: datetime
    heads: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path) -> Backup:
        """Raises BackupFailed for a folder that holds none, or an unfinished one."""
        try:
            found = json.loads((folder / "backup.json").read_text())
        except FileNotFoundError:
            raise BackupFailed(f"{folder} holds no finished backup") from None
        return cls(datetime.fromisoformat(found["taken_at"]), found["heads"])


def take(server: postgres.Server, source: Folder, to: Path, heads: Mapping[str, str]) -> Backup:
    """Back up a running server while it is in use. `to` must be new or empty. Raises BackupFailed."""
    if to.exists() and any(to.iterdir()):
        raise BackupFailed(f"{to} is not empty")
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    taken = Backup(datetime.now(UTC), dict(heads))
    address = ["--host=127.0.0.1", f"--port={server.port}", f"--username={postgres.SUPERUSER}", "--no-password"]
    kind = ["--checkpoint=fast", "--wal-method=stream", "--manifest-checksums=SHA256"]
    # The password in the environment: arguments are there to be read for everybody on the machine.
    done = subprocess.run(
        [postgres.binaries() / "pg_basebackup", f"--pgdata={to / 'cluster'}", *address, *kind],
        env={**os.environ, "PGPASSWORD": server.password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupFailed(f"pg_basebackup: {done.stderr.strip()[-2000:]}")
    _check(to)
    data_set = source.root / "data-set.json"
    if data_set.exists():
        shutil.copy(data_set, to / data_set.name)
    # Written last: a folder without it is no backup.
    write_file(to / "backup.json", json.dumps({"taken_at": taken.taken_at.isoformat(), "heads": taken.heads}, indent=2) + "\n")
    return taken


def lay_out(backup: Path, into: Folder, kept_secrets: Path) -> Backup:
    """Make a new installation's folder of a backup and of the secrets kept apart. Raises BackupFailed.

    The cluster gets a superuser's password of its own; roles get theirs at the next start. Nothing is started, and
    nothing starts it, before whoever goes on with the restore has removed `into.restoring`.
    """
    found = Backup.read(backup)
    if (into.postgres / "data").exists():
        raise BackupFailed(f"{into.root} holds a database already")
    missing = [name for name in _SECRETS if not (kept_secrets / name).exists()]
    if missing:
        raise BackupFailed(f"{kept_secrets} lacks {', '.join(missing)}: what was sealed with them stays sealed")
    _check(backup)
    into.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (*_SECRETS, *(also for also in _ALSO if (kept_secrets / also).exists())):
        shutil.copy(kept_secrets / name, into.secrets / name)
        (into.secrets / name).chmod(0o600)
    if (backup / "data-set.json").exists():
        shutil.copy(backup / "data-set.json", into.root / "data-set.json")
    into.postgres.mkdir(parents=True, exist_ok=True)
    half = into.postgres / f"data.{secrets.token_hex(4)}"
    shutil.copytree(backup / "cluster", half)
    _own(half, into.postgres)
    into.restoring.touch()
    half.rename(into.postgres / "data")
    return found


def _check(backup: Path) -> None:
    if found := damages(backup / "cluster"):
        raise BackupFailed(f"{backup} is damaged: {'; '.join(found[:5])}{'; ...' if found[5:] else ''}")


def _own(data: Path, folder: Path) -> None:
    """The cluster for the user that will run it, with a new password of the superuser."""
    user = postgres.system_user(folder)
    for path in (data, *data.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if user is not None:
            os.chown(path, user.pw_uid, user.pw_gid)
    password = secrets.token_hex(24)
    # A server without a network: nobody else can come in while the old password still holds.
    done = subprocess.run(
        [postgres.binaries() / "postgres", "--single", "-D", data, "postgres"],
        input=f"ALTER ROLE {postgres.SUPERUSER} PASSWORD '{password}'\n",
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        **postgres.as_user(user),
    )
    if done.returncode != 0 or "ERROR" in done.stderr:
        raise BackupFailed(f"the restored cluster does not start\n{done.stderr[-2000:]}")
    word = folder / "superuser"
    word.touch(mode=0o600)
    word.write_text(password)
