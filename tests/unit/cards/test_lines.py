"""Lines of an import: cut into chunks, sealed, opened again."""

from __future__ import annotations

import random

import pytest
from cryptography.exceptions import InvalidTag

from services.cards.imports.lines import LINE_BYTES, Chunker, LineKey, LineTooLong


def cut(pieces: list[bytes], chunk_lines: int = 3, chunk_bytes: int = 10_000) -> list[tuple[int, int, bytes]]:
    chunker = Chunker(chunk_lines, chunk_bytes)
    found = [chunk for piece in pieces for chunk in chunker.feed(piece)]
    return [*found, *chunker.rest()]


@pytest.mark.parametrize("seed", range(20))
def test_however_the_stream_is_cut_the_lines_are_the_same(seed: int) -> None:
    chance = random.Random(seed)
    body = b"\n".join(bytes([97 + n % 26]) * chance.randrange(0, 40) for n in range(50)) + chance.choice([b"", b"\n"])
    pieces, rest = [], body
    while rest:
        size = chance.randrange(1, 60)
        pieces.append(rest[:size])
        rest = rest[size:]
    chunks = cut(pieces)
    assert b"".join(content for _, _, content in chunks) == body
    first = 1
    for first_line, lines, content in chunks:
        assert first_line == first
        assert lines <= 3
        assert lines == content.count(b"\n") + (not content.endswith(b"\n"))
        first += lines


def test_a_chunk_ends_when_it_has_enough_bytes() -> None:
    assert [lines for _, lines, _ in cut([b"aaaa\n", b"bbbb\n", b"cccc\n"], chunk_lines=100, chunk_bytes=10)] == [2, 1]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_too_long_is_named(end: bytes) -> None:
    with pytest.raises(LineTooLong) as refused:
        cut([b"{}\n{}\n", b"x" * (LINE_BYTES + 1) + end])
    assert refused.value.line == 3
    assert len(cut([b"x" * LINE_BYTES + end])) == 1


def test_an_empty_body_has_no_lines() -> None:
    assert cut([b""]) == []


def test_sealed_lines_open_at_their_own_place_with_their_own_salt() -> None:
    key = LineKey(b"s" * 32, b"salt")
    sealed = key.seal(1, b"{}\n")
    assert LineKey(b"s" * 32, b"salt").open(1, sealed) == b"{}\n"
    for other, line in ((LineKey(b"s" * 32, b"tlas"), 1), (LineKey(b"t" * 32, b"salt"), 1), (key, 2)):
        with pytest.raises(InvalidTag):
            other.open(line, sealed)
