"""Made-up names: no company and no person behind them."""

from __future__ import annotations

from random import Random

_FIRST = (
    "Lotus Cedar Jade Harbour Maple Crane River Amber Willow Bamboo Lantern Plum Heron Granite Silver Orchid Tiger Morning "
    "Autumn Copper Pearl Eastern Southern Northern Golden Quiet Bright Clear High Old"
).split()
_SECOND = "Bridge Gate Field Hill Lake Spring Tower Garden Stone Valley Wind Bay Court Forest Peak Market Wharf Terrace Mill Path".split()
_TRADE = (
    ("Hardware", "HARDWARE"),
    ("Lighting", "LIGHTING"),
    ("Building Supplies", "BUILDING"),
    ("Kitchenware", "HOUSEHOLD"),
    ("Tools", "HARDWARE"),
    ("Household Goods", "HOUSEHOLD"),
    ("Sanitary Ware", "BUILDING"),
    ("Furniture Fittings", "FURNITURE"),
)
_FORM = ("Co., Ltd.", "Trading Co., Ltd.", "Wholesale", "Stores")
_PLACES = (
    ("Suzhou", "EAST-1"),
    ("Wuxi", "EAST-1"),
    ("Hangzhou", "EAST-2"),
    ("Ningbo", "EAST-2"),
    ("Hefei", "CENTRE"),
    ("Wuhan", "CENTRE"),
    ("Changsha", "CENTRE"),
    ("Guangzhou", "SOUTH"),
    ("Xiamen", "SOUTH"),
    ("Chengdu", "WEST"),
    ("Xi'an", "WEST"),
    ("Qingdao", "NORTH"),
)
_ABROAD = {"USD": ("Tacoma", "US"), "EUR": ("Rotterdam", "NL"), "JPY": ("Sakai", "JP")}
_FAMILY = "Bao Cheng Dou Fang Gu Hui Jin Kang Luo Mei Ning Ou Pei Qin Ruan Shi Tang Wen Xia Yue Zhuo".split()
_GIVEN = "Anlan Beiqi Chunhe Dongyu Enxi Feilan Guanyi Haoran Jiayu Kexin Linzhi Mingqi Nanfeng Qiuyan Ruoxi Shuhan Tingyu Wanqing Yichen Zimo".split()


def company(rng: Random) -> tuple[str, str]:
    """A company's name and its industry."""
    trade, industry = rng.choice(_TRADE)
    return f"{rng.choice(_FIRST)} {rng.choice(_SECOND)} {trade} {rng.choice(_FORM)}", industry


def person(rng: Random) -> str:
    """A person's name."""
    return f"{rng.choice(_FAMILY)} {rng.choice(_GIVEN)}"


def place(rng: Random, currency: str) -> tuple[str, str, str]:
    """City, country and sales area of a dealer that trades in this currency."""
    if currency in _ABROAD:
        return (*_ABROAD[currency], "ABROAD")
    city, area = rng.choice(_PLACES)
    return city, "CN", area
