"""Lines on their way into the store and out of it: cut into chunks, sealed with a key of the job. Pure."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LINE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
CHUNK_LINES = {"transactions": 2000, "customers": 1000}
"""A chunk is recorded in one transaction, for which other writers of the same facts wait: larger ones are hardly faster."""
AT_ONCE = 100
"""Lines that are worked on without giving way. In a thread beside the loop, each packet to and from the database would wait for
the interpreter's turn, five milliseconds a time."""
_NONCE = 12


class LineTooLong(Exception):
    """A line has more than 64 KiB."""

    def __init__(self, line: int) -> None:
        super().__init__(str(line))
        self.line = line


class LineKey:
    """The key of one job's lines. It follows from the installation's secret and the job's salt: no salt, no key."""

    def __init__(self, secret: bytes, salt: bytes) -> None:
        self._cipher = AESGCM(hashlib.blake2b(salt, key=secret, digest_size=32, person=b"import lines").digest())

    def seal(self, first_line: int, lines: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, lines, str(first_line).encode())

    def open(self, first_line: int, sealed: bytes) -> bytes:
        """Raises cryptography.exceptions.InvalidTag when the chunk is not what was sealed here."""
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], str(first_line).encode())


@dataclass(slots=True)
class Chunker:
    """Cuts a stream of bytes into chunks of whole lines. `lines` counts the lines given out so far."""

    chunk_lines: int
    chunk_bytes: int = CHUNK_BYTES
    lines: int = 0
    _held: list[bytes] = field(default_factory=list)
    _held_bytes: int = 0
    _held_lines: int = 0
    _open: bytes = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Chunks that are full: (first line counted from 1, lines, bytes). Raises LineTooLong."""
        data = self._open + data
        end = data.rfind(b"\n") + 1
        whole, self._open = data[:end], data[end:]
        if len(self._open) > LINE_BYTES:
            raise LineTooLong(self.lines + self._held_lines + whole.count(b"\n") + 1)
        for piece in self._pieces(whole):
            self._hold(piece)
            if self._held_lines >= self.chunk_lines or self._held_bytes >= self.chunk_bytes:
                yield self._give()

    def rest(self) -> Iterator[tuple[int, int, bytes]]:
        """What is left at the end of the stream."""
        if self._open:
            self._hold(self._open)
            self._open = b""
        if self._held_lines:
            yield self._give()

    def _pieces(self, whole: bytes) -> Iterator[bytes]:
        if not whole:
            return
        lines = whole.split(b"\n")
        if len(max(lines, key=len)) > LINE_BYTES:
            at = next(n for n, line in enumerate(lines) if len(line) > LINE_BYTES)
            raise LineTooLong(self.lines + self._held_lines + at + 1)
        lines.pop()
        if self._held_lines + len(lines) <= self.chunk_lines:
            yield whole
            return
        start = 0
        while start < len(lines):
            room = self.chunk_lines - self._held_lines
            yield b"\n".join(lines[start : start + room]) + b"\n"
            start += room

    def _hold(self, piece: bytes) -> None:
        self._held.append(piece)
        self._held_bytes += len(piece)
        self._held_lines += piece.count(b"\n") + (not piece.endswith(b"\n"))

    def _give(self) -> tuple[int, int, bytes]:
        given = (self.lines + 1, self._held_lines, b"".join(self._held))
        self.lines += self._held_lines
        self._held, self._held_bytes, self._held_lines = [], 0, 0
        return given
