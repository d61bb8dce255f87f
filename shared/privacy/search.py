"""Keyed hashes: of facts before they are sealed, and of the texts by which a person may be found exactly."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Literal

import phonenumbers

SearchKind = Literal["name", "telephone", "email", "address"]


class Hashes:
    """Without the key nobody can try names or numbers against the hashes. 32 bytes each; different kinds never collide."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def fingerprint(self, content: bytes) -> bytes:
        """Hash of the content of a fact: equal content, equal hash."""
        return hashlib.blake2b(content, digest_size=32, key=self._key, person=b"fact").digest()

    def search_hash(self, kind: SearchKind, text: str, country: str | None = None) -> bytes:
        """Hash of a normalised text. `country` (ISO 3166-1 alpha-2) is where a telephone number without a country code belongs."""
        plain = telephone_form(text, country) if kind == "telephone" else search_form(text)
        return hashlib.blake2b(plain.encode(), digest_size=32, key=self._key, person=kind.encode()).digest()


def search_form(text: str) -> str:
    """Width, case and runs of spaces make no difference (NFKC, casefold)."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def telephone_form(text: str, country: str | None = None) -> str:
    """E.164 where the number can be read, else its digits."""
    plain = unicodedata.normalize("NFKC", text)
    try:
        number = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException:
        return "".join(character for character in plain if character.isdigit())
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
