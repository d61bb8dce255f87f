"""JSON as it is accepted from outside: a subset of what `json.loads` takes, with the same values (texts in Unicode form NFC).

Refused: NaN and Infinity, repeated keys, whole numbers beyond 64 bits, numbers that overflow a double, nesting deeper
than 32, lone surrogates, NUL and other control characters except tab and line breaks, characters that override the
direction of text. Each of these breaks a store, a sum or a reader further down.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any, NoReturn

from shared.web.problem import Problem

DEPTH = 32
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_WORTH_A_LOOK = re.compile(rb"[\x7f-\xff\\]")


def clean(text: str) -> bool:
    """Whether a text holds only characters that are accepted."""
    return _REFUSED.search(text) is None


def parse(body: bytes) -> Any:
    """The value of a JSON document. Raises Problem (400): JSON_INVALID, JSON_TOO_DEEP, JSON_NUMBER_OUT_OF_RANGE or TEXT_INVALID."""
    try:
        value = _decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Problem("JSON_INVALID", detail="not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Problem("JSON_INVALID", detail=f"line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise Problem("JSON_TOO_DEEP") from None
    # Plain ASCII without escapes has nothing to normalise or refuse, and few brackets cannot be deep: most bodies end here.
    if _WORTH_A_LOOK.search(body) is None and body.count(b"[") + body.count(b"{") <= DEPTH:
        return value
    return _checked(value, 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem("JSON_INVALID", detail="a key is repeated")
    return found


def _constant(_name: str) -> NoReturn:
    raise Problem("JSON_INVALID", detail="NaN and Infinity are not JSON")


def _whole(digits: str) -> int:
    # 20 characters hold every 64-bit number with its sign; longer ones would first be turned into huge integers.
    number = int(digits) if len(digits) <= 20 else None
    if number is None or not _SMALLEST <= number <= _LARGEST:
        raise Problem("JSON_NUMBER_OUT_OF_RANGE")
    return number


def _fraction(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Problem("JSON_NUMBER_OUT_OF_RANGE")
    return number


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_fraction)


def _checked(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict | list):
        if depth > DEPTH:
            raise Problem("JSON_TOO_DEEP")
        if isinstance(value, list):
            return [_checked(item, depth + 1) for item in value]
        return _object([(_text(key), _checked(item, depth + 1)) for key, item in value.items()])
    return value


def _text(text: str) -> str:
    if _REFUSED.search(text) is not None:
        raise Problem("TEXT_INVALID")
    return text if text.isascii() else unicodedata.normalize("NFC", text)
