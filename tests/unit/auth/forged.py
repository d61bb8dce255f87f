"""Forged tokens: one function for each, which makes it. docs/security.md lists them under the same names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.unit.auth.provider import Provider, Sign, rs256, shown, signed, written


@dataclass(frozen=True)
class Forger:
    """What a forger has: the provider's public keys, a provider and a key of his own, and here the provider's hand, for what it must not sign."""

    provider: Provider
    own: Provider
    retired: rsa.RSAPrivateKey
    for_encryption: rsa.RSAPrivateKey
    weak: rsa.RSAPrivateKey
    twice: rsa.RSAPrivateKey


def hs256(secret: bytes) -> Sign:
    return lambda said: hmac.new(secret, said, hashlib.sha256).digest()


def ps256(key: rsa.RSAPrivateKey) -> Sign:
    return lambda said: key.sign(said, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def rs512(key: rsa.RSAPrivateKey) -> Sign:
    return lambda said: key.sign(said, padding.PKCS1v15(), hashes.SHA512())


def _by_forger(forger: Forger, header: dict[str, Any]) -> str:
    return signed(header, forger.provider.claims(), rs256(forger.own.key))


def _saying(**claims: Any) -> Callable[[Forger], str]:
    return lambda forger: forger.provider.token(claims=forger.provider.claims(**claims))


def _without(claim: str) -> Callable[[Forger], str]:
    def made(forger: Forger) -> str:
        return forger.provider.token(claims={name: value for name, value in forger.provider.claims().items() if name != claim})

    return made


def _at(claim: str, seconds: int, **more: int) -> Callable[[Forger], str]:
    """A claim so many seconds from now."""

    def made(forger: Forger) -> str:
        now = int(time.time())
        return forger.provider.token(
            claims=forger.provider.claims(**{claim: now + seconds, **{name: now + value for name, value in more.items()}})
        )

    return made


def _headed(**other: Any) -> Callable[[Forger], str]:
    return lambda forger: forger.provider.token(forger.provider.header(**other))


def _headless(name: str) -> Callable[[Forger], str]:
    def made(forger: Forger) -> str:
        return forger.provider.token({key: value for key, value in forger.provider.header().items() if key != name})

    return made


def alg_none(forger: Forger) -> str:
    return f"{written(forger.provider.header(alg='none'))}.{written(forger.provider.claims())}."


def alg_none_spelled_otherwise(forger: Forger) -> str:
    return signed(forger.provider.header(alg="nOnE"), forger.provider.claims(), lambda _said: b"x")


def no_signature(forger: Forger) -> str:
    return forger.provider.token().rpartition(".")[0] + "."


def hmac_with_the_public_pem(forger: Forger) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = forger.provider.key.public_key().public_bytes(serialization.Encoding.PEM, form)
    return signed(forger.provider.header(alg="HS256"), forger.provider.claims(), hs256(pem))


def hmac_with_the_public_jwk(forger: Forger) -> str:
    return signed(
        forger.provider.header(alg="HS256"), forger.provider.claims(), hs256(json.dumps(forger.provider.keys[0]).encode())
    )


def other_padding_of_the_same_key(forger: Forger) -> str:
    return signed(forger.provider.header(alg="PS256"), forger.provider.claims(), ps256(forger.provider.key))


def other_hash_of_the_same_key(forger: Forger) -> str:
    return signed(forger.provider.header(alg="RS512"), forger.provider.claims(), rs512(forger.provider.key))


def other_padding_than_it_says(forger: Forger) -> str:
    return signed(forger.provider.header(), forger.provider.claims(), ps256(forger.provider.key))


def foreign_key_under_our_kid(forger: Forger) -> str:
    return _by_forger(forger, forger.provider.header())


def unknown_kid(forger: Forger) -> str:
    return _by_forger(forger, forger.provider.header(kid="k9"))


def key_in_the_header(forger: Forger) -> str:
    return _by_forger(forger, forger.provider.header(jwk=shown(forger.own.key, forger.provider.kid)))


def key_address_in_the_header(forger: Forger) -> str:
    return _by_forger(forger, forger.provider.header(jku=f"{forger.own.issuer}/jwks"))


def certificate_in_the_header(forger: Forger) -> str:
    der = forger.own.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _by_forger(forger, forger.provider.header(x5c=[base64.b64encode(der).decode()], x5u=f"{forger.own.issuer}/jwks"))


def kid_is_a_path(forger: Forger) -> str:
    return signed(forger.provider.header(kid="../../../../../../dev/null"), forger.provider.claims(), hs256(b""))


def kid_is_a_statement(forger: Forger) -> str:
    return _by_forger(forger, forger.provider.header(kid=f"k9' UNION SELECT '{forger.provider.keys[0]['n']}"[:250]))


def kid_is_an_address(forger: Forger) -> str:
    return _by_forger(forger, forger.provider.header(kid=f"{forger.own.issuer}/jwks"))


def claims_changed_after_signing(forger: Forger) -> str:
    header, _, signature = forger.provider.token(claims=forger.provider.claims(sub="somebody-else")).split(".")
    return f"{header}.{written(forger.provider.claims())}.{signature}"


def header_changed_after_signing(forger: Forger) -> str:
    _, claims, signature = forger.provider.token(forger.provider.header(typ="JWT")).split(".")
    return f"{written(forger.provider.header())}.{claims}.{signature}"


def signature_changed(forger: Forger) -> str:
    said, _, signature = forger.provider.token().rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[100] ^= 1
    return f"{said}.{written(bytes(raw))}"


def signature_cut(forger: Forger) -> str:
    return forger.provider.token()[:-8]


def signature_of_zeros(forger: Forger) -> str:
    return signed(forger.provider.header(), forger.provider.claims(), lambda _said: bytes(256))


def signature_written_otherwise(forger: Forger) -> str:
    # 256 bytes leave four bits of the last character that mean nothing: another character stands for the same bytes.
    token = forger.provider.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def padded(forger: Forger) -> str:
    return forger.provider.token() + "=="


def space_within(forger: Forger) -> str:
    return forger.provider.token().replace(".", ". ", 1)


def claim_said_twice(forger: Forger) -> str:
    said = json.dumps(forger.provider.claims())
    return forger.provider.token(claims=f'{said[:-1]}, "sub": "somebody-else"}}'.encode())


def header_said_twice(forger: Forger) -> str:
    said = json.dumps(forger.provider.header())
    return forger.provider.token(f'{said[:-1]}, "alg": "RS256"}}'.encode())


def claims_are_no_object(forger: Forger) -> str:
    return forger.provider.token(claims=json.dumps([forger.provider.claims()]).encode())


def not_utf_8(forger: Forger) -> str:
    return forger.provider.token(claims=json.dumps(forger.provider.claims(), ensure_ascii=False).encode("utf-16"))


def nested_too_deep(forger: Forger) -> str:
    said = json.dumps(forger.provider.claims())
    return forger.provider.token(claims=f'{said[:-1]}, "a": {"[" * 1500}{"]" * 1500}}}'.encode())


def too_long(forger: Forger) -> str:
    return forger.provider.token(claims=forger.provider.claims(more="x" * 6500))


def encrypted_form(forger: Forger) -> str:
    return ".".join([written(forger.provider.header(alg="RSA-OAEP", enc="A256GCM")), *(written(b"x" * 16) for _ in range(4))])


def json_form(forger: Forger) -> str:
    header, claims, signature = forger.provider.token().split(".")
    return json.dumps({"payload": claims, "signatures": [{"protected": header, "signature": signature}]})


def key_for_encryption(forger: Forger) -> str:
    return signed(forger.provider.header(kid="enc"), forger.provider.claims(), rs256(forger.for_encryption))


def weak_key(forger: Forger) -> str:
    return signed(forger.provider.header(kid="weak"), forger.provider.claims(), rs256(forger.weak))


def key_of_an_id_that_is_shown_twice(forger: Forger) -> str:
    return signed(forger.provider.header(kid="twice"), forger.provider.claims(), rs256(forger.twice))


def retired_key(forger: Forger) -> str:
    return signed(forger.provider.header(kid="k0"), forger.provider.claims(), rs256(forger.retired))


FORGED: dict[str, Callable[[Forger], str]] = {
    made.__name__: made
    for made in (
        alg_none, alg_none_spelled_otherwise, no_signature, hmac_with_the_public_pem, hmac_with_the_public_jwk,
        other_padding_of_the_same_key, other_hash_of_the_same_key, other_padding_than_it_says, foreign_key_under_our_kid, unknown_kid,
        key_in_the_header, key_address_in_the_header, certificate_in_the_header, kid_is_a_path, kid_is_a_statement, kid_is_an_address,
        claims_changed_after_signing, header_changed_after_signing, signature_changed, signature_cut, signature_of_zeros,
        signature_written_otherwise, padded, space_within, claim_said_twice, header_said_twice, claims_are_no_object, not_utf_8,
        nested_too_deep, too_long, encrypted_form, json_form, key_for_encryption, weak_key, key_of_an_id_that_is_shown_twice, retired_key,
    )
} | {
    "kid_missing": _headless("kid"),
    "kid_is_no_text": _headed(kid=["k1"]),
    "type_of_an_identity_token": _headed(typ="JWT"),
    "type_missing": _headless("typ"),
    "critical_extension": _headed(crit=["exp"]),
    "payload_not_encoded": _headed(b64=False, crit=["b64"]),
    "compressed": _headed(zip="DEF"),
    "foreign_issuer": lambda forger: forger.provider.token(claims=forger.provider.claims(iss=forger.own.issuer)),
    "issuer_almost_ours": lambda forger: forger.provider.token(claims=forger.provider.claims(iss=f"{forger.provider.issuer}/")),
    "issuer_missing": _without("iss"),
    "foreign_audience": _saying(aud="payroll"),
    "audience_almost_ours": _saying(aud=["regulars-test", "Regulars"]),
    "audience_missing": _without("aud"),
    "audience_is_an_object": _saying(aud={"regulars": True}),
    "expired": _at("exp", 0, iat=-300, nbf=-300),
    "expiry_missing": _without("exp"),
    "not_valid_yet": _at("nbf", 60),
    "beginning_missing": _without("nbf"),
    "made_in_the_future": _at("iat", 60),
    "made_when_missing": _without("iat"),
    "lives_too_long": _at("exp", 660),
    "expires_as_text": lambda forger: forger.provider.token(claims=forger.provider.claims(exp=str(int(time.time()) + 300))),
    "expires_never": lambda forger: forger.provider.token(
        claims=json.dumps(forger.provider.claims(exp=0)).replace('"exp": 0', '"exp": Infinity').encode()
    ),
    "expires_as_truth": _saying(exp=True),
    "subject_missing": _without("sub"),
    "subject_empty": _saying(sub=""),
    "subject_is_no_text": _saying(sub=["00u-li"]),
    "subject_of_nobody": _saying(sub="00u-nobody"),
    "subject_withdrawn": _saying(sub="00u-withdrawn"),
    "client_missing": _without("client_id"),
    "number_missing": _without("jti"),
    "bound_to_a_proof": _saying(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
}  # fmt: skip
