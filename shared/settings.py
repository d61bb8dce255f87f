"""Settings that every service reads once, at its start, from its own environment variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from shared.auth.provider import Algorithm
from shared.contracts.cursor import PARTS
from shared.kafka.settings import Security


class ServiceSettings(BaseSettings):
    """One service's settings; each service names its own prefix of environment variables.

    In the folder that `REGULARS_SETTINGS` names, each may stand in a file of its name instead, in lower case, such as `cards_dsn`: what
    holds a password belongs there.
    `dsn` is of the service's own role. `published_dsns` says per service where its published view is read when it is not
    in the same database. `kafka_user` with the password in `kafka_password_file` is this service's principal on a broker that asks
    for one. `zone` is the company's IANA time zone: business days are days there.
    `seals`: the second place of the seals of reads, best on another machine (beside the secrets where it is left out);
    `seal_every_seconds`: how long a read may stand unsealed; `former_seal_keys`: public keys, in hexadecimal digits, that seals were signed
    with before the present one.
    `reads_kept_days`: how long it is known who has read a card. `answers_kept_days`: how long an answer is remembered for a caller that repeats its command.
    `environment`: API keys of another one open nothing. `token_issuer`, `token_audience` and `token_keys` (the address of its keys,
    a JWKS) name the identity provider whose access tokens are taken, all of one algorithm; without them only API keys are.
    `traces`: where spans go, see `shared/telemetry/spans.py`; nowhere by default.
    """

    model_config = SettingsConfigDict(frozen=True)

    dsn: str
    keystore_dsn: str = ""
    rebuild_dsn: str = ""
    published_dsns: dict[str, str] = {}
    feed: Literal["kafka", "store"] = "kafka"
    kafka_bootstrap: str = ""
    kafka_prefix: str = ""
    kafka_security: Security = "PLAINTEXT"
    kafka_user: str = ""
    kafka_password_file: Path | None = None
    kafka_ca_file: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    work_port: int = 0
    secrets: Path = Path(".regulars/secrets")
    keys_file: Path = Path(".regulars/secrets/keys.json")
    seals: Path | None = None
    seal_every_seconds: float = 60.0
    former_seal_keys: tuple[str, ...] = ()
    parts: int = PARTS
    zone: str = "UTC"
    worker_id: str = "0"
    pool_size: int = 10
    log_level: str = "INFO"
    traces: str = ""
    docs: bool = True
    reads_kept_days: int = Field(730, ge=31)
    answers_kept_days: int = Field(30, ge=2)
    environment: str = "local"
    token_issuer: str = ""
    token_audience: str = "regulars"
    token_keys: str = ""
    token_algorithm: Algorithm = "RS256"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, then the environment, then files. Called by pydantic."""
        folder = os.environ.get("REGULARS_SETTINGS")
        files = SecretsSettingsSource(settings_cls, secrets_dir=folder) if folder else file_secret_settings
        return init_settings, env_settings, files
