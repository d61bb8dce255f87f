"""How clients prove to a secured broker who they are: certificates and passwords as files, made once for trials and tests.

In production the certificates are of your own authority and each service has the one password that is its own.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.kafka.rights import ADMIN, BROKER, PRINCIPALS
from shared.kafka.settings import KafkaSettings, read_password

_YEARS = timedelta(days=3650)
_ITERATIONS = 8192
_EVERYBODY = (BROKER, ADMIN, *PRINCIPALS)


def make_access(folder: Path) -> None:
    """Authority, the broker's certificate for loopback, and a password for each principal. What is there stays."""
    if (folder / "broker.properties").exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("regulars-authority")
    root = _certificate(issuer, authority.public_key(), issuer).add_extension(x509.BasicConstraints(True, 0), True)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    broker = _certificate(_name("regulars-broker"), key.public_key(), issuer)
    broker = broker.add_extension(x509.SubjectAlternativeName(names), False)
    _write(folder / "ca.pem", _pem(root.sign(authority, hashes.SHA256())))
    raw = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(folder / "broker.pem", raw + _pem(broker.sign(authority, hashes.SHA256())))
    for principal in _EVERYBODY:
        _write(folder / f"{principal}.password", secrets.token_hex(24).encode() + b"\n")
    # The broker reads its own from a file of this form. Written last: with it the folder is complete.
    _write(folder / "broker.properties", f"password={read_password(folder / 'broker.password')}\n".encode())


def access_of(folder: Path, service: str) -> dict[str, str]:
    """What a service's settings say about its access, without its prefix."""
    return {
        "KAFKA_SECURITY": "SASL_SSL",
        "KAFKA_USER": service,
        "KAFKA_PASSWORD_FILE": str(folder / f"{service}.password"),
        "KAFKA_CA_FILE": str(folder / "ca.pem"),
    }


def settings_of(folder: Path, bootstrap: str, principal: str, prefix: str = "") -> KafkaSettings:
    """Raises PasswordRefused."""
    return KafkaSettings(
        bootstrap,
        prefix,
        security="SASL_SSL",
        user=principal,
        password=read_password(folder / f"{principal}.password"),
        ca_file=str(folder / "ca.pem"),
    )


def kafka_at(endpoints: Mapping[str, Any], principal: str) -> KafkaSettings | None:
    """The broker of a running installation, as this principal; None where it runs without one."""
    if not endpoints["kafka"]:
        return None
    if folder := endpoints.get("kafka_access"):
        return settings_of(Path(folder), endpoints["kafka"], principal)
    return KafkaSettings(endpoints["kafka"])


def credentials(folder: Path) -> list[str]:
    """Arguments with which the broker's folder is formatted. A password itself stands in no list of processes."""
    found = []
    for principal in _EVERYBODY:
        salt = secrets.token_bytes(24)
        password = read_password(folder / f"{principal}.password").encode()
        salted = hashlib.pbkdf2_hmac("sha512", password, salt, _ITERATIONS)
        values = f'salt="{b64encode(salt).decode()}",saltedpassword="{b64encode(salted).decode()}"'
        found += ["--add-scram", f"SCRAM-SHA-512=[name={principal},iterations={_ITERATIONS},{values}]"]
    return found


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _YEARS)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
