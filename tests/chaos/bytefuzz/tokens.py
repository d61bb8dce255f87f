"""What is fuzzed of access tokens and of the keys that sign them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWK
from jwt.algorithms import OKPAlgorithm

from shared.auth.keys import Refused
from shared.auth.provider import usable
from shared.auth.tokens import Expected, named_key, verified
from shared.web.problem import Problem

_NOW = 1_800_000_000.0
_EXPECTED = Expected("https://idp.example.com", "regulars", "EdDSA")


@cache
def _signer() -> tuple[Ed25519PrivateKey, PyJWK, str]:
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    shown = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    times = {"iat": int(_NOW), "nbf": int(_NOW), "exp": int(_NOW) + 300}
    claims = {"iss": _EXPECTED.issuer, "aud": "regulars", "sub": "li", "client_id": "web", "jti": "1", **times}
    token = jwt.encode(claims, key, "EdDSA", {"typ": "at+jwt", "kid": "k1"})
    return key, PyJWK({**shown, "kid": "k1"}, "EdDSA"), token


def access_token(data: bytes) -> None:
    """Nothing is taken but the token that was signed, and what is signed and says something else breaks nothing."""
    key, public, token = _signer()
    text = data.decode("latin-1")
    with suppress(Refused):
        assert named_key(text, "EdDSA") is not None
        verified(text, public, _EXPECTED, _NOW)
        assert text == token
    said = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"EdDSA","typ":"at+jwt","kid":"k1"}', data))
    signed = f"{said.decode()}.{base64.urlsafe_b64encode(key.sign(said)).rstrip(b'=').decode()}"
    with suppress(Refused):
        assert named_key(signed, "EdDSA") == "k1"
        found = verified(signed, public, _EXPECTED, _NOW)
        assert found.iss == _EXPECTED.issuer and found.nbf <= _NOW + 10 and _NOW < found.exp <= found.iat + 600


def set_of_keys(data: bytes) -> None:
    """What a provider shows is a set of keys, or nothing."""
    with suppress(Problem):
        usable(data, "EdDSA")


def _tokens() -> list[bytes]:
    token = _signer()[2]
    return [token.encode(), *(base64.urlsafe_b64decode(part + "==") for part in token.split("."))]


def _sets() -> list[bytes]:
    key = base64.urlsafe_b64encode(b"k" * 32).rstrip(b"=")
    return [b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "k1", "x": "' + key + b'"}]}']


TOKEN_SEEDS: Mapping[str, Callable[[], list[bytes]]] = {"access_token": _tokens, "set_of_keys": _sets}
