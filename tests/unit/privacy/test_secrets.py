"""Secrets are made once and are for their owner only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from shared.privacy.secrets import SecretsRefused, load_secrets, make_secrets, read_secret


def test_secrets_are_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    first = load_secrets(folder)
    make_secrets(folder)
    assert load_secrets(folder) == first
    assert len({first.master, first.pepper, first.cursors, first.fingerprint, read_secret(folder, "seals")}) == 5
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert len(list(folder.iterdir())) == 5
    assert first.master.hex() not in repr(first)


def test_a_missing_short_or_open_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretsRefused, match=r"master\.key: FileNotFoundError"):
        load_secrets(tmp_path)
    make_secrets(tmp_path)
    pepper = tmp_path / "pepper.key"
    good = pepper.read_text()
    for bad in ("", "zz", good[:10]):
        pepper.write_text(bad)
        with pytest.raises(SecretsRefused, match="pepper"):
            load_secrets(tmp_path)
    pepper.write_text(good)
    pepper.chmod(0o644)
    with pytest.raises(SecretsRefused, match="readable by everybody"):
        load_secrets(tmp_path)
