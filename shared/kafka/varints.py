"""Numbers as Kafka writes them inside a record: zigzag, seven bits a byte, the lowest first."""

from __future__ import annotations


def _written(number: int) -> bytes:
    left = number << 1 if number >= 0 else (-number << 1) - 1
    found = bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


_KNOWN = 8192
_BYTES = [_written(number) for number in range(_KNOWN)]
_TEXTS = [one.decode("latin-1") for one in _BYTES]


def varint(number: int) -> bytes:
    """A number, also a negative one: a length of -1 is that of nothing."""
    return _BYTES[number] if 0 <= number < _KNOWN else _written(number)


def varint_text(number: int) -> str:
    """The same, each byte as the character of that number: texts are put together faster than bytes."""
    return _TEXTS[number] if 0 <= number < _KNOWN else _written(number).decode("latin-1")
