"""What a check found, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

NAMED = 20
"""Differences that are named one by one in each place; more are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the stores say. `where`: a topic or a read model, with its part. `what`: a sentence."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Named:
    """Sentences; beyond a number only their count."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        if len(self._sentences) < NAMED:
            self._sentences.append(sentence)
        else:
            self._more += 1

    def sentences(self) -> list[str]:
        return [*self._sentences, f"and {self._more} more differences"] if self._more else self._sentences
