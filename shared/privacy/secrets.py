"""The installation's secrets as files: made once, readable by their owner only."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

_BYTES = 32


class SecretsRefused(Exception):
    """A secret is missing, of a wrong length, or readable by others. The message names the file, never its content."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """`master` wraps the customers' keys, `pepper` goes into the HMAC of API keys, `cursors` signs page cursors,
    `fingerprint` is the key of the hashes of facts and of searched texts. 32 bytes each.
    """

    master: bytes
    pepper: bytes
    cursors: bytes
    fingerprint: bytes

    def __repr__(self) -> str:
        return "Secrets(...)"


_NAMES = ("master", "pepper", "cursors", "fingerprint")
_OF_ONE = ("seals",)
"""Read by those alone who need them, by `read_secret`."""


def make_secrets(folder: Path) -> None:
    """Make the secrets that are missing; those that are there stay, because what was sealed with them would be lost."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    for name in _NAMES + _OF_ONE:
        path = folder / f"{name}.key"
        staged = folder / f".{name}.{secrets.token_hex(4)}"
        if path.exists():
            continue
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link fails when another process was first; a rename would replace its secret.
            os.link(staged, path)
        except FileExistsError:
            pass
        finally:
            staged.unlink()


def load_secrets(folder: Path) -> Secrets:
    """Read all secrets. Raises SecretsRefused."""
    return Secrets(**{name: read_secret(folder, name) for name in _NAMES})


def read_secret(folder: Path, name: str) -> bytes:
    """One secret. Raises SecretsRefused."""
    path = folder / f"{name}.key"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise SecretsRefused(f"{path.name}: {type(error).__name__}") from None
    if mode & 0o007:
        raise SecretsRefused(f"{path.name} is readable by everybody")
    if len(content) != _BYTES:
        raise SecretsRefused(f"{path.name} does not hold {_BYTES} bytes")
    return content
