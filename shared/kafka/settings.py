"""Where Kafka is and how our clients speak to it."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiokafka.helpers import create_ssl_context

Security = Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"]


class PasswordRefused(Exception):
    """The file of a password is missing, empty, or readable by everybody. The message names the file, never its content."""


def read_password(file: Path) -> str:
    """The first line of the file. Raises PasswordRefused."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        first = file.read_text("ascii").partition("\n")[0].strip()
    except (OSError, ValueError) as error:
        raise PasswordRefused(f"{file.name}: {type(error).__name__}") from None
    if mode & 0o007:
        raise PasswordRefused(f"{file.name} is readable by everybody")
    if not first:
        raise PasswordRefused(f"{file.name} is empty")
    return first


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Address, topic prefix and client tuning. Sizes in bytes, times in milliseconds.

    The physical name of a topic is `prefix + topic`; code outside the Kafka clients speaks of the topic without it.
    `replication` holds for topics that we create: 3 in production, 1 on a single broker. `max_batch_size` is counted before
    compression and is far enough below what a broker takes (1 MiB by default) for contents that do not become smaller.
    """

    bootstrap: str
    prefix: str = ""
    replication: int = 1
    security: Security = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    request_timeout_ms: int = 15000
    max_batch_size: int = 524288
    max_partition_fetch_bytes: int = 4 * 1024 * 1024
    session_timeout_ms: int = 10000
    heartbeat_interval_ms: int = 1000

    def physical(self, topic: str) -> str:
        return self.prefix + topic

    def logical(self, physical: str) -> str:
        return physical.removeprefix(self.prefix)

    def connection(self) -> dict[str, Any]:
        """The arguments that every aiokafka client takes for its connections."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "request_timeout_ms": self.request_timeout_ms,
            "security_protocol": self.security,
        }
        if self.security.endswith("SSL"):
            arguments["ssl_context"] = create_ssl_context(cafile=self.ca_file)
        if self.security.startswith("SASL"):
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return arguments
