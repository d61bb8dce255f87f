"""Tricks by which an address that somebody names would lead inside. docs/security.md lists them by the same names.

`{port}` is that of a server inside. What a name resolves to is said by a name server of the test: one list of addresses a lookup,
the last one again and again; a name in a list is a CNAME.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OUTSIDE = "127.0.0.2"
"""Allowed in the tests, as a public address is. All else of this machine is inside."""


@dataclass(frozen=True, slots=True)
class Trick:
    """`seen` at once, as the address is given, or else as it is called, by where its name leads."""

    url: str
    resolves: tuple[tuple[str, ...], ...] = ()

    @property
    def seen_at_once(self) -> bool:
        return not self.resolves


def _named(*resolves: tuple[str, ...]) -> Trick:
    return Trick("https://crm.example.com:{port}/hooks", resolves)


TRICKS: Mapping[str, Trick] = {
    # Numbers, in every form that some resolver takes.
    "loopback": Trick("https://127.0.0.1:{port}/"),
    "loopback in plain http": Trick("http://127.0.0.1:{port}/"),
    "end of loopback": Trick("https://127.255.255.254:{port}/"),
    "short form": Trick("https://127.1:{port}/"),
    "decimal number": Trick("https://2130706433:{port}/"),
    "hexadecimal number": Trick("https://0x7f000001:{port}/"),
    "octal parts": Trick("https://0177.0.0.01:{port}/"),
    "mixed bases": Trick("https://0x7f.0.1:{port}/"),
    "dot at the end": Trick("https://127.0.0.1.:{port}/"),
    "this host": Trick("https://0.0.0.0:{port}/"),
    "this host in short": Trick("https://0:{port}/"),
    "private 10": Trick("https://10.0.0.8/"),
    "private 172": Trick("https://172.31.255.1/"),
    "private 192": Trick("https://192.168.1.4:8080/"),
    "shared address space": Trick("https://100.100.100.200/latest/meta-data"),
    "cloud metadata": Trick("https://169.254.169.254/latest/meta-data"),
    "cloud fabric": Trick("https://168.63.129.16/machine"),
    "protocol assignments": Trick("https://192.0.0.192/opc/v1"),
    "multicast": Trick("https://224.0.0.1/"),
    "broadcast": Trick("https://255.255.255.255/"),
    # Version 6, and version 4 inside it.
    "loopback of version 6": Trick("https://[::1]:{port}/"),
    "unspecified of version 6": Trick("https://[::]:{port}/"),
    "mapped": Trick("https://[::ffff:127.0.0.1]:{port}/"),
    "mapped in hexadecimal": Trick("https://[::ffff:7f00:1]:{port}/"),
    "mapped and written out": Trick("https://[0:0:0:0:0:ffff:127.0.0.1]:{port}/"),
    "compatible": Trick("https://[::127.0.0.1]:{port}/"),
    "translated": Trick("https://[64:ff9b::7f00:1]:{port}/"),
    "6to4": Trick("https://[2002:7f00:1::]:{port}/"),
    "teredo": Trick("https://[2001:0:7f00:1::]:{port}/"),
    "unique local": Trick("https://[fd00:ec2::254]/latest/meta-data"),
    "link local": Trick("https://[fe80::1]:{port}/"),
    "zone": Trick("https://[fe80::1%25lo]:{port}/"),
    "behind the bracket": Trick("https://[::1]44:{port}/"),
    # What two parsers read differently.
    "user before the host": Trick("https://crm.example.com@127.0.0.1:{port}/"),
    "user and password": Trick("https://crm.example.com:443@127.0.0.1:{port}/"),
    "two signs": Trick("https://a@crm.example.com@127.0.0.1:{port}/"),
    "backslash": Trick("https://127.0.0.1:{port}\\@crm.example.com/"),
    "fragment": Trick("https://127.0.0.1:{port}#@crm.example.com/"),
    "tab in the host": Trick("https://127.0.0\t.1:{port}/"),
    "line break in the path": Trick("https://crm.example.com/\r\nHost: 127.0.0.1"),
    "zero byte": Trick("https://crm.example.com\0.127.0.0.1:{port}/"),
    "space": Trick("https://crm.example.com 127.0.0.1:{port}/"),
    "full-width digits": Trick("https://１２７.０.０.１:{port}/"),
    "enclosed digits": Trick("https://①②⑦.⓪.⓪.①:{port}/"),
    "ideographic stop": Trick("https://127。0。0。1:{port}/"),
    "percent in the host": Trick("https://127%2e0%2e0%2e1:{port}/"),
    "no host": Trick("https:///127.0.0.1:{port}/"),
    "no scheme": Trick("//127.0.0.1:{port}/"),
    "another scheme": Trick("gopher://127.0.0.1:{port}/_GET"),
    "a file": Trick("file:///etc/passwd"),
    "scheme in front of a scheme": Trick("url:https://127.0.0.1:{port}/"),
    "plain http by name": Trick("http://crm.example.com:{port}/"),
    # Names that lead inside.
    "name of this machine": Trick("https://localhost:{port}/", (("127.0.0.1",),)),
    "name of an inside address": _named(("127.0.0.1",)),
    "name of an inside address of version 6": _named(("::1",)),
    "name of a mapped address": _named(("::ffff:127.0.0.1",)),
    "name of the metadata": _named(("169.254.169.254",)),
    "name of this host": _named(("0.0.0.0",)),
    "alias of this machine": _named(("localhost", "127.0.0.1")),
    "outside and inside": _named((OUTSIDE, "127.0.0.1")),
    "inside and outside": _named(("127.0.0.1", OUTSIDE)),
    "outside, and inside in version 6": _named((OUTSIDE, "::1")),
    "address in the name": Trick("https://127.0.0.1.nip.example.com:{port}/", (("127.0.0.1",),)),
}
