"""Which addresses may be called: public ones, and networks that the operator allows. Everything else may be our own inside.

Source: OWASP API7:2023 (server-side request forgery); IANA's registries of special-purpose addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network
LONGEST = 2000

# Global by number, and yet inside: fabric addresses of clouds, translations of IPv4 that would hide what is called, and what the
# language's own list of special networks does not know, or knows in parts only.
_INSIDE = tuple(
    ip_network(one)
    for one in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "3fff::/20",
        "5f00::/16",
    )
)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
# What ends in a number is read as an IPv4 address in one of its forms, of which only the plain one is taken.
_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*(?!(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?\Z){_LABEL}\.?")
# The language's parser passes over what stands between a bracket and the port; others do not.
_BRACKETED = re.compile(r"\[[^\]]*\](:[0-9]*)?")
_PLAIN = re.compile(r"[\x21-\x7e]+")


class AddressRefused(Exception):
    """The address may not be called. The message says why, never what it leads to."""


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks in CIDR form. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def check_url(url: str, allowed: Sequence[Network] = ()) -> None:
    """Check what can be seen without resolving the name. Plain http is taken for an allowed loopback address only. Raises AddressRefused."""
    if len(url) > LONGEST or not _PLAIN.fullmatch(url) or "\\" in url:
        raise AddressRefused(f"an address is printable ASCII without spaces, at most {LONGEST} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("this is no address") from None
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None or parts.fragment or "@" in parts.netloc:
        raise AddressRefused("an address names no user and no fragment")
    number = _number(host)
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        raise AddressRefused("this is no address")
    if port == 0 or "%" in host or (number is None and ("[" in parts.netloc or not _NAME.fullmatch(host))):
        raise AddressRefused("this is no address")
    if number is not None:
        check_address(number, allowed)
    if parts.scheme == "http":
        if number is None or not number.is_loopback:
            raise AddressRefused("https is asked for")
    elif parts.scheme != "https":
        raise AddressRefused("https is asked for")


def check_address(address: IPv4Address | IPv6Address | str, allowed: Sequence[Network] = ()) -> None:
    """Check a resolved address. Raises AddressRefused; ValueError when the text is no address."""
    number = ip_address(address) if isinstance(address, str) else address
    if isinstance(number, IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    if any(number in network for network in allowed if network.version == number.version):
        return
    special = number.is_multicast or number.is_reserved or number.is_private or not number.is_global
    if special or any(number in network for network in _INSIDE if network.version == number.version):
        raise AddressRefused("the address is not public")


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
