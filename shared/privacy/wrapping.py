"""The cipher: AES-256-GCM with a fresh 96-bit nonce each time. Bound to its place, so that no sealed text can be moved elsewhere.

Source: NIST SP 800-38D; reliability rests on never using a nonce twice under one key, hence random ones and a key per customer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "sealed:"
_NAMED = slice(len(PREFIX), len(PREFIX) + 36)
_NONCE = 12
_VERSION = b"\x01"


class Unopenable(Exception):
    """A sealed text or wrapped key does not open: damaged, moved, or sealed under another master key."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A customer's key, open in memory."""

    key_id: UUID
    cipher: AESGCM
    name: str
    """The id as text: the last part of every place that is sealed with it."""

    def __repr__(self) -> str:
        return f"DataKey({self.key_id})"


class MasterKey:
    """Wraps data keys and signs the erasure ledger. Raises ValueError when it is not 32 bytes long."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a master key has 32 bytes")
        self._cipher = AESGCM(secret)
        self._ledger = hashlib.blake2b(b"erasure ledger", key=secret, digest_size=32).digest()
        self._texts = AESGCM(hashlib.blake2b(b"texts of the installation", key=secret, digest_size=32).digest())

    def new_wrapped(self, key_id: UUID, customer_id: UUID) -> bytes:
        """A new data key, wrapped."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, os.urandom(32), _wrap_place(key_id, customer_id))

    def unwrap(self, key_id: UUID, customer_id: UUID, wrapped: bytes) -> DataKey:
        """Raises Unopenable."""
        if wrapped[:1] != _VERSION:
            raise Unopenable("unknown form of a wrapped key")
        try:
            secret = self._cipher.decrypt(wrapped[1 : 1 + _NONCE], wrapped[1 + _NONCE :], _wrap_place(key_id, customer_id))
        except InvalidTag:
            raise Unopenable("a data key was not wrapped by this master key") from None
        return DataKey(key_id, AESGCM(secret), str(key_id))

    def seal(self, place: str, text: str) -> str:
        """A secret of the installation itself, such as one shared with another system: `sealed:<base64>`, bound to its place."""
        nonce = os.urandom(_NONCE)
        return PREFIX + base64.b64encode(_VERSION + nonce + self._texts.encrypt(nonce, text.encode(), place.encode())).decode()

    def open(self, place: str, sealed: str) -> str:
        """The text in the clear. Raises Unopenable."""
        try:
            raw = base64.b64decode(sealed.removeprefix(PREFIX), validate=True)
            return self._texts.decrypt(raw[1 : 1 + _NONCE], raw[1 + _NONCE :], place.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise Unopenable("a secret of the installation does not open") from None

    def signature(self, customer_id: UUID, erased_at: str) -> bytes:
        """Signs a row of the erasure ledger; `erased_at` in ISO 8601."""
        return hmac.digest(self._ledger, f"{customer_id}\n{erased_at}".encode(), "sha256")


def seal_text(key: DataKey, stream: str, field: str, text: str) -> str:
    """`sealed:<key id>:<base64 of nonce and ciphertext>`."""
    nonce = os.urandom(_NONCE)
    sealed = nonce + key.cipher.encrypt(nonce, text.encode(), _place(stream, field, key))
    return f"{PREFIX}{key.name}:{base64.b64encode(sealed).decode()}"


def key_name_of(text: str) -> str | None:
    """What names the key that a text is sealed with, as `key_named` reads it; None for a text that is not sealed."""
    return text[_NAMED] if text.startswith(PREFIX) else None


@lru_cache(maxsize=8192)
def key_named(name: str) -> UUID | None:
    """The key behind a name; None where it is none, and its text is no sealed one."""
    try:
        return UUID(name)
    except ValueError:
        return None


def open_text(key: DataKey, stream: str, field: str, text: str) -> str:
    """The text in the clear. Raises Unopenable."""
    try:
        sealed = binascii.a2b_base64(text.rpartition(":")[2], strict_mode=True)
        return key.cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(stream, field, key)).decode()
    except (InvalidTag, binascii.Error, ValueError):
        raise Unopenable(f"{field} does not open") from None


def _place(stream: str, field: str, key: DataKey) -> bytes:
    return f"{stream}\n{field}\n{key.name}".encode()


def _wrap_place(key_id: UUID, customer_id: UUID) -> bytes:
    return b"data key\n" + key_id.bytes + customer_id.bytes
