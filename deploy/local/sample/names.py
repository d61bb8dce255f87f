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
_FAMILY = "Bao Cheng Dou Fang Gu Hui Jin Kang Luo Mei Ning Ou Pei Qin Ruan Shi Tang Wen Xia Yue Zhuo".split()
_GIVEN = "Anlan Beiqi Chunhe Dongyu Enxi Feilan Guanyi Haoran Jiayu Kexin Linzhi Mingqi Nanfeng Qiuyan Ruoxi Shuhan Tingyu Wanqing Yichen Zimo".split()


def company(rng: Random, taken: set[str]) -> tuple[str, str]:
    """A company's name that is not taken yet, and is from now on; and its industry."""
    while True:
        trade, industry = rng.choice(_TRADE)
        name = f"{rng.choice(_FIRST)} {rng.choice(_SECOND)} {trade}"
        if name not in taken:
            taken.add(name)
            return f"{name} {rng.choice(_FORM)}", industry


def person(rng: Random) -> str:
    """A person's name, the family's first."""
    return f"{rng.choice(_FAMILY)} {rng.choice(_GIVEN)}"
