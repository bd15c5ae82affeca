"""From the bytes of a file to its text: what it really is, and in which encoding."""

from __future__ import annotations

import codecs
from pathlib import Path

from finetune.finding import Finding
from ingest.errors import DataFault

MOST_BYTES = 512 * 1024 * 1024

_FORMS = {
    b"\x1f\x8b": ("compressed with gzip", "Unpack it first: gunzip."),
    b"PK\x03\x04": ("a zip file or an Excel workbook", "Save the sheet as CSV in UTF-8."),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "Save the sheet as CSV in UTF-8."),
    b"PAR1": ("Parquet", "Give it the ending .parquet."),
    b"SQLite format 3": ("an SQLite database", "Export the rows as CSV."),
}
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_RECODE = "Save it as UTF-8, for instance: iconv -f WINDOWS-1252 -t UTF-8."


def file_text(path: Path) -> tuple[str, tuple[Finding, ...]]:
    r"""The text with `\n` at the ends of lines, and what is odd about its bytes.

    Raises:
        DataFault: it is too large or no text.
    """
    if path.stat().st_size > MOST_BYTES:
        raise DataFault(f"{path} has more than {MOST_BYTES >> 20} MB.", remedy="Split it.")
    raw = path.read_bytes()
    for mark, (form, remedy) in _FORMS.items():
        if raw.startswith(mark):
            raise DataFault(f"{path} is {form}, not text.", remedy=remedy)
    text, findings = _decoded(path, raw)
    if "\x00" in text:
        findings = (
            *findings,
            Finding("nul", "has NUL characters, which are left out", fault=False),
        )
    text = text.replace("\x00", "").replace("\r\n", "\n")
    return (text if "\n" in text else text.replace("\r", "\n")), findings


def _decoded(path: Path, raw: bytes) -> tuple[str, tuple[Finding, ...]]:
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "")
    try:
        if encoding:
            return raw.decode(encoding), ()
        if len(raw) > 3 and raw[:400].count(0) * 3 > len(raw[:400]):
            raise DataFault(f"{path} looks like UTF-16 without its mark.", remedy=_RECODE)
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError as fault:
        if encoding:
            raise DataFault(f"{path} is not readable {encoding}: {fault}.") from fault
        return _mixed(raw)


def _mixed(raw: bytes) -> tuple[str, tuple[Finding, ...]]:
    """Line by line, so that one bad line does not hide what else is wrong."""
    lines, bad = [], []
    for number, line in enumerate(raw.removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252", "replace"))
            bad.append(number)
    named = ", ".join(str(number) for number in bad[:5])
    more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
    message = f"is not UTF-8: line{'s' if len(bad) > 1 else ''} {named}{more}"
    sample = lines[bad[0] - 1].strip("\r")
    found = Finding("encoding", message, sample=sample, remedy=_RECODE)
    return "\n".join(lines), (found,)
