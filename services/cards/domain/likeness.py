"""Forms in which two spellings of one thing become equal: company names and addresses. Pure.

Equal forms say only that two cards may be of one customer. Which forms of a name are taken off follows the company laws of China,
Taiwan, Hong Kong, Japan, and those of Western countries whose companies trade there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from shared.contracts.cards import Basics

# Longer ones first: "股份有限公司" ends with "有限公司".
_LEGAL_FORMS_CJK = (
    "股份有限责任公司", "股份有限公司", "有限责任公司", "股份有限責任公司", "有限責任公司", "有限公司", "集团公司", "集團公司", "集团", "集團", "公司",
    "個人独資企業", "个人独资企业", "特定非営利活動法人", "一般社団法人", "一般財団法人", "株式會社", "株式会社", "有限会社", "合同会社", "合資会社", "合名会社",
)  # fmt: skip
_ABBREVIATED_CJK = re.compile(r"\((?:株|有|合|資|名|社|财|财团|財|個独)\)")
_LEGAL_FORMS_LATIN = frozenset(
    (
        "co company corp corporation inc incorporated ltd limited llc llp lp plc pte pty pvt private group holdings holding "
        "gmbh mbh ag kg kgaa ohg ug ev se sa sas sarl srl spa sl bv nv oy oyj ab as asa aps kk kabushiki yugen gk kaisha gaisha sdn bhd"
    ).split()
)
_POINTED = re.compile(r"\b(?:[a-z]\.){2,}")
_NOT_A_WORD = re.compile(r"[^\w]+|_")


def name_key(name: str | None) -> str:
    """A company's name without its legal form, width, case, spaces and punctuation; empty for no name.

    "Lotus Trading Co., Ltd." and "LOTUS TRADING" are alike, so are "株式会社田中商店" and "㈱田中商店".
    """
    if name is None:
        return ""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    words = _words(_without_cjk_form(_ABBREVIATED_CJK.sub(" ", plain)))
    kept = _without_latin_form(words)
    # A name of nothing but legal forms is still a name.
    return "".join(kept) or "".join(words) or "".join(_words(plain))


def address_key(basics: Basics) -> str | None:
    """An address without spaces, case, width and punctuation, its country first; None where too little is known to compare."""
    postal = basics.postal
    if postal is not None and postal.street is not None:
        parts: Iterable[str | None] = (postal.country, postal.region, postal.city, postal.district, postal.street)
    elif basics.address is not None:
        parts = (basics.country, basics.place, basics.address)
    else:
        return None
    return "/".join("".join(_words(unicodedata.normalize("NFKC", part).casefold())) for part in parts if part is not None)


def _words(plain: str) -> list[str]:
    # "S.p.A." is one word, "a.b" is two.
    together = _POINTED.sub(lambda found: found.group().replace(".", "") + " ", plain)
    return [word for word in _NOT_A_WORD.split(together) if word]


def _without_cjk_form(plain: str) -> str:
    text = plain.strip()
    for form in _LEGAL_FORMS_CJK:
        text = text.removesuffix(form).strip()
        text = text.removeprefix(form).strip()
    return text


def _without_latin_form(words: list[str]) -> list[str]:
    kept = list(words)
    while kept and kept[-1] in _LEGAL_FORMS_LATIN:
        kept.pop()
    return kept[1:] if len(kept) > 1 and kept[0] == "the" else kept
