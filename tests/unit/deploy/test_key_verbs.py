"""`regulars keys` and `regulars members`, as an operator types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.local.folder import Folder
from deploy.local.try_out import TRY_OUTS, try_out_keys
from shared.auth.keys import KeyRing, Refused, read_keys
from shared.auth.members import read_members
from shared.auth.roles import ROLES
from shared.auth.rows import Areas, Own
from shared.privacy.secrets import load_secrets, make_secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_secrets(Folder(tmp_path).secrets)
    return tmp_path


def typed(folder: Path, *words: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, [*words, "--folder", str(folder)])
    assert done.exit_code == status, done.output
    return done.output


def ring(folder: Path) -> KeyRing:
    secrets = Folder(folder).secrets
    return KeyRing(secrets / "keys.json", load_secrets(secrets).pepper, "local")


def test_a_key_of_a_role_is_shown_once_and_works(folder: Path) -> None:
    raw = typed(folder, "keys", "new", "li", "--role", "salesperson", "--person", "E-44", "--limit", "600").strip()
    found = ring(folder).authenticate(f"Bearer {raw}")
    assert (found.role, found.rows, found.limit_per_minute) == ("salesperson", Own("E-44"), 600)
    listed = typed(folder, "keys", "list")
    assert "E-44" in listed and raw.split("_", 3)[3] not in listed


def test_two_keys_of_a_name_are_one_principal_and_a_third_waits_for_a_withdrawal(folder: Path) -> None:
    first, second = (typed(folder, "keys", "new", "erp", "--role", "integrator").strip() for _ in range(2))
    typed(folder, "keys", "new", "erp", "--role", "integrator", status=2)
    assert ring(folder).authenticate(f"Bearer {first}").id == ring(folder).authenticate(f"Bearer {second}").id
    typed(folder, "keys", "withdraw", first.split("_")[2])
    with pytest.raises(Refused):
        ring(folder).authenticate(f"Bearer {first}")
    typed(folder, "keys", "new", "erp", "--role", "integrator")


@pytest.mark.parametrize(
    "words",
    [("--role", "king"), ("--role", "salesperson"), ("--scope", "cards.everything.read"), ("--role", "auditor", "--scope", "cards.ledger.write")],
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_not_made(folder: Path, words: tuple[str, ...]) -> None:
    typed(folder, "keys", "new", "x", *words, status=2)
    assert read_keys(Folder(folder).secrets / "keys.json") == ()


def test_members_are_admitted_moved_and_withdrawn(folder: Path) -> None:
    typed(folder, "members", "add", "00u8x1", "--name", "li", "--role", "salesperson", "--person", "E-44")
    assert ring(folder).member("00u8x1").rows == Own("E-44")
    typed(folder, "members", "add", "00u8x1", "--name", "li", "--role", "supervisor", "--person", "E-44")
    assert ring(folder).member("00u8x1").rows == Areas("E-44")
    assert "00u8x1" in typed(folder, "members", "list")
    typed(folder, "members", "withdraw", "00u8x1")
    typed(folder, "members", "withdraw", "00u8x1", status=2)
    assert read_members(Folder(folder).secrets / "keys.json") == ()


def test_there_is_a_try_out_key_for_every_role_and_a_second_start_keeps_them(folder: Path) -> None:
    secrets = Folder(folder).secrets
    made = try_out_keys(secrets, {})
    assert set(ROLES) <= set(made)
    found = {name: ring(folder).authenticate(f"Bearer {raw}").role for name, raw in made.items()}
    assert found == {one.name: one.role for one in TRY_OUTS}
    assert try_out_keys(secrets, made) == made


def test_try_out_keys_that_are_lost_or_open_less_than_they_should_are_made_anew(folder: Path) -> None:
    secrets = Folder(folder).secrets
    made = try_out_keys(secrets, {})
    left = {name: raw for name, raw in made.items() if name != "auditor"}
    for _ in range(3):
        again = try_out_keys(secrets, left)
        assert {name for name in made if made[name] != again[name]} == {"auditor"}
    assert len(read_keys(secrets / "keys.json")) == len(TRY_OUTS)
