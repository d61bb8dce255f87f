"""The base of what is refused when something is entered. Each refusal is a class of its own in the domain that refuses it."""

from __future__ import annotations


class EntryRefused(Exception):
    """The class says what is wrong; the table in `handlers/problems` says it to the caller."""
