"""A back-test as a picture: by month the warnings that were right and those for nothing, and the losses, beside the present rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from pygal.style import Style

PRESENT, DRAFT = "present", "draft"
WIDTH, HEIGHT = 1000, 420
LABELS = 18
LINES = 8
# Told apart without colours too (Okabe & Ito): the pairs differ in brightness.
_COLOURS = {"losses": "#000000", PRESENT: ("#0072b2", "#99c7e0"), DRAFT: ("#d55e00", "#f2bf99")}


def plot(title: str, months: Sequence[Mapping[str, Any]]) -> bytes:
    """SVG 1.1 without scripts and without anything from elsewhere. The same numbers give the same picture, byte for byte."""
    variants = [name for name in (PRESENT, DRAFT) if months and name in months[0]]
    colours = [_COLOURS["losses"], *(colour for name in variants for colour in _COLOURS[name])]
    chart = pygal.Bar(
        width=WIDTH,
        height=HEIGHT,
        title=title,
        style=Style(colors=tuple(colours), background="white", plot_background="white", font_family="sans-serif"),
        js=(),
        legend_at_bottom=True,
        legend_at_bottom_columns=len(colours),
        x_label_rotation=45,
        truncate_legend=-1,
        show_minor_x_labels=False,
        no_data_text="No month to show",
    )
    chart.uuid = "backtest"
    chart.add_xml_filter(_bare)
    chart.x_labels = [month["month"] for month in months]
    every = max(1, -(-len(months) // LABELS))
    chart.x_labels_major = [month["month"] for month in months][::every]
    highest = max((max(m["losses"], *(max(m[name]["true"], m[name]["false"]) for name in variants)) for m in months), default=0)
    chart.y_labels = range(0, highest + 1, max(1, -(-highest // LINES)))
    chart.add("losses", [month["losses"] for month in months])
    for name in variants:
        chart.add(f"{name}: right", [month[name]["true"] for month in months])
        chart.add(f"{name}: for nothing", [month[name]["false"] for month in months])
    picture: bytes = chart.render()
    return picture


def _bare(root: Element) -> Element:
    # A picture that is opened runs nothing; the day of drawing would make equal results differ.
    for parent in root.iter():
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.endswith("script"):
                parent.remove(child)
    return root
