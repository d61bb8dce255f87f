"""Members: whom the identity provider may vouch for, and as what."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from shared.auth.keys import KeyRing, Refused, make_key, read_keys
from shared.auth.members import add_member, read_members, withdraw_member
from shared.auth.roles import ROLES
from shared.auth.rows import EVERYBODY, Own

PEPPER = b"pepper"


def ring_of(path: Path) -> KeyRing:
    return KeyRing(path, PEPPER, "test")


def test_a_member_is_who_its_subject_says_in_the_role_that_the_file_says(tmp_path: Path) -> None:
    path, principal = tmp_path / "keys.json", uuid4()
    add_member(path, "00u1", name="Li", principal=principal, role="salesperson", person="E-44")
    found = ring_of(path).member("00u1")
    assert (found.id, found.rows, found.scopes) == (principal, Own("E-44"), ROLES["salesperson"].scopes)
    with pytest.raises(Refused):
        ring_of(path).member("00u2")


def test_another_role_and_none_hold_with_the_next_request(tmp_path: Path) -> None:
    path, principal = tmp_path / "keys.json", uuid4()
    add_member(path, "00u1", name="Li", principal=principal, role="salesperson", person="E-44")
    ring = ring_of(path)
    assert ring.member("00u1").rows == Own("E-44")
    add_member(path, "00u1", name="Li", principal=principal, role="auditor")
    assert ring.member("00u1").rows == EVERYBODY
    assert withdraw_member(path, "00u1")
    with pytest.raises(Refused):
        ring.member("00u1")
    assert not withdraw_member(path, "00u1")


def test_members_and_keys_share_a_file_and_leave_each_other_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    make_key("test", path, PEPPER, name="erp", scopes=[], principal=uuid4())
    add_member(path, "00u1", name="Li", principal=uuid4(), role="auditor")
    make_key("test", path, PEPPER, name="erp-2", scopes=[], principal=uuid4())
    assert [one.subject for one in read_members(path)] == ["00u1"]
    assert [one.name for one in read_keys(path)] == ["erp", "erp-2"]


@pytest.mark.parametrize(
    ("subject", "role", "person"),
    [("", "auditor", None), ("x" * 256, "auditor", None), ("x", "king", None), ("x", "supervisor", None)],
)
def test_what_makes_no_sense_is_not_admitted(tmp_path: Path, subject: str, role: str, person: str | None) -> None:
    with pytest.raises(ValueError):
        add_member(tmp_path / "keys.json", subject, name="x", principal=uuid4(), role=role, person=person)
    assert read_members(tmp_path / "keys.json") == ()
