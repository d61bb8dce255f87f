"""Roles: what each may do, and whom it reaches."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from shared.auth.keys import KeyEntry, KeyRing, Refused, make_key, principal_of, read_keys, write_keys
from shared.auth.roles import ROLES, rows_of
from shared.auth.rows import EVERYBODY, Areas, Own
from shared.auth.scopes import SCOPES

PEPPER = b"pepper"


def test_there_are_eight_roles_of_known_scopes() -> None:
    assert set(ROLES) == {
        "salesperson", "supervisor", "custodian", "credit_controller", "complaint_handler", "ops", "integrator", "auditor",
    }  # fmt: skip
    assert {scope for role in ROLES.values() for scope in role.scopes} <= set(SCOPES)


def test_a_salesperson_reaches_own_customers_a_supervisor_those_of_the_areas_led_and_the_others_all() -> None:
    found = {name: rows_of(role, "E-44") for name, role in ROLES.items()}
    assert found.pop("salesperson") == Own("E-44")
    assert found.pop("supervisor") == Areas("E-44")
    assert set(found.values()) == {EVERYBODY}


def test_who_reads_changes_nothing_and_who_runs_it_sees_no_person() -> None:
    assert all(scope.endswith(".read") for scope in ROLES["auditor"].scopes)
    for name in ("auditor", "ops", "integrator"):
        assert "cards.pii.read" not in ROLES[name].scopes


@pytest.mark.parametrize("role", ["salesperson", "supervisor"])
@pytest.mark.parametrize("person", [None, ""])
def test_a_role_of_a_person_is_nobodys_without_one(role: str, person: str | None, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="person"):
        make_key("test", tmp_path / "keys.json", PEPPER, name="x", scopes=(), principal=uuid4(), role=role, person=person)
    assert read_keys(tmp_path / "keys.json") == ()


def test_a_key_of_a_role_carries_its_scopes_its_person_and_whom_it_reaches(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    raw = make_key("test", path, PEPPER, name="Li", scopes=(), principal=uuid4(), role="salesperson", person="E-44")
    found = KeyRing(path, PEPPER, "test").authenticate(f"Bearer {raw}")
    assert (found.scopes, found.person_id, found.rows, found.role) == (
        ROLES["salesperson"].scopes,
        "E-44",
        Own("E-44"),
        "salesperson",
    )


def test_a_key_may_be_narrower_than_its_role_and_never_wider() -> None:
    key = KeyEntry(id="0123456789ab", hmac="", principal=uuid4(), name="x", role="auditor", scopes=("cards.ledger.read",))
    assert principal_of(key).scopes == {"cards.ledger.read"}
    with pytest.raises(ValueError, match=r"cards\.ledger\.write"):
        principal_of(msgspec.structs.replace(key, scopes=("cards.ledger.read", "cards.ledger.write")))


def test_a_key_that_makes_no_sense_opens_nothing_and_leaves_the_others_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    lost = make_key("test", path, PEPPER, name="a", scopes=(), principal=uuid4(), role="auditor")
    kept = make_key("test", path, PEPPER, name="b", scopes=(), principal=uuid4(), role="auditor")
    first, second = read_keys(path)
    for wrong in (
        msgspec.structs.replace(first, role="king"),
        msgspec.structs.replace(first, role="salesperson"),
        msgspec.structs.replace(first, scopes=("cards.ledger.write",)),
    ):
        write_keys(path, (wrong, second))
        ring = KeyRing(path, PEPPER, "test")
        with pytest.raises(Refused):
            ring.authenticate(f"Bearer {lost}")
        assert ring.authenticate(f"Bearer {kept}").name == "b"


def test_a_key_without_a_role_is_a_machines_and_reaches_everybody(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    raw = make_key("test", path, PEPPER, name="erp", scopes=["cards.ledger.write"], principal=uuid4())
    found = KeyRing(path, PEPPER, "test").authenticate(f"Bearer {raw}")
    assert (found.rows, found.role, found.person_id) == (EVERYBODY, None, None)
