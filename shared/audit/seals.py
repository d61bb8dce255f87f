"""Seals of reads: what a seal says, how it is chained to the one before, how it is signed. Pure.

The digest of a range is a chain of hashes over its rows in their order, so a row that is changed, missing, added or exchanged
with another gives another digest. Each seal names the digest of the seal before; the signature covers all of it. Places in the
log are no part of a row's content: its order is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.privacy.secrets import read_secret

SEAL_KEY = "seals"
"""The secret that signs; nobody but `work` needs it."""
NOTHING = b"\0" * 32
Row = Mapping[str, Any] | asyncpg.Record
_CONTENT = ("read_at", "principal", "key_id", "person_id", "operation", "kind", "purpose", "personal", "customers", "trace_id")


@dataclass(frozen=True, slots=True)
class Seal:
    """`upto`: transactions below it, of generation `gen` and older ones, are closed. `previous` is the hash of the seal before.

    `kept_from`: the oldest seal whose rows are still kept; rows of older ones have expired. `sealed_at` in UTC.
    """

    schema: str
    number: int
    gen: int
    upto: int
    rows: int
    digest: bytes
    previous: bytes
    sealed_at: datetime
    kept_from: int
    key_id: str = ""
    signature: bytes = b""

    def hash(self) -> bytes:
        """What the next seal names, and what is signed."""
        said = (
            self.schema,
            self.number,
            self.gen,
            self.upto,
            self.rows,
            self.digest.hex(),
            self.previous.hex(),
            self.sealed_at.isoformat(),
            self.kept_from,
        )
        return hashlib.sha256(msgspec.json.encode(said)).digest()


class Digest:
    """Takes rows in their order."""

    def __init__(self) -> None:
        self.rows, self._chain = 0, NOTHING

    def take(self, row: Row) -> None:
        self.rows += 1
        self._chain = hashlib.sha256(self._chain + content_of(row)).digest()

    def value(self) -> bytes:
        return self._chain


def content_of(row: Row) -> bytes:
    """A row of reads as bytes, the same for ever."""
    return msgspec.json.encode([row[name] for name in _CONTENT])


class Signer:
    """Signs seals with the installation's key. Raises SecretsRefused where there is none."""

    def __init__(self, folder: Path) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(read_secret(folder, SEAL_KEY))
        self.public = self._key.public_key().public_bytes_raw()

    def signed(self, seal: Seal) -> Seal:
        return replace(seal, key_id=key_id(self.public), signature=self._key.sign(seal.hash()))


def key_id(public: bytes) -> str:
    """Short name of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def is_signed(seal: Seal, keys: Iterable[bytes]) -> bool:
    """Whether one of these public keys has signed the seal."""
    for public in keys:
        if key_id(public) == seal.key_id:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(seal.signature, seal.hash())
            except InvalidSignature:
                return False
            return True
    return False
