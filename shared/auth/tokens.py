"""Access tokens of an identity provider: JWTs of the profile RFC 9068, checked as RFC 8725 asks.

A token says who calls and never what that one may do: role, person and scopes are those of the member in our own file, read
with each request, so that taking them away acts at once. A token's own `scope` can only narrow them.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

import msgspec
from jwt import PyJWK, PyJWTError
from jwt.api_jws import PyJWS

from shared.auth.keys import KeyRing, Refused
from shared.auth.principal import Principal
from shared.auth.provider import ALGORITHMS, Algorithm, ProviderKeys, fetcher
from shared.settings import ServiceSettings
from shared.web.problem import Problem
from shared.web.strict_json import parse

BYTES = 8 * 1024
LIFE_SECONDS = 600
SKEW_SECONDS = 10
"""By so much may the provider's clock be ahead of ours. An expired token is not given it."""

_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_TYPES = frozenset(("at+jwt", "application/at+jwt"))
# Each changes what the other parts mean, or asks for a proof that we cannot check: a token with one of them is not for us.
_NOT_OURS = frozenset(("crit", "b64", "enc", "zip"))
_BOUND = "cnf"

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Second = Annotated[int, msgspec.Meta(ge=0, lt=2**40)]


_jws = PyJWS(algorithms=ALGORITHMS)
Read = TypeVar("Read", bound=msgspec.Struct)


class _Header(msgspec.Struct, frozen=True):
    alg: str
    typ: str
    kid: Word


class Claims(msgspec.Struct, frozen=True):
    """What RFC 9068 requires, and `nbf`. Times are whole seconds since 1970, UTC."""

    iss: str
    sub: Word
    aud: str | list[str]
    client_id: Word
    jti: Word
    exp: Second
    nbf: Second
    iat: Second
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """Who makes tokens, for whom, and with which algorithm, whatever a token says of itself."""

    issuer: str
    audience: str
    algorithm: Algorithm


class Tokens:
    """Checks tokens and finds the member behind each."""

    def __init__(self, expected: Expected, keys: ProviderKeys, ring: KeyRing, now: Callable[[], float] = time.time) -> None:
        self._expected = expected
        self._keys = keys
        self._ring = ring
        self._now = now

    async def authenticate(self, token: str) -> Principal:
        """The member behind a token. Raises Refused; ProviderAway when it cannot be told now."""
        kid = named_key(token, self._expected.algorithm)
        key = await self._keys.find(kid)
        if key is None:
            raise Refused
        claims = verified(token, key, self._expected, self._now())
        member = self._ring.member(claims.sub)
        if claims.scope is None:
            return member
        return replace(member, scopes=member.scopes & frozenset(claims.scope.split(" ")))


def tokens_of(settings: ServiceSettings, ring: KeyRing) -> Tokens | None:
    """The tokens of the provider in the settings; None where there is none. Raises ValueError, AddressRefused for half a provider."""
    named = settings.token_issuer, settings.token_keys
    if named == ("", ""):
        return None
    if "" in named or settings.token_audience == "":
        raise ValueError("a provider is named by token_issuer, token_audience and token_keys")
    expected = Expected(settings.token_issuer, settings.token_audience, settings.token_algorithm)
    return Tokens(expected, ProviderKeys(fetcher(settings.token_keys), settings.token_algorithm), ring)


def named_key(token: str, algorithm: Algorithm) -> str:
    """The id of the key that a token says it was signed with. Raises Refused for what is no token of ours, before any key is touched."""
    if len(token) > BYTES or (parts := _FORM.fullmatch(token)) is None:
        raise Refused
    said = _document(parts[1])
    header = _as(_Header, said)
    if header.alg != algorithm or header.typ.lower() not in _TYPES or not _NOT_OURS.isdisjoint(said):
        raise Refused
    _bytes(parts[3])
    return header.kid


def verified(token: str, key: PyJWK, expected: Expected, now: float) -> Claims:
    """The claims of a token that the key has signed. `now` in seconds since 1970. Raises Refused."""
    try:
        _jws.decode(token, key, algorithms=[expected.algorithm])
    except (PyJWTError, ValueError, TypeError):
        raise Refused from None
    said = _document(token.split(".")[1])
    claims = _as(Claims, said)
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    good = (
        _BOUND not in said
        and claims.iss == expected.issuer
        and expected.audience in audiences
        and claims.nbf <= now + SKEW_SECONDS
        and claims.iat <= now + SKEW_SECONDS
        and now < claims.exp <= claims.iat + LIFE_SECONDS
        and claims.nbf < claims.exp
    )
    if not good:
        raise Refused
    return claims


def _bytes(part: str) -> bytes:
    """Bytes in the one way of writing them: another would give one token many names."""
    try:
        found = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refused from None
    if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise Refused
    return found


def _document(part: str) -> dict[str, Any]:
    try:
        found = parse(_bytes(part))
    except Problem:
        raise Refused from None
    if not isinstance(found, dict):
        raise Refused
    return found


def _as(kind: type[Read], said: dict[str, Any]) -> Read:
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError:
        raise Refused from None
