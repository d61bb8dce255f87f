"""API keys `reg_<env>_<id>_<secret>`: found by id, compared as an HMAC under a pepper, in constant time.

The file of keys and members is looked at with every request and read again when it has changed, so that a key, a member or
a role that is taken away is gone with the next request, in every process.
"""

from __future__ import annotations

import fcntl
import hmac
import logging
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from shared.auth.principal import Principal
from shared.auth.roles import ROLES, rows_of
from shared.auth.rows import EVERYBODY, Rows
from shared.auth.scopes import SCOPE_FORM

_FORM = re.compile(r"reg_([a-z0-9]{1,16})_([a-z0-9]{6,32})_([A-Za-z0-9_-]{20,128})")
LIVE_KEYS = 2
"""Of one client: the one in use, and the one that takes its place."""

log = logging.getLogger(__name__)


class Refused(Exception):
    """No principal: the header is missing (`missing`), or names no live key and no member."""

    def __init__(self, missing: bool = False) -> None:
        super().__init__("no key" if missing else "no such key")
        self.missing = missing


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller is given: with a role the scopes of the role, or the named ones of them; without one the named ones, for everybody."""

    principal: UUID
    name: str
    scopes: tuple[str, ...] = ()
    limit_per_minute: int | None = None
    role: str | None = None
    person: str | None = None


class KeyEntry(Entry, frozen=True, kw_only=True):
    """A key as it is kept: the secret only as HMAC-SHA256 in hexadecimal digits."""

    id: str
    hmac: str


class MemberEntry(Entry, frozen=True, kw_only=True):
    """Somebody whom the identity provider knows, by the `sub` of its tokens."""

    subject: str


class KeyFile(msgspec.Struct, frozen=True):
    keys: tuple[KeyEntry, ...] = ()
    members: tuple[MemberEntry, ...] = ()


_decoder = msgspec.json.Decoder(KeyFile)
_NOBODY = "0" * 64


class KeyRing:
    """The live keys and members. `env`: keys of another environment open nothing.

    Raises FileNotFoundError or msgspec.ValidationError when the file cannot be read at the start.
    """

    def __init__(self, path: Path, pepper: bytes, env: str) -> None:
        self._path = str(path)
        self._pepper = pepper
        self._env = env
        self._live: dict[str, tuple[str, Principal]] = {}
        self._members: dict[str, Principal] = {}
        self._told: object = None
        self._seen = self._stamp()
        self._read()

    def authenticate(self, header: str | None) -> Principal:
        """The principal behind an Authorization header that carries a key. Raises Refused."""
        if header is None:
            raise Refused(missing=True)
        self._look_again()
        kind, _, raw = header.partition(" ")
        match = _FORM.fullmatch(raw.strip(" ")) if kind.lower() == "bearer" else None
        if match is None or match[1] != self._env:
            raise Refused
        # An unknown id is compared as well, so that the time taken does not tell which ids exist.
        expected, principal = self._live.get(match[2], (_NOBODY, None))
        if not hmac.compare_digest(expected, digest(self._pepper, match[0])) or principal is None:
            raise Refused
        return principal

    def member(self, subject: str) -> Principal:
        """The principal whom the identity provider calls by this subject. Raises Refused."""
        self._look_again()
        found = self._members.get(subject)
        if found is None:
            raise Refused
        return found

    def _look_again(self) -> None:
        stamp: tuple[int, int, int] | None = None
        try:
            stamp = self._stamp()
            if stamp != self._seen:
                self._read()
                self._seen, self._told = stamp, None
        except (OSError, msgspec.MsgspecError) as error:
            # A half-written file must not lock everybody out: the last good keys stay until a good file is there.
            found = (stamp, type(error))
            if found != self._told:
                # Once for each state of the file: it is looked at with every request.
                self._told = found
                log.error("keys not read again: %s", type(error).__name__)

    def _stamp(self) -> tuple[int, int, int]:
        found = os.stat(self._path)
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        found = _decoder.decode(Path(self._path).read_bytes())
        self._live = {key.id: (key.hmac, principal) for key in found.keys if (principal := _granted(key, key.id))}
        self._members = {one.subject: principal for one in found.members if (principal := _granted(one, str(one.principal)))}


def _granted(entry: Entry, counted_as: str) -> Principal | None:
    try:
        return principal_of(entry, counted_as)
    except ValueError as error:
        # Written by another version, or by hand: that one opens nothing, the others go on.
        log.error("the entry of principal %s opens nothing: %s", entry.principal, error)
        return None


def principal_of(entry: Entry, counted_as: str = "") -> Principal:
    """Who calls. Raises ValueError for an unknown role, a role without its person, or a scope beyond the role."""
    scopes = frozenset(entry.scopes)
    rows: Rows = EVERYBODY
    if entry.role is not None:
        role = ROLES.get(entry.role)
        if role is None:
            raise ValueError(f"there is no role {entry.role}")
        if beyond := scopes - role.scopes:
            raise ValueError(f"not of the role {entry.role}: {', '.join(sorted(beyond))}")
        scopes, rows = scopes or role.scopes, rows_of(role, entry.person)
    return Principal(entry.principal, entry.name, scopes, counted_as, entry.limit_per_minute, entry.person, rows, entry.role)


def digest(pepper: bytes, raw: str) -> str:
    """What is kept of a raw key."""
    return hmac.digest(pepper, raw.encode(), "sha256").hex()


def draw_key(
    env: str,
    pepper: bytes,
    *,
    name: str,
    principal: UUID,
    scopes: Iterable[str] = (),
    limit_per_minute: int | None = None,
    role: str | None = None,
    person: str | None = None,
) -> tuple[str, KeyEntry]:
    """A new key, raw and as it is kept. Nothing is kept yet.

    Raises ValueError for a malformed environment or scope, an unknown role, a role without its person, a scope beyond the role.
    """
    raw = f"reg_{env}_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}"
    match = _FORM.fullmatch(raw)
    if match is None:
        raise ValueError(f"{env!r} is no name of an environment")
    entry = KeyEntry(
        id=match[2],
        hmac=digest(pepper, raw),
        principal=principal,
        name=name,
        scopes=well_formed(scopes),
        limit_per_minute=limit_per_minute,
        role=role,
        person=person,
    )
    principal_of(entry)
    return raw, entry


def make_key(
    env: str,
    path: Path,
    pepper: bytes,
    *,
    name: str,
    principal: UUID,
    scopes: Iterable[str] = (),
    limit_per_minute: int | None = None,
    role: str | None = None,
    person: str | None = None,
) -> str:
    """Make a key, add it to the file and return it raw: it is shown this once. Keys of one client have the same principal.

    Raises ValueError as `draw_key`, and where the client has two live keys.
    """
    raw, entry = draw_key(
        env,
        pepper,
        name=name,
        principal=principal,
        scopes=scopes,
        limit_per_minute=limit_per_minute,
        role=role,
        person=person,
    )
    with changing(path) as found:
        if sum(key.principal == principal for key in found.keys) >= LIVE_KEYS:
            raise ValueError(f"{name} has {LIVE_KEYS} live keys: withdraw one first")
        write_file(path, msgspec.structs.replace(found, keys=(*found.keys, entry)))
    return raw


def withdraw_key(path: Path, key_id: str) -> bool:
    """Take a key away; False when there is none of this id."""
    with changing(path) as found:
        left = tuple(key for key in found.keys if key.id != key_id)
        write_file(path, msgspec.structs.replace(found, keys=left))
        return len(left) < len(found.keys)


def well_formed(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes in order, each once. Raises ValueError."""
    wanted = tuple(sorted(set(scopes)))
    for scope in wanted:
        if not SCOPE_FORM.fullmatch(scope):
            raise ValueError(f"{scope!r} is no scope")
    return wanted


def read_file(path: Path) -> KeyFile:
    """All keys and members; none when there is no file yet."""
    return _decoder.decode(path.read_bytes()) if path.exists() else KeyFile()


def read_keys(path: Path) -> tuple[KeyEntry, ...]:
    """All keys of a file; none when there is no file yet."""
    return read_file(path).keys


@contextmanager
def changing(path: Path) -> Iterator[KeyFile]:
    """The file as it is, while nobody else changes it: of two changes at once neither is lost."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield read_file(path)
    finally:
        os.close(folder)


def write_keys(path: Path, keys: Iterable[KeyEntry]) -> None:
    """Replace all keys."""
    with changing(path) as found:
        write_file(path, msgspec.structs.replace(found, keys=tuple(keys)))


def write_file(path: Path, content: KeyFile) -> None:
    """Replace the file in one step, readable by its owner only: a reader sees the old keys or the new ones."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    os.replace(staged, path)
