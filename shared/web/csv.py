"""Tables as CSV (RFC 4180), safe to open in a spreadsheet: no text of a stranger is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence

from starlette.responses import StreamingResponse

# OWASP, CSV injection: what spreadsheets take for a formula, the full-width forms too.
_FORMULA = re.compile(r"^(?=[=+\-@\t\r\n\0＝＋－＠])|(?<=[;\t\r\n])(?=[=+\-@＝＋－＠])")
"""Behind a semicolon, a tab or a line break too: a spreadsheet that separates by those begins a cell there, quoted or not."""
BYTE_ORDER_MARK = "\ufeff".encode()
"""Without it spreadsheets of some makers take Chinese for gibberish; other readers take it for a part of the first name."""

Cell = object
"""A text, or what is written as one. None is an empty cell."""


def line(cells: Iterable[Cell]) -> bytes:
    """One row. A text that a spreadsheet would take for a formula begins with an apostrophe; numbers and days stay as they are."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return text.getvalue().encode()


def _cell(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return _FORMULA.sub("'", cell)
    return "" if cell is None else cell


def csv_response(
    name: str, header: Sequence[str], rows: AsyncIterator[Iterable[Sequence[Cell]]], *, mark: bool
) -> StreamingResponse:
    """The rows as they come, as a file of this name. `mark`: with a byte order mark before the first line."""

    async def lines() -> AsyncIterator[bytes]:
        yield (BYTE_ORDER_MARK if mark else b"") + line(header)
        async for some in rows:
            yield b"".join(line(row) for row in some)

    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)
