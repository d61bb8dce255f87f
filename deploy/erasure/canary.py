"""A made-up person whose every personal field holds a word that stands nowhere else."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Canary:
    """`token` is in all personal texts, `telephone` is personal too. `marker` is in what is not personal and goes the same ways: where
    it is found, the person would have been found as well."""

    token: str
    telephone: str
    marker: str

    def needles(self) -> frozenset[bytes]:
        """Every form in which something personal could stand in a file."""
        return forms(self.token) | forms(self.telephone)

    def controls(self) -> frozenset[bytes]:
        return forms(self.marker)

    def card(self) -> Mapping[str, Any]:
        """The body of a registration."""
        name, email = f"Ada {self.token}", f"{self.token}@example.com"
        return {
            "kind": "PERSON",
            "person_name": name,
            "telephone": self.telephone,
            "email": email,
            "address": f"{self.token} Street",
            "external_ids": [{"system": "erasure-verify", "value": self.marker}],
            "contacts": [{"role": "BUYER", "name": name, "telephone": self.telephone, "email": email}],
            "traits": {one: f"{one} {self.token}" for one in ("character", "hobbies", "family", "education", "ability")},
        }

    def intent(self) -> Mapping[str, Any]:
        return {"number": self.marker, "intent_class": "ERASURE_VERIFY", "grade": "A", "text": f"thinks of {self.token}"}

    def complaint(self, customer_id: str, day: date) -> Mapping[str, Any]:
        return {
            "customer": {"id": customer_id},
            "kind": "QUALITY",
            "channel": "WEB",
            "received_on": day.isoformat(),
            "description": f"says {self.token}",
        }


def new_canary() -> Canary:
    """A person who has never been here."""
    token = f"zq{secrets.token_hex(8)}"
    return Canary(token, f"+86138{secrets.randbelow(10**8):08d}", f"mk{secrets.token_hex(8)}")


def forms(text: str) -> frozenset[bytes]:
    """A text as it may stand in a file: as it is, in two widths, in hexadecimal digits, escaped, and in base64 wherever it begins."""
    raw = text.encode()
    found = {raw, text.encode("utf-16-le"), raw.hex().encode(), raw.hex().upper().encode(), quote(text).encode()}
    for before, first in enumerate((0, 2, 3)):
        # What stands before shifts the letters; those that its neighbours share in are left out.
        found.add(base64.b64encode(bytes(before) + raw)[first : (before + len(raw)) * 4 // 3])
    return frozenset(found)
