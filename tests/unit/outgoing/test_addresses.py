"""Which addresses may be called: nothing inside, however it is written."""

from __future__ import annotations

import pytest

from shared.outgoing.addresses import AddressRefused, check_address, check_url, networks

LOOPBACK = networks(["127.0.0.0/8", "::1/128"])


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com/hooks",
        "https://crm.example.com:8443/hooks?token=a",
        "https://crm.example.com./hooks",
        "https://crm_1.xn--kse-qla.example.com/hooks",
        "https://3com.example.com/hooks",
        "https://93.184.216.34/hooks",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/hooks",
    ],
)
def test_public_addresses_over_https_are_taken(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com/hooks",
        "http://93.184.216.34/hooks",
        "http://127.0.0.1/hooks",
        "https://127.0.0.1/hooks",
        "https://10.0.0.8/hooks",
        "https://192.168.1.4:8080/hooks",
        "https://172.16.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://168.63.129.16/",
        "https://192.0.0.192/opc/v1",
        "https://192.0.0.9/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::ffff:30.0.0.1]44/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[ff02::1]/",
        "https://[3fff::1]/",
        "https://[5f00::1]/",
        "https://user@crm.example.com/",
        "https://user:secret@crm.example.com/",
        "https://crm.example.com@127.0.0.1/",
        "https://crm.example.com/#part",
        "https://crm.example.com:0/",
        "https://crm.example.com:99999/",
        "https://crm.example.com\\@127.0.0.1/",
        "https://crm.example.com/a b",
        "https://crm.example.com/\r\nHost: inside",
        "https://käse.example.com/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://1.2.3/",
        "https://0/",
        "https://a..b/",
        "https://.example.com/",
        "https://./",
        "https://-a.example.com/",
        "https://a%2e.example.com/",
        "https://[::1/",
        "https://[v1.a]/",
        "https://" + "a" * 64 + ".example.com/",
        "https://" + "a." * 130 + "example.com/",
        "https:///hooks",
        "https://",
        "ftp://crm.example.com/",
        "file:///etc/passwd",
        "gopher://crm.example.com/",
        "javascript:alert(1)",
        "crm.example.com/hooks",
        "",
        "https://crm.example.com/" + "a" * 2000,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url)


def test_an_allowed_network_is_taken_and_plain_http_only_on_loopback() -> None:
    inside = networks(["10.1.0.0/16"])
    check_url("https://10.1.2.3/hooks", inside)
    for url in ("http://10.1.2.3/hooks", "https://10.2.0.1/hooks"):
        with pytest.raises(AddressRefused):
            check_url(url, inside)
    check_url("http://127.0.0.1:8000/hooks", LOOPBACK)
    check_url("http://[::1]:8000/hooks", LOOPBACK)
    with pytest.raises(AddressRefused):
        check_url("http://localhost/hooks", LOOPBACK)


def test_an_ipv4_address_inside_ipv6_is_judged_as_what_it_is() -> None:
    check_address("::ffff:93.184.216.34")
    check_address("::ffff:127.0.0.1", LOOPBACK)
    with pytest.raises(AddressRefused):
        check_address("::ffff:192.168.0.1")
