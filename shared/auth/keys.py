"""API keys `reg_<env>_<id>_<secret>`: found by id, compared as an HMAC under a pepper, in constant time.

The file of keys is read again when it changes, so a key works or stops working within a second, in every process.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import UUID

import msgspec

from shared.auth.principal import Principal
from shared.auth.roles import ROLES, rows_of
from shared.auth.rows import EVERYBODY
from shared.auth.scopes import SCOPE_FORM

_FORM = re.compile(r"reg_([a-z0-9]{1,16})_([a-z0-9]{6,32})_([A-Za-z0-9_-]{20,128})")
_CHECK_EVERY = 1.0

log = logging.getLogger(__name__)


class Refused(Exception):
    """No principal: the header is missing (`missing`) or names no live key."""

    def __init__(self, missing: bool) -> None:
        super().__init__("no key" if missing else "no such key")
        self.missing = missing


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept: the secret only as HMAC-SHA256 in hexadecimal digits.

    With a role its scopes are those of the role, or the named ones of them; without one it is a machine's and reaches everybody.
    """

    id: str
    hmac: str
    principal: UUID
    name: str
    scopes: tuple[str, ...] = ()
    limit_per_minute: int | None = None
    role: str | None = None
    person: str | None = None


class KeyFile(msgspec.Struct, frozen=True):
    keys: tuple[KeyEntry, ...] = ()


_decoder = msgspec.json.Decoder(KeyFile)
_NOBODY = "0" * 64


class KeyRing:
    """The live keys. Raises FileNotFoundError or msgspec.ValidationError when the file cannot be read at the start."""

    def __init__(self, path: Path, pepper: bytes, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._pepper = pepper
        self._monotonic = monotonic
        self._live: dict[str, tuple[str, Principal]] = {}
        self._seen = self._stamp()
        self._read()
        self._checked = monotonic()

    def authenticate(self, header: str | None) -> Principal:
        """The principal behind an Authorization header. Raises Refused."""
        if header is None:
            raise Refused(missing=True)
        self._look_again()
        kind, _, raw = header.partition(" ")
        match = _FORM.fullmatch(raw.strip(" ")) if kind.lower() == "bearer" else None
        if match is None:
            raise Refused(missing=False)
        if match[2] not in self._live:
            self._look_again(at_once=True)
        # An unknown id is compared as well, so that the time taken does not tell which ids exist.
        expected, principal = self._live.get(match[2], (_NOBODY, None))
        if not hmac.compare_digest(expected, digest(self._pepper, match[0])) or principal is None:
            raise Refused(missing=False)
        return principal

    def _look_again(self, at_once: bool = False) -> None:
        if not at_once and self._monotonic() - self._checked < _CHECK_EVERY:
            return
        self._checked = self._monotonic()
        try:
            stamp = self._stamp()
            if stamp != self._seen:
                self._read()
                self._seen = stamp
        except (OSError, msgspec.MsgspecError) as error:
            # A half-written file must not lock everybody out: the last good keys stay until a good file is there.
            log.error("keys not read again: %s", type(error).__name__)

    def _stamp(self) -> tuple[int, int, int]:
        found = self._path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        found = _decoder.decode(self._path.read_bytes())
        live = {}
        for key in found.keys:
            try:
                live[key.id] = (key.hmac, principal_of(key))
            except ValueError as error:
                # Written by another version, or by hand: that one key opens nothing, the others go on.
                log.error("key %s opens nothing: %s", key.id, error)
        self._live = live


def principal_of(key: KeyEntry) -> Principal:
    """Who calls with this key. Raises ValueError for an unknown role, a role without its person, or a scope beyond the role."""
    if key.role is None:
        return Principal(key.principal, key.name, frozenset(key.scopes), key.id, key.limit_per_minute, key.person, EVERYBODY)
    role = ROLES.get(key.role)
    if role is None:
        raise ValueError("there is no such role")
    scopes = frozenset(key.scopes) or role.scopes
    if not scopes <= role.scopes:
        raise ValueError("a scope is not one of its role")
    rows = rows_of(role, key.person)
    return Principal(key.principal, key.name, scopes, key.id, key.limit_per_minute, key.person, rows, key.role)


def digest(pepper: bytes, raw: str) -> str:
    """What is kept of a raw key."""
    return hmac.new(pepper, raw.encode(), hashlib.sha256).hexdigest()


def make_key(
    env: str,
    path: Path,
    pepper: bytes,
    *,
    name: str,
    scopes: Iterable[str],
    principal: UUID,
    limit_per_minute: int | None = None,
    role: str | None = None,
    person: str | None = None,
) -> str:
    """Make a key, add it to the file and return it raw: it is shown this once. A second live key of a client has the same principal.

    Raises ValueError for a malformed environment or scope, an unknown role, a role without its person, a scope beyond the role.
    """
    wanted = tuple(sorted(set(scopes)))
    for scope in wanted:
        if not SCOPE_FORM.fullmatch(scope):
            raise ValueError(f"{scope!r} is no scope")
    raw = f"reg_{env}_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"
    match = _FORM.fullmatch(raw)
    if match is None:
        raise ValueError(f"{env!r} is no name of an environment")
    entry = KeyEntry(
        id=match[2],
        hmac=digest(pepper, raw),
        principal=principal,
        name=name,
        scopes=wanted,
        limit_per_minute=limit_per_minute,
        role=role,
        person=person,
    )
    principal_of(entry)
    write_keys(path, (*read_keys(path), entry))
    return raw


def withdraw_key(path: Path, key_id: str) -> bool:
    """Take a key away; False when there is none of this id."""
    before = read_keys(path)
    after = tuple(key for key in before if key.id != key_id)
    write_keys(path, after)
    return len(after) < len(before)


def read_keys(path: Path) -> tuple[KeyEntry, ...]:
    """All keys of a file; none when there is no file yet."""
    return _decoder.decode(path.read_bytes()).keys if path.exists() else ()


def write_keys(path: Path, keys: Iterable[KeyEntry]) -> None:
    """Replace the file in one step, readable by its owner only: a reader sees the old keys or the new ones."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(KeyFile(tuple(keys))), indent=2) + b"\n")
    os.replace(staged, path)
