"""What the service reads from its environment, once."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """CARDS_* variables. `imports_kept_days`: how long an import that has ended is told of, with what was wrong in its lines."""

    model_config = SettingsConfigDict(env_prefix="CARDS_", frozen=True)

    imports_kept_days: int = Field(90, ge=1)
