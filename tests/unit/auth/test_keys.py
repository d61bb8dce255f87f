"""API keys: what is kept, what is compared, and when the file is read again."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from shared.auth.keys import KeyRing, Refused, make_key, read_keys, withdraw_key, write_keys

PEPPER = b"pepper"


def make(path: Path, name: str = "erp", env: str = "test") -> str:
    return make_key(env, path, PEPPER, name=name, scopes=["cards.ledger.write", "cards.customer.read"], principal=uuid4())


def test_a_key_names_its_principal_and_scopes(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "keys.json"
    raw = make(path)
    principal = KeyRing(path, PEPPER, "test").authenticate(f"Bearer {raw}")
    assert principal.name == "erp"
    assert principal.may("cards.ledger.write")
    assert not principal.may("cards.ledger.read")
    assert principal.limit_per_minute is None


def test_the_file_holds_no_secret_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "keys.json"
    raw = make(path)
    assert raw.split("_", 3)[3] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_another_pepper_admits_nobody(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    raw = make(path)
    with pytest.raises(Refused):
        KeyRing(path, b"other", "test").authenticate(f"Bearer {raw}")


def test_nothing_is_something_else_than_wrong(tmp_path: Path) -> None:
    make(tmp_path / "keys.json")
    ring = KeyRing(tmp_path / "keys.json", PEPPER, "test")
    with pytest.raises(Refused) as missing:
        ring.authenticate(None)
    with pytest.raises(Refused) as wrong:
        ring.authenticate("Bearer reg_test_0123456789ab_" + "A" * 43)
    assert (missing.value.missing, wrong.value.missing) == (True, False)


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = make(path)
    ring = KeyRing(path, PEPPER, "test")
    second = make(path)
    assert ring.authenticate(f"Bearer {second}").name == "erp"
    assert withdraw_key(path, first.split("_")[2])
    assert not withdraw_key(path, "nothing")
    with pytest.raises(Refused):
        ring.authenticate(f"Bearer {first}")
    assert ring.authenticate(f"bearer {second}").name == "erp"


def test_a_broken_file_leaves_the_last_good_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    raw = make(path)
    ring = KeyRing(path, PEPPER, "test")
    path.write_text("{")
    assert ring.authenticate(f"Bearer {raw}")
    path.unlink()
    assert ring.authenticate(f"Bearer {raw}")
    write_keys(path, ())
    with pytest.raises(Refused):
        ring.authenticate(f"Bearer {raw}")


def test_a_broken_file_is_told_of_once_and_not_with_every_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys.json"
    raw = make(path)
    ring, good = KeyRing(path, PEPPER, "test"), path.read_bytes()

    def told_of_after(content: bytes | None) -> int:
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        caplog.clear()
        for _ in range(20):
            ring.authenticate(f"Bearer {raw}")
        return len(caplog.records)

    assert [told_of_after(one) for one in (b"{", b'{"keys": 1}', None, good, None)] == [1, 1, 1, 0, 1]


def test_no_file_no_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KeyRing(tmp_path / "keys.json", PEPPER, "test")
    (tmp_path / "keys.json").write_text('{"keys": [{"id": 1}]}')
    with pytest.raises(msgspec.ValidationError):
        KeyRing(tmp_path / "keys.json", PEPPER, "test")


@pytest.mark.parametrize("scope", ["all", "cards.customer", "*", "cards.customer.read "])
def test_malformed_scopes_are_not_given(tmp_path: Path, scope: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        make_key("test", tmp_path / "keys.json", PEPPER, name="x", scopes=[scope], principal=uuid4())
    assert read_keys(tmp_path / "keys.json") == ()


def test_an_environment_is_one_word(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="environment"):
        make(tmp_path / "keys.json", env="my_env")


def test_a_key_of_another_environment_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    raw = make(path, env="test")
    with pytest.raises(Refused):
        KeyRing(path, PEPPER, "prod").authenticate(f"Bearer {raw}")


def test_a_client_has_two_live_keys_and_no_third(tmp_path: Path) -> None:
    path, client = tmp_path / "keys.json", uuid4()

    def another() -> str:
        return make_key("test", path, PEPPER, name="erp", scopes=[], principal=client)

    first = another()
    second = another()
    with pytest.raises(ValueError, match="2 live keys"):
        another()
    make(path, "somebody else")
    assert withdraw_key(path, first.split("_")[2])
    third = another()
    ring = KeyRing(path, PEPPER, "test")
    assert {ring.authenticate(f"Bearer {raw}").id for raw in (second, third)} == {client}


def test_keys_made_at_once_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: make(path, f"erp-{number}"), range(24)))
    ring = KeyRing(path, PEPPER, "test")
    assert sorted(ring.authenticate(f"Bearer {raw}").name for raw in made) == sorted(f"erp-{number}" for number in range(24))
