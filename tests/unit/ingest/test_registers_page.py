"""docs/registers.md tells what the code takes, all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.plant_file import RegisterRow
from ingest.vendor_words import COLUMNS, FAMILIES, ORDERS, TABLES, TYPES, WIDTHS
from ingest.words import RegisterType, WordOrder


@pytest.fixture
def page(repository: Path) -> dict[str, list[str]]:
    """The rows of all tables: first cell to the words of the second."""
    text = (repository / "docs" / "registers.md").read_text()
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.M)
    return {first: re.split(r", ", second) for first, second in rows}


def test_every_column_and_type_is_told(repository: Path) -> None:
    """Of our own register files."""
    text = (repository / "docs" / "registers.md").read_text()
    for name in [*RegisterRow.model_fields, *RegisterType, *WordOrder]:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("table", [TYPES, TABLES, ORDERS])
def test_every_word_of_a_vendor_is_told(page: dict[str, list[str]], table: dict[str, str]) -> None:
    """Beside what it is taken for."""
    for meaning in set(table.values()):
        assert page[f"`{meaning}`"] == [word for word in table if table[word] == meaning]


def test_every_header_of_a_vendor_is_told(page: dict[str, list[str]]) -> None:
    """In the order in which they are looked for."""
    for column, headers in COLUMNS.items():
        assert page[f"`{column}`"] == list(headers)


def test_every_name_that_leaves_the_width_open_is_told(page: dict[str, list[str]]) -> None:
    """Beside the types that the length chooses from."""
    for family, widths in WIDTHS.items():
        types = ", ".join(f"`{kind}`" for kind in widths.values())
        assert page[types] == [word for word in FAMILIES if FAMILIES[word] == family]
