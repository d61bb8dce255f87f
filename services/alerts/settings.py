"""What the service reads from its environment, once."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.alerts.domain.webhook_call import SCHEDULE
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """ALERTS_* variables.

    `webhook_networks` (CIDR) may be called though they are not public, such as the company's own; with a loopback network among
    them plain http to it is taken too, for trials. `webhook_retry_seconds`: waits between attempts. A receiver that has taken
    nothing for `webhook_give_up_days` is disabled. A call lasts `webhook_timeout_seconds` at most, and is remembered
    with its body for `webhook_kept_days`.
    """

    model_config = SettingsConfigDict(env_prefix="ALERTS_", frozen=True)

    webhook_networks: tuple[str, ...] = ()
    webhook_retry_seconds: tuple[float, ...] = SCHEDULE
    webhook_give_up_days: float = 5.0
    webhook_timeout_seconds: float = 15.0
    webhook_kept_days: int = Field(30, ge=1)
