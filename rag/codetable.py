"""Code tables: which column says what, whatever the vendor calls it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.document import Block
from rag.identifiers import code_spellings
from rag.rows import CodeRow

COLUMNS: Mapping[str, frozenset[str]] = {
    "code": frozenset(
        {"code", "error code", "alarm", "alarm code", "fault code", "alarm no", "error no"}
        | {"fehlercode", "code no", "alarm number", "error number", "message no"}
    ),
    "meaning": frozenset(
        {"meaning", "description", "text", "message", "cause", "fault", "error", "bedeutung"}
    ),
    "error_class": frozenset({"error class", "class", "fault class", "category", "fehlerklasse"}),
    "reaction": frozenset(
        {"reaction", "remedy", "action", "measure", "solution", "what to do", "response"}
        | {"corrective action", "abhilfe", "reaktion"}
    ),
}
_BETWEEN_CODES = re.compile(r"\s*[,;]\s*|\s+/\s+|\s+or\s+")


def code_rows(block: Block, passage: str) -> Iterator[CodeRow]:
    """The codes of one table row, none when its table is no code table."""
    place = {role: _column(block.header, names) for role, names in COLUMNS.items()}
    if place["code"] is None or place["meaning"] is None:
        return
    for printed in _BETWEEN_CODES.split(_cell(block, place["code"])):
        if any(sign.isdigit() for sign in printed):
            yield CodeRow(
                spellings=code_spellings(printed),
                printed=printed,
                meaning=_cell(block, place["meaning"]),
                error_class=_cell(block, place["error_class"]).strip("`- \u2013\u2014"),
                reaction=_cell(block, place["reaction"]),
                passage=passage,
            )


def _column(header: Sequence[str], names: frozenset[str]) -> int | None:
    plain = [" ".join(re.sub(r"[^\w ]", " ", name).split()).casefold() for name in header]
    return next((i for i, name in enumerate(plain) if name in names), None)


def _cell(block: Block, column: int | None) -> str:
    return "" if column is None else block.cells[column]
