"""A vendor's register list as rows of text: its encoding, its delimiter and its header found."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from charset_normalizer import from_bytes

from ingest.errors import SettingsFault
from ingest.vendor_words import COLUMNS, plain

Row = tuple[int, list[str]]
"""Line and cells."""

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DELIMITERS = ";\t,|"
_SAMPLE = 4_000
_TITLE_ROWS = 50
_UNITS = (
    *("dec", "decimal", "dez", "dezimal", "hex", "hexadecimal", "hexadezimal"),
    *("byte", "bytes", "bit", "bits", "word", "words", "in"),
)
"""Words of a header that say how its cells are written."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where one of our columns stands in the list."""

    index: int
    header: str

    @property
    def words(self) -> frozenset[str]:
        """The header's words, in plain spelling."""
        return frozenset(plain(self.header).split())


@dataclass(frozen=True, slots=True)
class VendorList:
    """The rows behind the header and what the columns are for."""

    columns: Mapping[str, Column]
    header: Sequence[str]
    rows: Sequence[Row]
    assumed: tuple[str, ...]

    @property
    def unused(self) -> list[str]:
        """Headers that nothing is taken from."""
        used = {column.index for column in self.columns.values()}
        return [name for at, name in enumerate(self.header) if name.strip() and at not in used]


def read_list(content: bytes, *, encoding: str | None) -> VendorList:
    """The list in the bytes of a file.

    Raises:
        SettingsFault: it is no CSV text, or no row of it is a header that names an address.
    """
    if content.startswith(_WORKBOOKS):
        raise SettingsFault(
            "The register list is a workbook, not a CSV.", remedy="Save its sheet as CSV."
        )
    text, assumed = _decoded(content, encoding)
    rows, columns, place = _best_table(text)
    if "address" not in columns and (offset := columns.pop("offset", None)) is not None:
        columns["address"] = offset
        assumed = (*assumed, f"the column {offset.header!r} holds the addresses")
    if "address" not in columns or not {"signal", "description"} & set(columns):
        raise SettingsFault(
            "No row of the register list is a header with a name and an address.",
            remedy="docs/registers.md lists the headers that are known; rename the list's own.",
        )
    if place:
        lines = ", ".join(str(line) for line, _ in rows[:place])
        assumed = (*assumed, f"what stands above the header is a title: line {lines}")
    header = [" ".join(name.split()) for name in rows[place][1]]
    return VendorList(columns, header, rows[place + 1 :], assumed)


def _decoded(content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    mark = next((name for bom, name in _BOMS.items() if content.startswith(bom)), None)
    try:
        return content.decode(encoding or mark or "utf-8"), ()
    except LookupError:
        raise SettingsFault(f"There is no encoding {encoding!r}.", remedy="Like cp1252.") from None
    except UnicodeError as fault:
        if encoding or mark:
            raise SettingsFault(
                f"The register list is no {encoding or mark} text.",
                remedy="Say another --encoding.",
            ) from fault
    found = from_bytes(content).best()
    if found is None:
        raise SettingsFault("The register list is no text.", remedy="Say its --encoding.")
    return str(found), (f"the text is {found.encoding}; say another with --encoding",)


def _delimiters(text: str) -> list[str]:
    """The delimiter that is likely, and then the others."""
    try:
        likely = csv.Sniffer().sniff(text[:_SAMPLE], delimiters=_DELIMITERS).delimiter
    except csv.Error:
        likely = ""
    return sorted(_DELIMITERS, key=lambda delimiter: delimiter != likely)


def _best_table(text: str) -> tuple[list[Row], dict[str, Column], int]:
    """By the delimiter that gives the best header, or the likely one of several that do."""
    tables, faults = [], []
    for delimiter in _delimiters(text):
        try:
            tables.append(_table(text, delimiter))
        except SettingsFault as fault:
            faults.append(fault)
    if not tables:
        raise faults[0]
    return max(tables, key=lambda table: len(table[1]))


def _table(text: str, delimiter: str) -> tuple[list[Row], dict[str, Column], int]:
    """The rows, the columns of the best header among the first of them, and where it stands."""
    rows = list(_rows(text, delimiter)) or [(1, [])]
    found = [_columns(cells) for _, cells in rows[:_TITLE_ROWS]]
    place = max(range(len(found)), key=lambda at: ("address" in found[at], len(found[at])))
    return rows, found[place], place


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as fault:
        raise SettingsFault(
            f"Line {line} of the register list is no CSV: {fault}.", remedy="Mend or remove it."
        ) from fault


def _columns(header: Sequence[str]) -> dict[str, Column]:
    """Our columns that the cells name; each cell serves once, whole names before parts."""
    columns: dict[str, Column] = {}
    for names in (_whole_name, _name_without_units, _parts):
        for target, known in COLUMNS.items():
            taken = {column.index for column in columns.values()}
            fitting = [
                (min(known.index(name) for name in said), at)
                for at, cell in enumerate(header)
                if at not in taken and (said := [n for n in names(cell) if n in known])
            ]
            if fitting and target not in columns:
                at = min(fitting)[1]
                columns[target] = Column(at, " ".join(header[at].split()))
    return columns


def _whole_name(cell: str) -> list[str]:
    return [plain(cell)]


def _name_without_units(cell: str) -> list[str]:
    words = plain(cell.partition("(")[0].partition("[")[0]).split()
    return [" ".join(word for word in words if word not in _UNITS)]


def _parts(cell: str) -> list[str]:
    return [plain(part) for part in cell.replace("(", "/").replace(")", "").split("/")]
