"""What the service reads from its environment, once."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """CLASSIFICATION_* variables."""

    model_config = SettingsConfigDict(env_prefix="CLASSIFICATION_", frozen=True)
