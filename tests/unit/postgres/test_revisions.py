from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from shared.contracts.topics import SERVICES
from shared.postgres import revisions
from shared.postgres.revisions import head_revision, migrations_folder


@pytest.mark.parametrize("service", SERVICES)
def test_the_newest_revision_is_the_one_that_alembic_finds(service: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder(service)))
    config.set_main_option("path_separator", "os")
    assert head_revision(service) == ScriptDirectory.from_config(config).get_current_head()


@pytest.mark.parametrize("heads", [0, 2])
def test_one_newest_revision_is_needed(heads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "_SERVICES", tmp_path)
    versions = tmp_path / "cards" / "migrations" / "versions"
    versions.mkdir(parents=True)
    for n in range(heads):
        (versions / f"000{n}_some.py").write_text(f'revision = "000{n}"\ndown_revision = None\n')
    with pytest.raises(ValueError, match="one newest revision"):
        head_revision("cards")
