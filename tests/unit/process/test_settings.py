"""Settings of a service: given, from the environment, from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.alerts.settings import Settings as Alerts
from services.cards.settings import Settings as Cards
from shared.kafka.settings import PasswordRefused, read_password
from shared.process.feeds import kafka_of


def address(role: str) -> str:
    return f"postgresql://{role}:{role}-in-a-file@db/regulars"


def test_what_holds_a_password_can_stand_in_a_file_and_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_SETTINGS", str(tmp_path))
    (tmp_path / "cards_dsn").write_text(f"{address('cards')}\n")
    (tmp_path / "alerts_dsn").write_text(f"{address('alerts')}\n")
    assert Cards.model_validate({}).dsn == address("cards")
    assert Alerts.model_validate({}).dsn == address("alerts")
    monkeypatch.setenv("CARDS_DSN", "postgresql://cards@elsewhere/regulars")
    assert Cards.model_validate({}).dsn == "postgresql://cards@elsewhere/regulars"
    (tmp_path / "alerts_dsn").unlink()
    with pytest.raises(ValidationError, match="dsn"):
        Alerts.model_validate({})


def test_a_service_proves_its_name_to_the_broker_with_the_password_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cards.password"
    file.touch(0o600)
    file.write_text("from-a-file-1\n")
    settings = Cards(dsn="x", kafka_bootstrap="b:1", kafka_security="SASL_SSL", kafka_user="cards", kafka_password_file=file)
    found = kafka_of(settings)
    assert found is not None
    assert (found.security, found.user, found.password) == ("SASL_SSL", "cards", "from-a-file-1")
    assert "from-a-file-1" not in repr(settings) + repr(found)


def test_a_password_that_everybody_can_read_or_that_is_none_is_refused_without_being_repeated(tmp_path: Path) -> None:
    file = tmp_path / "cards.password"
    for content, mode, why in (
        ("word", 0o604, "readable by everybody"),
        ("\n", 0o600, "is empty"),
        (None, 0, "FileNotFoundError"),
    ):
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
            file.chmod(mode)
        with pytest.raises(PasswordRefused, match=why) as refused:
            read_password(file)
        assert "word" not in str(refused.value).replace("password", "")
