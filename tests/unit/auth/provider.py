"""A small identity provider over real HTTP on this machine: discovery, keys (RFC 7517), and access tokens by client credentials (RFC 9068)."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "regulars"
SUBJECT = "00u-li"
SECRET = "not a secret: of a provider that lives as long as a test"

Document = Mapping[str, Any]
Sign = Callable[[bytes], bytes]


def written(document: Document | bytes) -> str:
    """A part of a token."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Document | bytes, claims: Document | bytes, sign: Sign) -> str:
    said = f"{written(header)}.{written(claims)}"
    return f"{said}.{written(sign(said.encode()))}"


def rs256(key: rsa.RSAPrivateKey) -> Sign:
    return lambda said: key.sign(said, padding.PKCS1v15(), hashes.SHA256())


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def shown(key: rsa.RSAPrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    """A key as a provider shows it."""
    public: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "n": public["n"], "e": public["e"], "kid": kid, "use": "sig", "alg": "RS256", **more}


@dataclass
class Provider:
    """`keys` are those that it shows; `asked` counts requests by path; while `away` it answers 500."""

    issuer: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    kid: str = "k1"
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    away: bool = False

    def __post_init__(self) -> None:
        self.keys.append(shown(self.key, self.kid))

    def header(self, **other: Any) -> dict[str, Any]:
        return {"alg": "RS256", "typ": "at+jwt", "kid": self.kid, **other}

    def claims(self, **other: Any) -> dict[str, Any]:
        now = int(time.time())
        made = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": SUBJECT, "client_id": "web", "jti": str(uuid4()),
            "iat": now, "nbf": now, "exp": now + 300,
        }  # fmt: skip
        return {**made, **other}

    def token(self, header: Document | bytes | None = None, claims: Document | bytes | None = None) -> str:
        """A token with the provider's own signature, whatever it says."""
        return signed(self.header() if header is None else header, self.claims() if claims is None else claims, rs256(self.key))

    def rotate(self, kid: str) -> None:
        """Sign with another key from now on, and show no other."""
        self.key, self.kid = new_key(), kid
        self.keys[:] = [shown(self.key, kid)]


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    """The provider under an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked[self.path] += 1
            if self.path == "/.well-known/openid-configuration":
                self._answer(
                    {
                        "issuer": provider.issuer,
                        "jwks_uri": f"{provider.issuer}/jwks",
                        "token_endpoint": f"{provider.issuer}/token",
                    }
                )
            elif self.path == "/jwks":
                self._answer({"keys": provider.keys})
            else:
                self._answer({}, 404)

        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if asked.get("client_secret") != [SECRET] or asked.get("grant_type") != ["client_credentials"]:
                return self._answer({"error": "invalid_client"}, 401)
            scope = {"scope": asked["scope"][0]} if "scope" in asked else {}
            token = provider.token(claims=provider.claims(sub=asked["client_id"][0], client_id=asked["client_id"][0], **scope))
            return self._answer({"access_token": token, "token_type": "Bearer", "expires_in": 300})

        def _answer(self, body: Document, status: int = 200) -> None:
            raw = json.dumps(body).encode()
            self.send_response(500 if provider.away else status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
